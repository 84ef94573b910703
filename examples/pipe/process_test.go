//go:build unix

package main

import (
	"crypto/sha256"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
)

// built is the program, as a user would build it.
var built = sync.OnceValues(func() (string, error) {
	var err error
	if builtIn, err = os.MkdirTemp("", "pipe-test-"); err != nil {
		return "", err
	}
	path := filepath.Join(builtIn, "pipe")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		_, _ = os.Stderr.Write(out)
	}
	return path, err
})

// A process is the program in a process of its own.
type process struct {
	*transcript
	cmd  *exec.Cmd
	gone chan struct{}
}

func launch(t *testing.T, stdin io.Reader, stdout io.Writer, args ...string) *process {
	path, err := built()
	require.NoError(t, err)
	p := &process{newTranscript(), exec.Command(path, args...), make(chan struct{})}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = stdin, stdout, p.transcript
	p.cmd.WaitDelay = time.Second // for an input that does not end
	require.NoError(t, p.cmd.Start())
	go func() {
		_ = p.cmd.Wait() // the status is in ProcessState
		close(p.gone)
	}()
	t.Cleanup(func() { p.kill() })
	return p
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill() // unless it has ended
	<-p.gone
}

func (p *process) ends(t *testing.T, want int) {
	t.Helper()
	select {
	case <-p.gone:
		require.Equal(t, want, p.cmd.ProcessState.ExitCode(), p.String())
	case <-time.After(60 * time.Second):
		t.Fatalf("still running:\n%s", p)
	}
}

func TestProcesses(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	require.NoError(t, err)
	defer file.Close()
	receiver := launch(t, nil, file, "listen", "127.0.0.1:0")
	proxy, err := faultproxy.Listen(receiver.listening(t), &faultproxy.Config{
		Schedule: faultproxy.Schedule{Seed: 8, Cuts: 10, Mean: 400_000, Directions: faultproxy.ToServer},
	})
	require.NoError(t, err)
	defer proxy.Close()
	in, sum := data(10 << 20)
	sender := launch(t, in, nil, "send", proxy.Addr().String())
	sender.ends(t, 0)
	receiver.ends(t, 0)
	_, err = file.Seek(0, io.SeekStart)
	require.NoError(t, err)
	got := sha256.New()
	_, err = io.Copy(got, file)
	require.NoError(t, err)
	agree(t, sum, got, sender, receiver)
	require.Equal(t, 10, proxy.Stats().Cuts)
}

func TestAReceiverThatWasRestarted(t *testing.T) {
	receiver := launch(t, nil, nil, "listen", "127.0.0.1:0")
	address := receiver.listening(t)
	in, _ := data(2 << 20)
	halfway := newGate(in, 1<<20)
	sender := launch(t, halfway, nil, "send", address)
	<-halfway.reached
	receiver.kill()
	receiver = launch(t, nil, nil, "listen", address)
	close(halfway.open)
	sender.ends(t, statusLost)
	require.Contains(t, sender.String(), "the receiver was restarted: the process that answers now knows nothing of this transfer")

	// The new one is as good as any.
	in, _ = data(1000)
	launch(t, in, nil, "send", address).ends(t, 0)
	receiver.ends(t, 0)
}

func TestAReceiverThatDied(t *testing.T) {
	receiver := launch(t, nil, nil, "listen", "127.0.0.1:0")
	in, _ := data(2 << 20)
	halfway := newGate(in, 1<<20)
	sender := launch(t, halfway, nil, "send", "-wait=300ms", receiver.listening(t))
	<-halfway.reached
	receiver.kill()
	close(halfway.open)
	sender.ends(t, statusLost)
	require.Contains(t, sender.String(), "the receiver could not be reached again for 300ms and is taken for dead")
}

func TestASenderThatDied(t *testing.T) {
	receiver := launch(t, nil, nil, "listen", "-ttl=300ms", "127.0.0.1:0")
	in, _ := data(2 << 20)
	halfway := newGate(in, 1<<20)
	defer close(halfway.open)
	sender := launch(t, halfway, nil, "send", receiver.listening(t))
	<-halfway.reached
	receiver.await(t, `received [1-9]`)
	require.NoError(t, sender.cmd.Process.Kill())
	receiver.ends(t, statusLost)
	require.Contains(t, receiver.String(), "the sender has not come back for 300ms and is taken for dead; what has arrived is incomplete")
	require.NotContains(t, receiver.String(), "sha256")
}

func TestAReaderOfTheOutputThatHasGone(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	receiver := launch(t, nil, w, "listen", "127.0.0.1:0")
	require.NoError(t, w.Close())
	require.NoError(t, r.Close())
	in, _ := data(8 << 20)
	sender := launch(t, in, nil, "send", receiver.listening(t))
	receiver.ends(t, statusHere)
	sender.ends(t, statusThere)
	require.Contains(t, receiver.String(), "standard output could not be written: write /dev/stdout: broken pipe")
	require.Contains(t, sender.String(), "the receiver gave up: standard output could not be written")
}

func TestCtrlC(t *testing.T) {
	for _, who := range []string{"sender", "receiver"} {
		receiver := launch(t, nil, nil, "listen", "127.0.0.1:0")
		in, feed, err := os.Pipe()
		require.NoError(t, err)
		sender := launch(t, in, nil, "send", receiver.listening(t))
		_, err = feed.Write(make([]byte, 100))
		require.NoError(t, err)
		receiver.await(t, "received 100 B")
		first, other := sender, receiver
		if who == "receiver" {
			first, other = receiver, sender
		}
		require.NoError(t, first.cmd.Process.Signal(syscall.SIGINT))
		first.ends(t, statusInterrupted)
		other.ends(t, statusThere)
		require.Contains(t, first.String(), "interrupted before all was transferred")
		require.Contains(t, other.String(), "the "+who+" was interrupted")
		require.NoError(t, in.Close())
		require.NoError(t, feed.Close())
	}
}
