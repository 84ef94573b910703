package conn_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest"
	"github.com/longsplice/longsplice/internal/chaos/ledger"
	"github.com/longsplice/longsplice/internal/chaos/storm"
	"github.com/longsplice/longsplice/reconnect"
)

// TestStress has applications do anything at any time, on links that fail at any
// byte, with servers that restart and drain: what arrives is what was sent, and
// who is told of a loss is told the truth.
//
// LONGSPLICE_STRESS is how many seeds are played, and LONGSPLICE_STRESS_FIRST the
// first of them: with 1 and the number of a seed that failed, it is played alone.
// The decisions of a run follow from its seed; what happens at the same instant
// is in the scheduler's hands.
func TestStress(t *testing.T) {
	first, n := number(t, "LONGSPLICE_STRESS_FIRST", 1), number(t, "LONGSPLICE_STRESS", 600)
	if testing.Short() {
		n = min(n, 40)
	}
	next := make(chan uint64)
	go func() {
		defer close(next)
		for seed := first; seed < first+n; seed++ {
			next <- seed
		}
	}()
	t.Run("on each core", func(t *testing.T) {
		for range runtime.GOMAXPROCS(0) {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				for seed := range next {
					t.Run(fmt.Sprint(seed), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) { stress(t, seed) })
					})
				}
			})
		}
	})
}

func number(t *testing.T, name string, otherwise uint64) uint64 {
	value := os.Getenv(name)
	if value == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(value, 10, 64)
	require.NoError(t, err, name)
	return n
}

// stressed is one run: a server at a time, some clients, and the books of all of
// their sessions.
type stressed struct {
	*bed
	seed   uint64
	plan   plan
	target string
	calm   chan struct{} // the storm is over, and nobody sends any more
	lives  sync.WaitGroup

	mu        sync.Mutex // covers what follows
	sessions  map[string]*[2]*stressEnd
	ends      []*stressEnd
	streams   map[uint32]*ledger.Stream
	restarted bool
}

// plan is what a run is like.
type plan struct {
	quiet    bool // there are no faults
	plain    bool // there is no resumption
	crowded  bool // sessions without a link are evicted
	hasty    bool // they expire soon
	pushed   bool // messages are pushed to the server's application
	real     bool // it has a real network, where time is not ours
	restarts int
	length   time.Duration
}

func drawing(seed, stream uint64) func(int) int {
	rng := rand.New(rand.NewPCG(seed, stream))
	return rng.IntN
}

func newStressed(seed uint64, p plan) *stressed {
	return &stressed{
		seed: seed, plan: p, target: "mem://server", calm: make(chan struct{}),
		sessions: map[string]*[2]*stressEnd{}, streams: map[uint32]*ledger.Stream{},
	}
}

func stress(t *testing.T, seed uint64) {
	draw := drawing(seed, 0)
	w := newStressed(seed, plan{
		quiet: draw(5) == 0, plain: draw(12) == 0, crowded: draw(8) == 0, hasty: draw(6) == 0, pushed: draw(3) == 0,
		restarts: max(0, draw(6)-3), length: time.Duration(1+draw(6)) * 500 * time.Millisecond,
	})
	cfg := stressConfig(draw)
	cfg.NoResume = w.plan.plain
	if w.plan.hasty {
		cfg.SessionTTL = 700 * time.Millisecond
	}
	if w.plan.crowded {
		cfg.MaxDetached = 1
		cfg.Authenticate = func(context.Context, conn.Peer) (string, error) { return "ada", nil }
	}
	raging := storm.New(seed)
	network := &conntest.Config{Buffer: []int{100, 3000, 0}[draw(3)]} // small ones make writes wait
	if !w.plan.quiet {
		network.OnLink = raging.OnLink
	}
	w.bed = &bed{T: t, ctx: t.Context(), net: conntest.New(network), cfg: cfg}
	w.serve(w.handler())
	t.Cleanup(func() { _ = w.net.Close() })
	for n := range 1 + draw(5)/4 {
		draw := drawing(seed, uint64(1000+n))
		w.lives.Go(func() { w.runClient(draw, w.client(*stressConfig(draw))) })
	}
	w.lives.Go(func() { w.restarts(drawing(seed, 1)) })
	if w.plan.quiet {
		time.Sleep(w.plan.length)
	} else {
		raging.Rage(w.net, w.plan.length)
	}
	raging.Calm(w.net)
	close(w.calm)
	w.lives.Wait()
	require.NoError(t, w.srv.Shutdown(limited(t, 3*time.Minute))) // a session that nobody comes back to expires in two
	w.verify()
}

// stressConfig draws a configuration of either end.
func stressConfig(draw func(int) int) *conn.Config {
	size := func() int { return []int{1, 500, 5000, 50_000, 0}[draw(5)] }
	cfg := &conn.Config{
		SendBuffer: size(), Window: size(), MinPing: -1, Heartbeat: watch,
		Retry:        reconnect.Policy{InitialDelay: 10 * time.Millisecond, MaxDelay: 100 * time.Millisecond},
		DialTimeout:  time.Second,
		WriteTimeout: 2 * time.Second,
		MaxMessage:   []int{300, 20_000, 0}[draw(3)],
	}
	if draw(4) == 0 {
		cfg.Linger = -1
	}
	return cfg
}

// runClient keeps a client until all is calm and its last session has ended.
func (w *stressed) runClient(draw func(int) int, cfg *conn.Config) {
	for {
		h := conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
			return w.enter(c, 0, cfg).live(ctx)
		})
		ctx, cancel := context.WithCancel(w.ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = conn.Run(ctx, w.target, h, cfg) // the application knows what came of it
		}()
		if draw(4) == 0 {
			timer := time.AfterFunc(time.Duration(draw(3000))*time.Millisecond, func() {
				w.interfere(0)
				cancel()
			})
			defer timer.Stop()
		}
		select {
		case <-done:
		case <-w.calm:
			within(w.T, time.Minute, func() { <-done })
		}
		cancel()
		select {
		case <-w.calm:
			return
		case <-time.After(time.Duration(draw(300)) * time.Millisecond):
		}
	}
}

func (w *stressed) handler() conn.Handler {
	if w.plan.pushed {
		return conn.OnMessage(func(_ context.Context, c *conn.Conn, msg []byte) error {
			return w.pushedTo(c).handle(msg)
		})
	}
	return conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
		return w.enter(c, 1, w.cfg).live(ctx)
	})
}

// restarts has other servers take the first one's place, some of which had gone in
// good order, while the clients go on.
func (w *stressed) restarts(draw func(int) int) {
	for range w.plan.restarts {
		select {
		case <-time.After(time.Duration(draw(2000)) * time.Millisecond):
		case <-w.calm:
			return
		}
		w.interfere(1)
		if draw(2) == 0 {
			_ = w.srv.Shutdown(limited(w.T, time.Duration(draw(2000))*time.Millisecond))
			w.unlisten()
		} else {
			w.unlisten()
			w.net.Cut(conntest.RST)
			w.crash()
			require.NoError(w, w.srv.Close())
		}
		w.serve(w.handler())
	}
}
