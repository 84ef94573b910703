package hubconn_test

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

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest"
	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/hub/hubtest"
	"github.com/longsplice/longsplice/internal/chaos/ledger"
	"github.com/longsplice/longsplice/internal/chaos/storm"
)

// TestStress has clients join, leave and come back to rooms, publish in them, and
// read as fast or slowly as they like, on links that fail at any byte, with servers
// that restart: every member's stream is the room's, but for gaps that it is told,
// and at the end everybody has everything.
//
// LONGSPLICE_STRESS is how many seeds are played, and LONGSPLICE_STRESS_FIRST the
// first of them: with 1 and the number of a seed that failed, it is played alone.
// The decisions of a run follow from its seed; what happens at the same instant
// is in the scheduler's hands.
func TestStress(t *testing.T) {
	first, n := number(t, "LONGSPLICE_STRESS_FIRST", 1), number(t, "LONGSPLICE_STRESS", 150)
	if testing.Short() {
		n = min(n, 20)
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

// plan is what a run is like.
type plan struct {
	quiet    bool // there are no faults
	loyal    bool // nobody leaves a room, and nobody who is away for a while counts as gone
	roomy    bool // nothing has to be dropped
	shared   bool // two hubs have a broker
	restarts int
	length   time.Duration
	policy   hub.Policy
}

// stressed is one run: servers with a hub each, clients, and the books of all.
type stressed struct {
	*testing.T
	seed    uint64
	plan    plan
	net     *conntest.Network
	room    hub.Room
	broker  *hubtest.Local[*conn.Batch]
	buffer  int // of the servers' sessions
	calm    chan struct{}
	over    chan struct{}
	lives   sync.WaitGroup
	books   *books
	clients []*client

	mu       sync.Mutex // covers what follows
	stations []*station
	streams  map[uint32]*ledger.Stream
}

func drawing(seed, stream uint64) func(int) int {
	rng := rand.New(rand.NewPCG(seed, stream))
	return rng.IntN
}

func stress(t *testing.T, seed uint64) {
	draw := drawing(seed, 0)
	p := plan{
		quiet: draw(5) == 0, loyal: draw(3) == 0, roomy: draw(3) == 0, shared: draw(4) == 0,
		restarts: max(0, draw(5)-3), length: time.Duration(1+draw(4)) * 500 * time.Millisecond, policy: hub.Policy(draw(4)),
	}
	w := &stressed{
		T: t, seed: seed, plan: p, calm: make(chan struct{}), over: make(chan struct{}), books: newBooks(t), streams: map[uint32]*ledger.Stream{},
		room: hub.Room{
			Policy: p.policy, History: []int{-1, 5, 50, 0}[draw(4)], Backlog: []int{16, 40, 0}[draw(3)], Bytes: []int{2000, 20_000, 0}[draw(3)],
			Block: time.Duration(1+draw(100)) * time.Millisecond, Grace: []time.Duration{-1, 100 * time.Millisecond, 0}[draw(3)],
			Keep: []time.Duration{-1, 200 * time.Millisecond, 0}[draw(3)],
		},
		buffer: []int{1, 500, 3000, 0}[draw(4)],
	}
	if p.roomy {
		w.room.History, w.room.Backlog, w.room.Bytes, w.room.Keep = 100_000, 100_000, -1, time.Hour
	}
	if p.loyal {
		w.room.Grace = time.Hour
	}
	raging := storm.New(seed)
	network := &conntest.Config{Buffer: []int{200, 3000, 0}[draw(3)]}
	if !p.quiet {
		network.OnLink = raging.OnLink
	}
	w.net = conntest.New(network)
	if p.shared {
		w.broker = hubtest.NewLocal[*conn.Batch]()
		w.open(1)
	}
	w.open(0)
	for n := range 2 + draw(4) {
		c := newClient(w, n)
		w.clients = append(w.clients, c)
		w.lives.Go(c.live)
	}
	w.lives.Go(func() { w.meddle(drawing(seed, 1)) })
	if p.quiet {
		time.Sleep(p.length)
	} else {
		raging.Rage(w.net, p.length)
	}
	raging.Calm(w.net)
	close(w.calm)
	w.settle()
	close(w.over)
	w.lives.Wait()
	for i := range w.stations {
		w.close(i)
	}
	if w.broker != nil {
		require.NoError(t, w.broker.Close())
	}
	_ = w.net.Close()
	for _, s := range w.streams {
		assert.NoError(t, s.Err(), "seed %d", seed)
	}
	w.books.verify()
}

// meddle publishes at the servers themselves, restarts them and the broker.
func (w *stressed) meddle(draw func(int) int) {
	restarts := w.plan.restarts
	for {
		select {
		case <-time.After(time.Duration(1+draw(200)) * time.Millisecond):
		case <-w.calm:
			return
		}
		i := draw(len(w.stations))
		switch n := draw(12); {
		case n == 0 && restarts > 0:
			restarts--
			w.close(i)
			w.open(i)
		case n == 1 && w.broker != nil && w.plan.restarts > 0:
			assert.NoError(w, w.broker.Restart())
		default:
			for range 1 + draw(20) {
				size := draw(100)
				if draw(30) == 0 {
					size = 500 // which no connection takes
				}
				ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
				w.at(i).publish(ctx, rooms[draw(len(rooms))], w.books.attempt(), byte('a'+draw(3)), size)
				cancel()
			}
		}
	}
}

// settle waits until every client has everything, which must be soon.
func (w *stressed) settle() {
	waiting := ""
	for range 400 {
		time.Sleep(100 * time.Millisecond)
		if waiting = w.unsettled(); waiting == "" {
			return
		}
	}
	assert.Fail(w, "something stands still", "seed %d, %+v: %s", w.seed, w.plan, waiting)
}

func (w *stressed) unsettled() string {
	for _, c := range w.clients {
		if s := c.unsettled(); s != "" {
			return fmt.Sprintf("client %d: %s", c.n, s)
		}
	}
	return ""
}
