package main

import (
	"crypto/sha256"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
)

func TestDataOfAnySizeArrives(t *testing.T) {
	for _, n := range []int64{0, 1, pieceSize, pieceSize + 1, 5<<20 + 7} {
		got := sha256.New()
		receiver := start(t, nil, got, "listen", "127.0.0.1:0")
		in, sum := data(n)
		sender := start(t, in, nil, "send", receiver.listening(t))
		sender.ends(t, 0)
		receiver.ends(t, 0)
		agree(t, sum, got, sender, receiver)
	}
}

func TestTheSenderMayComeFirst(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := ln.Addr().String()
	require.NoError(t, ln.Close())
	in, sum := data(1000)
	sender := start(t, in, nil, "send", address)
	sender.await(t, "trying again: refused")
	got := sha256.New()
	receiver := start(t, nil, got, "listen", address)
	sender.ends(t, 0)
	receiver.ends(t, 0)
	agree(t, sum, got, sender, receiver)
}

func TestCutsOnlyCostTime(t *testing.T) {
	got := sha256.New()
	receiver := start(t, nil, got, "listen", "127.0.0.1:0")
	proxy, err := faultproxy.Listen(receiver.listening(t), &faultproxy.Config{
		Schedule: faultproxy.Schedule{Seed: 5, Cuts: 20, Mean: 400_000, Directions: faultproxy.ToServer},
	})
	require.NoError(t, err)
	defer proxy.Close()
	in, sum := data(20 << 20)
	// All the outages together are longer than one may be.
	sender := start(t, in, nil, "send", "-wait=400ms", proxy.Addr().String())
	sender.ends(t, 0)
	receiver.ends(t, 0)
	agree(t, sum, got, sender, receiver)
	require.Equal(t, 20, proxy.Stats().Cuts)
	sender.await(t, `(19|20) resumes\)`)
}

func TestACutHandshakeDoesNotTakeTheReceiver(t *testing.T) {
	for after := range int64(120) {
		if after%10 > 1 {
			continue
		}
		got := sha256.New()
		receiver := start(t, nil, got, "listen", "127.0.0.1:0")
		proxy, err := faultproxy.Listen(receiver.listening(t), &faultproxy.Config{
			OnLink: func(l *faultproxy.Link) {
				if l.ID() == 1 {
					l.CutAfter(faultproxy.ToClient, after, faultproxy.FIN)
				}
			},
		})
		require.NoError(t, err)
		in, sum := data(100_000)
		sender := start(t, in, nil, "send", proxy.Addr().String())
		sender.ends(t, 0)
		receiver.ends(t, 0)
		agree(t, sum, got, sender, receiver)
		require.NoError(t, proxy.Close())
	}
}

// gate is a reader whose data stops after the first n bytes until it is opened.
type gate struct {
	io.Reader
	n       int64
	reached chan struct{}
	open    chan struct{}
}

func newGate(r io.Reader, n int64) *gate {
	return &gate{r, n, make(chan struct{}), make(chan struct{})}
}

func (g *gate) Read(p []byte) (int, error) {
	if g.n == 0 {
		close(g.reached)
		<-g.open
		g.n = -1
	}
	if g.n > 0 {
		p = p[:min(int64(len(p)), g.n)]
	}
	n, err := g.Reader.Read(p)
	if g.n > 0 {
		g.n -= int64(n)
	}
	return n, err
}

func TestWhatStandsBetweenMayBeRestarted(t *testing.T) {
	got := sha256.New()
	receiver := start(t, nil, got, "listen", "127.0.0.1:0")
	proxy, err := faultproxy.Listen(receiver.listening(t), nil)
	require.NoError(t, err)
	defer proxy.Close()
	in, sum := data(10 << 20)
	halfway := newGate(in, 5<<20)
	sender := start(t, halfway, nil, "send", proxy.Addr().String())
	<-halfway.reached
	require.NoError(t, proxy.Pause())
	close(halfway.open)
	sender.await(t, "trying again: refused")
	receiver.await(t, "the sender is away")
	require.NoError(t, proxy.Resume())
	sender.ends(t, 0)
	receiver.ends(t, 0)
	agree(t, sum, got, sender, receiver)
}

func TestASlowReceiverSlowsTheSender(t *testing.T) {
	const most = 24 << 20 // two buffers of 1 MiB, and what the kernel holds
	out, slow := io.Pipe()
	receiver := start(t, nil, slow, "listen", "127.0.0.1:0")
	in, sum := data(2 * most)
	tooFar := newGate(in, most)
	defer close(tooFar.open)
	sender := start(t, tooFar, nil, "send", receiver.listening(t))
	got := sha256.New()
	_, err := io.CopyN(got, out, 1000)
	require.NoError(t, err)
	select { // nothing is read meanwhile, so nothing can make it happen later either
	case <-tooFar.reached:
		t.Fatal("the sender has read 24 MiB although the receiver's output took a kilobyte")
	case <-time.After(500 * time.Millisecond):
	}
	copied := make(chan error, 1)
	go func() { _, err := io.Copy(got, out); copied <- err }()
	<-tooFar.reached
	tooFar.open <- struct{}{}
	sender.ends(t, 0)
	receiver.ends(t, 0)
	require.NoError(t, slow.Close())
	require.NoError(t, <-copied)
	agree(t, sum, got, sender, receiver)
}
