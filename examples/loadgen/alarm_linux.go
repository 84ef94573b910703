package main

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// An alarm is a timer of the kernel's. The runtime waits for it as for a socket,
// and so hears of it at once.
type alarm struct {
	file *os.File
	raw  syscall.RawConn
}

func newAlarm() (alarm, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return alarm{}, os.NewSyscallError("timerfd_create", err)
	}
	a := alarm{file: os.NewFile(uintptr(fd), "timer")}
	a.raw, err = a.file.SyscallConn()
	return a, err
}

// set has the alarm go off after d, and at no other time that was set before.
func (a alarm) set(d time.Duration) {
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(max(d, 1)))} // zero would mean never
	// It fails only when the alarm is closed, and then nobody waits.
	_ = a.raw.Control(func(fd uintptr) { _ = unix.TimerfdSettime(int(fd), 0, &spec, nil) })
}

// wait returns true when the alarm has gone off, and false when it is closed.
func (a alarm) wait() bool {
	var times [8]byte
	_, err := a.file.Read(times[:])
	return err == nil
}

func (a alarm) close() { a.file.Close() }
