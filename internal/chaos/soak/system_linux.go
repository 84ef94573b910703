package main

import (
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// mapShared maps the first n bytes of a file, for all processes that do.
func mapShared(f *os.File, n int) ([]byte, error) {
	return syscall.Mmap(int(f.Fd()), 0, n, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
}

// dieWithParent has a child killed when the parent's thread that started it ends,
// even if the child is stopped.
func dieWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

func freeze(p *os.Process) error { return p.Signal(syscall.SIGSTOP) }
func thaw(p *os.Process) error   { return p.Signal(syscall.SIGCONT) }

// fileLimit is how many descriptors a process may have.
func fileLimit() int {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return 0
	}
	return int(min(l.Cur, 1<<30))
}

// resident is the memory of this process that is in RAM, files the number of its
// descriptors.
func resident() (bytes_ int64) {
	b, _ := os.ReadFile("/proc/self/statm")
	if fields := bytes.Fields(b); len(fields) > 1 {
		pages, _ := strconv.ParseInt(string(fields[1]), 10, 64)
		bytes_ = pages * int64(os.Getpagesize())
	}
	return bytes_
}

func files() int {
	names, _ := os.ReadDir("/proc/self/fd")
	return len(names)
}
