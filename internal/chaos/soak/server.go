package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/heartbeat"
	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/reconnect"
)

// buffer is what a session's send buffer and window take: little, so that both
// are full often.
const buffer = 16 << 10

// config is what both ends have in common.
func (s settings) config() conn.Config {
	return conn.Config{
		SendBuffer: buffer,
		Window:     buffer,
		Heartbeat:  &heartbeat.Config{Interval: max(s.Pace, 500*time.Millisecond), Timeout: max(3*s.Pace, 1500*time.Millisecond), ProbeAfter: max(s.Pace, 300*time.Millisecond)},

		WriteTimeout: max(3*s.Pace, time.Second),
		Linger:       time.Second,
		Retry:        reconnect.Policy{InitialDelay: 100 * time.Millisecond, MaxDelay: time.Second},
		DialTimeout:  max(2*s.Pace, time.Second),
		SessionTTL:   s.TTL,
	}
}

// A term is what serves from one start or drain to the next: a server for
// sessions that are received from and one for those that are pushed to, on all
// transports, and their rooms.
type term struct {
	*child
	life      uint32
	place     int // of its rooms' order in the books
	pull      *conn.Server
	push      *conn.Server
	rooms     *hub.Hub[*conn.Batch]
	sessions  sync.Map // *conn.Conn to *served, of those that have said their plan
	serving   sync.WaitGroup
	under     sync.WaitGroup // sessions whose books are open at this end
	addresses []address
}

func (c *child) newTerm(ctx context.Context, life uint32, place int) (*term, error) {
	t := &term{child: c, life: life, place: place, rooms: hub.New(roomConfig(place))}
	cfg := c.config()
	cfg.MaxHandshakesPerIP, cfg.MaxFailedResumes, cfg.MinPing = -1, -1, 100*time.Millisecond // all are from one address
	cfg.ComeBackMin, cfg.ComeBackMax = c.Pace/10, c.Pace
	cfg.Trace = &conn.Trace{
		SessionEnd: t.ended,
		Panic: func(_ *conn.Conn, v any, stack []byte) {
			c.tell(event{Ev: "fault", Text: fmt.Sprintf("server: panic: %v\n%s", v, stack)})
		},
	}
	t.pull = conn.NewServer(conn.HandlerFunc(t.handle), &cfg)
	t.push = conn.NewServer(conn.OnMessage(t.handleMessage), &cfg)
	for _, over := range stage.Transports {
		for _, srv := range []*conn.Server{t.pull, t.push} {
			ln, err := over.Listen("127.0.0.1:0")
			if err != nil {
				return nil, errors.Join(err, t.pull.Close(), t.push.Close(), t.rooms.Close())
			}
			t.addresses = append(t.addresses, address{string(over), srv == t.push, ln.Address()})
			t.serving.Go(func() { _ = srv.Serve(ctx, ln) }) // until its end
		}
	}
	return t, nil
}

// drain ends the term in good order, and reports whether that was in time.
func (t *term) drain(patience time.Duration) bool {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	errs := make(chan error, 2)
	go func() { errs <- t.pull.Shutdown(ctx) }()
	go func() { errs <- t.push.Shutdown(ctx) }()
	err := errors.Join(<-errs, <-errs)
	t.serving.Wait()
	t.under.Wait()      // the auditor takes the term for over
	_ = t.rooms.Close() // returns nil
	return err == nil
}

// serve is what a server's process does.
func (c *child) serve(ctx context.Context, commands <-chan command) {
	ctx, stop := context.WithCancel(ctx)
	var sampler sync.WaitGroup
	sampler.Go(func() { c.sampling(ctx, func() int { return 0 }) })
	defer sampler.Wait()
	defer stop()
	life, place := c.Life, c.Place
	for {
		t, err := c.newTerm(ctx, life, place)
		if err != nil {
			c.tell(event{Ev: "fault", Text: err.Error()})
			return
		}
		c.tell(event{Ev: "serving", Life: life, Addresses: t.addresses})
		cmd, ok := <-commands
		quit := !ok || cmd.Do == "quit"
		patience := max(10*c.Pace, 3*time.Second)
		if quit {
			patience = time.Second // all who are there have left
		}
		text := ""
		if !t.drain(patience) {
			text = "not in time"
		}
		c.tell(event{Ev: "drained", Life: life, Text: text})
		if quit {
			return
		}
		life, place = cmd.Life, cmd.Place
	}
}
