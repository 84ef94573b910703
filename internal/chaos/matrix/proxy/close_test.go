package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
	"github.com/longsplice/longsplice/internal/chaos/ledger"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/chaos/row"
)

// Row 38: Close at any time, of sessions that send, that dial, and that resume.
// Everything returns within a second, and says why; what was accepted is delivered
// or reported.
func TestCloseRacesEverything(t *testing.T) {
	const workers = 8
	stage.Each(t, 38, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		races := map[stage.Over]int{stage.TCP: 8000, stage.TLS: 400, stage.WebSocket: 1600}[over]
		if testing.Short() {
			races /= 10
		}
		busy := watchStalls(t)
		var books sync.Map // ledgers by number
		srv, address := serve(t, over, conn.OnMessage(func(ctx context.Context, c *conn.Conn, msg []byte) error {
			id, _ := ledger.StreamOf(msg)
			book, ok := books.Load(id)
			if !ok {
				return fmt.Errorf("stream %d", id)
			}
			s := book.(*ledger.Stream)
			s.Consume()
			s.Deliver(msg)
			s.Ask()
			return c.Send(ctx, msg)
		}), &conn.Config{MinPing: -1, MaxHandshakesPerIP: -1, MaxDetached: -1, SessionTTL: 2 * time.Second})
		var all sync.WaitGroup
		var closers [workers]*closer
		for n := range closers {
			closers[n] = &closer{
				over: over, proxy: between(t, address, nil), busy: busy, books: &books,
				random: rand.New(rand.NewPCG(38, uint64(n))),
			}
			all.Go(func() {
				for race := range races / workers {
					if !assert.NoError(t, closers[n].race(uint32(n*races+race), race%100 == 3), "race %d of %d", race, n) {
						return
					}
				}
			})
		}
		all.Wait()
		require.NoError(t, srv.Close())
		lost, doubled := 0, 0
		books.Range(func(_, book any) bool {
			s := book.(*ledger.Stream)
			assert.NoError(t, s.Err())
			lo, d := s.Tally()
			lost, doubled = lost+lo, doubled+d
			return true
		})
		worst, counts := time.Duration(0), map[string]int{}
		for _, c := range closers {
			worst = max(worst, c.worst)
			for what, n := range c.counts {
				counts[what] += n
			}
		}
		r.Messages(lost, doubled)
		r.Note("%d races, Close returned after %v at most: %v", races, worst.Round(time.Microsecond), counts)
		assert.Zero(t, lost+doubled)
		for _, what := range []string{"sending", "dialling", "resuming", "hanging"} {
			assert.Positive(t, counts[what], what)
		}
	})
}

// A closer runs races, one after another, through a proxy of its own.
type closer struct {
	over   stage.Over
	proxy  *faultproxy.Proxy
	busy   *stalls
	books  *sync.Map
	random *rand.Rand
	worst  time.Duration
	counts map[string]int
}

// soonish is some time in which much happens.
func (c *closer) soonish() time.Duration {
	return time.Duration(c.random.IntN(1000)) * time.Microsecond
}

// race begins a session and ends it. One that is to hang cannot be resumed, and takes
// as long as Linger.
func (c *closer) race(id uint32, hang bool) error {
	if c.counts == nil {
		c.counts = map[string]int{}
	}
	config := c.over.Client(&conn.Config{Retry: soon, Heartbeat: unwatched, SendBuffer: 2000})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	kind := c.random.IntN(3)
	var cancelled atomic.Value // the instant
	if kind == 0 && !hang {
		stop := time.AfterFunc(c.soonish(), func() {
			cancelled.Store(time.Now())
			cancel()
		})
		defer stop.Stop()
	}
	s, err := conn.Dial(ctx, c.over.Target(c.proxy.Addr().String()), config)
	if err != nil {
		c.counts["dialling"]++
		from, ok := cancelled.Load().(time.Time)
		if !ok || !errors.Is(err, context.Canceled) {
			return fmt.Errorf("dial: %w", err)
		}
		now := time.Now()
		took := now.Sub(from) - c.busy.excuse(from, now)
		c.worst = max(c.worst, took)
		if took > time.Second {
			return fmt.Errorf("dialling: returned after %v", took)
		}
		return nil
	}
	book := ledger.New(id)
	book.Loosen() // Close may end what the handler is at
	c.books.Store(id, book)

	var ends [3]error
	var returned sync.WaitGroup
	returned.Go(func() { ends[0] = sendTillTheEnd(s, book) })
	returned.Go(func() { ends[1] = receiveTillTheEnd(s) })
	returned.Go(func() { ends[2] = flushTillTheEnd(s) })
	time.Sleep(c.soonish()) // the case is one of time
	what := "sending"
	switch {
	case hang:
		what = "hanging"
		if err := c.proxy.SetMode(faultproxy.Silent); err != nil {
			return err
		}
		c.proxy.Cut(faultproxy.RST)
		time.Sleep(c.soonish())
	case kind == 1:
		what = "resuming"
		c.proxy.Cut(faultproxy.RST)
		time.Sleep(c.soonish())
	}
	c.counts[what]++

	began := time.Now()
	err = s.Close()
	returned.Wait()
	now := time.Now()
	took := now.Sub(began) - c.busy.excuse(began, now)
	c.worst = max(c.worst, took)
	if what == "hanging" {
		c.proxy.Cut(faultproxy.RST) // the silent one
		if err := c.proxy.SetMode(faultproxy.Forward); err != nil {
			return err
		}
	}
	if took > time.Second {
		return fmt.Errorf("%s: returned after %v", what, took)
	}
	for _, end := range append(ends[:], s.Err()) {
		if !typed(end) {
			return fmt.Errorf("%s: not a typed end: %T %w", what, end, end)
		}
	}
	unknown, lost := new(conn.UnknownError), new(conn.LostError)
	switch {
	case errors.As(s.Err(), &lost):
		book.Report(lost.Unknown, lost.Undelivered)
	case err != nil:
		return fmt.Errorf("%s: Close says %w, and Err %w", what, err, s.Err())
	default:
		book.Settled()
	}
	if err != nil && !errors.As(err, &unknown) && !errors.As(err, &lost) {
		return fmt.Errorf("%s: Close says %T %w", what, err, err)
	}
	return nil
}

func sendTillTheEnd(s *conn.Conn, book *ledger.Stream) error {
	for n := 0; ; n++ {
		err := s.Send(context.Background(), book.Offer(20+n%300))
		book.Answer(err == nil)
		if err != nil {
			return err
		}
	}
}

func receiveTillTheEnd(s *conn.Conn) error {
	for {
		if _, err := s.Receive(context.Background()); err != nil {
			return err
		}
	}
}

func flushTillTheEnd(s *conn.Conn) error {
	if err := s.Flush(context.Background()); err != nil {
		return err
	}
	<-s.Done()
	return s.Err()
}

// typed reports whether err is one that says how a session ended.
func typed(err error) bool {
	return errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF) ||
		errors.As(err, new(*conn.CloseError)) || errors.As(err, new(*conn.LostError))
}
