package main

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func startPacer(t *testing.T) *pacer {
	p, err := newPacer()
	require.NoError(t, err)
	t.Cleanup(p.close)
	return p
}

func TestNobodyIsWokenEarly(t *testing.T) {
	p := startPacer(t)
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(i)))
			for range 20 {
				at := time.Now().Add(time.Duration(r.IntN(10_000)) * time.Microsecond)
				if !p.wait(t.Context(), at) || time.Now().Before(at) {
					t.Error("it was too early")
				}
			}
		})
	}
	all.Wait()
}

func TestAnEarlierWakeComesBeforeALaterOneThatWasSetBefore(t *testing.T) {
	p := startPacer(t)
	ctx, cancel := context.WithCancel(t.Context())
	later := make(chan bool)
	go func() { later <- p.wait(ctx, time.Now().Add(time.Hour)) }()
	require.Eventually(t, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(p.waiting) == 1
	}, 10*time.Second, time.Millisecond)
	require.True(t, p.wait(t.Context(), time.Now().Add(time.Millisecond)))
	cancel()
	require.False(t, <-later)
	require.False(t, p.wait(ctx, time.Now().Add(-time.Second)), "the end of the context comes first")
	require.True(t, p.wait(t.Context(), time.Now().Add(-time.Second)))
}
