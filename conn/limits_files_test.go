//go:build unix

package conn

import (
	"context"
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/wire"
)

const filesEnv = "LONGSPLICE_TEST_FILES"

// The real thing, in a process of its own: no file descriptor is left, and then
// there are some again.
func TestServerSurvivesARealShortageOfFiles(t *testing.T) {
	if os.Getenv(filesEnv) != "" {
		serveWithFewFiles(t)
		return
	}
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^"+t.Name()+"$", "-test.timeout=30s")
	cmd.Env = append(os.Environ(), filesEnv+"=1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func serveWithFewFiles(t *testing.T) {
	limit := syscall.Rlimit{Cur: 64, Max: 64}
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit))
	r := newRig(t, nil, &Config{MaxConns: -1})
	require.Equal(t, 58, cap(r.srv.slots), "90 % of the limit")
	r.srv.slots = nil // so that it is the kernel that says no
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	watched := &watchedListener{Listener: ln, failed: make(chan error, 1)}
	go func() { _ = r.srv.Serve(context.Background(), watched) }() // ends with the server

	// One descriptor is kept for the dial, whose link waits in the backlog.
	p := func() *rawPeer {
		spare, err := os.Open(os.DevNull)
		require.NoError(t, err)
		var hoard []*os.File
		for {
			f, err := os.Open(os.DevNull)
			if err != nil {
				break
			}
			hoard = append(hoard, f)
		}
		require.NoError(t, spare.Close())
		nc, err := net.Dial("tcp", ln.Addr().String())
		require.NoError(t, err)
		h := rawHello()
		_, err = nc.Write(h.Append(nil))
		require.NoError(t, err)
		var cpu syscall.Rusage
		require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &cpu))
		before := cpu.Utime.Nano() + cpu.Stime.Nano()
		require.NoError(t, nc.SetReadDeadline(time.Now().Add(500*time.Millisecond)))
		_, err = nc.Read(make([]byte, 1))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &cpu))
		require.Less(t, time.Duration(cpu.Utime.Nano()+cpu.Stime.Nano()-before), 100*time.Millisecond, "20 % of the time")
		for _, f := range hoard {
			require.NoError(t, f.Close())
		}
		return newRawPeer(t, nc)
	}()
	began := time.Now()
	p.until(wire.KindWelcome)
	require.Less(t, time.Since(began), 2*time.Second)
	failed := <-watched.failed
	require.ErrorIs(t, failed, syscall.EMFILE)
}

// watchedListener remembers the first failure.
type watchedListener struct {
	net.Listener
	failed chan error
}

func (l *watchedListener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		select {
		case l.failed <- err:
		default:
		}
	}
	return nc, err
}
