package main

import (
	"errors"
	"io"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
)

func TestASecondSenderIsRefused(t *testing.T) {
	receiver := start(t, nil, io.Discard, "listen", "127.0.0.1:0")
	in, feed := io.Pipe()
	sender := start(t, in, nil, "send", receiver.listening(t))
	_, err := feed.Write(make([]byte, 100))
	require.NoError(t, err)
	receiver.await(t, "received 100 B")
	second := start(t, in, nil, "send", receiver.listening(t))
	second.ends(t, statusUnreached)
	require.Contains(t, second.String(), "the receiver refused: it is already receiving from another sender")
	require.NoError(t, feed.Close())
	sender.ends(t, 0)
	receiver.ends(t, 0)
}

func TestAnInputThatCannotBeReadFailsBothEnds(t *testing.T) {
	receiver := start(t, nil, io.Discard, "listen", "127.0.0.1:0")
	in, _ := data(100_000)
	in = io.MultiReader(in, iotest.ErrReader(errors.New("disk on fire")))
	sender := start(t, in, nil, "send", receiver.listening(t))
	sender.ends(t, statusHere)
	receiver.ends(t, statusThere)
	require.Contains(t, sender.String(), "standard input could not be read: disk on fire")
	require.Contains(t, receiver.String(), "the sender gave up: standard input could not be read: disk on fire")
}

type brokenWriter struct{ room int }

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.room -= len(p); w.room < 0 {
		return 0, errors.New("disk full")
	}
	return len(p), nil
}

func TestAnOutputThatCannotBeWrittenFailsBothEnds(t *testing.T) {
	big, _ := data(8 << 20)
	small, _ := data(2000)
	idle, _ := io.Pipe()
	for name, in := range map[string]io.Reader{
		"a sender that is busy":               big,
		"a sender that has nothing more soon": io.MultiReader(small, closing(t, idle)),
	} {
		t.Run(name, func(t *testing.T) {
			receiver := start(t, nil, &brokenWriter{room: 1000}, "listen", "127.0.0.1:0")
			sender := start(t, in, nil, "send", receiver.listening(t))
			receiver.ends(t, statusHere)
			sender.ends(t, statusThere)
			require.Contains(t, receiver.String(), "standard output could not be written: disk full")
			require.Contains(t, sender.String(), "the receiver gave up: standard output could not be written: disk full")
		})
	}
}

// closing has a reader closed at the end of the test, for the goroutine that
// was left behind in it.
func closing(t *testing.T, r *io.PipeReader) io.Reader {
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func TestAnInterruptIsToldToTheOtherEnd(t *testing.T) {
	for _, who := range []string{"sender", "receiver"} {
		receiver := start(t, nil, io.Discard, "listen", "127.0.0.1:0")
		in, feed := io.Pipe()
		sender := start(t, closing(t, in), nil, "send", receiver.listening(t))
		_, err := feed.Write(make([]byte, 100))
		require.NoError(t, err)
		receiver.await(t, "received 100 B")
		first, other := sender, receiver
		if who == "receiver" {
			first, other = receiver, sender
		}
		first.interrupt()
		first.ends(t, statusInterrupted)
		other.ends(t, statusThere)
		require.Contains(t, other.String(), "the "+who+" gave up: the "+who+" was interrupted")
	}
}

func TestAnInterruptDoesNotWaitForAnOutputThatIsStuck(t *testing.T) {
	out, stuck := io.Pipe()
	defer out.Close()
	receiver := start(t, nil, stuck, "listen", "127.0.0.1:0")
	in, _ := data(64 << 20)
	sender := start(t, in, nil, "send", receiver.listening(t))
	_, err := io.CopyN(io.Discard, out, 1000)
	require.NoError(t, err)
	receiver.interrupt()
	receiver.ends(t, statusInterrupted)
	sender.ends(t, statusThere)
}

func TestAnInterruptBeforeASenderCame(t *testing.T) {
	receiver := start(t, nil, io.Discard, "listen", "127.0.0.1:0")
	address := receiver.listening(t)
	receiver.interrupt()
	receiver.ends(t, statusInterrupted)
	sender := start(t, nil, nil, "send", address)
	sender.await(t, "trying again: refused")
	sender.interrupt()
	sender.ends(t, statusInterrupted)
}

func TestNoReceiverWithinTheTime(t *testing.T) {
	sender := start(t, nil, nil, "send", "-wait=50ms", "127.0.0.1:1")
	sender.ends(t, statusUnreached)
	require.Contains(t, sender.String(), "no receiver could be reached at tcp://127.0.0.1:1 within 50ms")
}

func TestTheCommandLineIsChecked(t *testing.T) {
	for _, args := range [][]string{
		{}, {"recv"}, {"send"}, {"listen"}, {"send", "a:1", "b:2"}, {"send", "nowhere"}, {"listen", "-x", ":0"},
		{"listen", "-ttl=0s", ":0"}, {"listen", "-tls-cert=x", ":0"}, {"listen", "-tls-self", "-tls-cert=x", "-tls-key=x", ":0"},
		{"send", "-wait=-1s", "a:1"}, {"send", "-tls-ca=x", "-tls-pin=x", "a:1"}, {"send", "-tls-pin=abc", "a:1"},
	} {
		e := start(t, nil, nil, args...)
		e.ends(t, statusUsage)
		require.NotEmpty(t, e.String(), "%q", args)
	}
	help := start(t, nil, nil, "send", "-h")
	help.ends(t, 0)
	require.Contains(t, help.String(), "-tls-pin")
	taken := start(t, nil, nil, "listen", "203.0.113.1:1")
	taken.ends(t, statusHere)
}

func TestFailuresSayWhoseFaultItWas(t *testing.T) {
	for _, test := range []struct {
		err    error
		status int
		says   string
	}{
		{&conn.LostError{Reason: conn.LostRestarted, Err: &conn.RefusedError{Code: conn.RefusedEpoch}}, statusLost, "the receiver was restarted"},
		{&conn.LostError{Reason: conn.LostExpired}, statusLost, "has not come back for 1m0s"},
		{&conn.LostError{Reason: conn.LostUnknown}, statusLost, "given this transfer up"},
		{&conn.LostError{Reason: conn.LostProtocol, Err: &conn.ProtocolError{}}, statusLost, "the transfer is lost"},
		{&conn.LostError{Reason: conn.LostClosed, Err: &conn.CloseError{Code: codeOutput, Reason: "disk full", Remote: true}}, statusThere, "gave up: disk full"},
		{&conn.CloseError{Code: conn.CodeGoingAway, Remote: true}, statusThere, "gave up: going away"},
		{&conn.CloseError{Code: codeTaken, Reason: taken, Remote: true}, statusUnreached, taken},
		{&conn.RefusedError{Code: conn.RefusedVersion}, statusUnreached, "the receiver refused: other version"},
		{errors.New("what?"), statusHere, "what?"},
	} {
		var f *failure
		require.ErrorAs(t, explain(test.err, "receiver", time.Minute), &f)
		require.Equal(t, test.status, f.status)
		require.Contains(t, f.Error(), test.says)
	}
	require.NoError(t, explain(nil, "receiver", 0))
}
