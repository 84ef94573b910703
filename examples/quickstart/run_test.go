package main

import (
	"bytes"
	"context"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func lastLine(s string) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return lines[len(lines)-1]
}

func TestNothingIsLostHoweverOftenItIsCut(t *testing.T) {
	for _, o := range []options{
		{messages: 5000, cuts: 50, size: 320, seed: 1},
		{messages: 5000, cuts: 50, size: 64, seed: 2, verbose: true},
		{messages: 300, cuts: 300, size: 64, seed: 3}, // most strike in a handshake
		{messages: 2000, cuts: 0, size: 320, seed: 4},
		{messages: 1, cuts: 1, size: 64, seed: 5},
		{messages: 200, cuts: 5, size: 10_000, seed: 6},
	} {
		var out, progress bytes.Buffer
		require.NoError(t, run(t.Context(), o, &out, &progress), "%+v", o)
		require.Equal(t, "lost=0 duplicated=0 reordered=0", lastLine(out.String()))
		both := regexp.MustCompile(`both +([\d,]+) +[\d,]+ +(\d+)`).FindStringSubmatch(out.String())
		require.NotNil(t, both, out.String())
		require.Equal(t, 2*o.messages, number(both[1]))
		require.Equal(t, o.cuts, number(both[2]))
		require.Equal(t, o.verbose, strings.Contains(out.String(), "fingerprint"))
	}
}

func number(s string) (n int) {
	for _, r := range strings.ReplaceAll(s, ",", "") {
		n = 10*n + int(r-'0')
	}
	return n
}

func TestSendingEndsInTime(t *testing.T) {
	var out bytes.Buffer
	o := options{messages: 2_000_000, cuts: 1000, size: 64, duration: 300 * time.Millisecond}
	require.NoError(t, run(t.Context(), o, &out, io.Discard))
	require.Equal(t, "lost=0 duplicated=0 reordered=0", lastLine(out.String()))
	require.NotContains(t, out.String(), "4,000,000", "not all was sent")
}

func TestAnInterruptStillDeliversWhatWasSent(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := options{messages: 2_000_000, cuts: 10, size: 64}
	heard := writerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil })
	o.verbose = true // the first state of the connection is the moment to interrupt
	var out bytes.Buffer
	require.NoError(t, run(ctx, o, &out, heard))
	require.Equal(t, "lost=0 duplicated=0 reordered=0", lastLine(out.String()))
	require.NotContains(t, out.String(), "4,000,000")
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestARunFailsIfTheTallyFindsAFault(t *testing.T) {
	o := options{messages: 10, size: 64}
	r := &rig{options: o, pace: newPace(0)}
	c := content{mean: 64}
	r.up, r.down = r.flow(c, toServer), r.flow(c, toClient)
	r.up.sent.Store(1)
	var out bytes.Buffer
	require.Equal(t, faults{lost: 1}, r.report(&out, 0, time.Second))
	require.Equal(t, "lost=1 duplicated=0 reordered=0", lastLine(out.String()))
}

func TestFlagsAreChecked(t *testing.T) {
	o, err := parse([]string{"-messages", "5", "-cuts", "0", "-seed", "3", "-duration", "1s", "-v"}, io.Discard)
	require.NoError(t, err)
	require.Equal(t, options{messages: 5, size: 320, seed: 3, duration: time.Second, verbose: true}, o)
	for _, bad := range []string{"-messages=0", "-cuts=-1", "-size=1", "-size=10000000", "-duration=-1s", "-x", "word"} {
		var said bytes.Buffer
		_, err := parse([]string{bad}, &said)
		require.Error(t, err, bad)
		require.NotEmpty(t, said.String(), bad)
	}
}
