package main

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/internal/liveline"
	"github.com/longsplice/longsplice/reconnect"
)

// farewell is how long the sessions may take to close in the end.
const farewell = 2 * time.Second

// A load is a run: what its clients share.
type load struct {
	options
	began  time.Time
	base   *conn.Config
	pacer  *pacer
	counts counts
	*phases
	here     *muster // of all clients: they have somebody to talk to, or are gone
	recorder *recorder
	connects *stopwatch // from a client's place in the ramp until it is connected
	resumes  *stopwatch // from the loss of a link until the session goes on

	over     context.Context // ends when the time is up, or with Ctrl-C
	allQuiet context.Context // ends when nobody says anything more
	drained  context.Context // ends when there is nothing more to wait for
	early    atomic.Int64    // when Ctrl-C came, if it did
}

func newLoad(o options) (*load, error) {
	trust, err := o.trusted()
	if err != nil {
		return nil, err
	}
	p, err := newPacer()
	if err != nil {
		return nil, err
	}
	l := &load{
		pacer:   p,
		options: o, phases: newPhases(), here: newMuster(o.clients), connects: newStopwatch(), resumes: newStopwatch(),
	}
	l.recorder = newRecorder(l.phases)
	l.base = &conn.Config{
		MaxMessage: max(1<<20, o.sizes.most()),
		TLS:        trust,
	}
	if o.cut > 0 {
		l.base.Retry = reconnect.Policy{StableAfter: -1} // it is cut on purpose, again and again
	}
	return l, nil
}

// connConfig is for a client, whose links call struck when they are cut.
func (l *load) connConfig(struck func()) *conn.Config {
	cfg := *l.base
	talking := func() bool { return l.over.Err() == nil }
	cfg.Dialers = dialers(cutting(l.cut, talking, struck), cfg.TLS)
	return &cfg
}

func (l *load) now() time.Duration { return time.Since(l.began) }

// stopped is when the sending ended.
func (l *load) stopped() time.Duration {
	if early := time.Duration(l.early.Load()); early > 0 {
		return min(early, l.end())
	}
	return l.end()
}

// sleepUntil returns false if ctx ends before t.
func (l *load) sleepUntil(ctx context.Context, t time.Duration) bool {
	return l.pacer.wait(ctx, l.began.Add(t))
}

// run does it all, and returns nil if the verdict is good. The end of ctx ends
// the sending.
func run(ctx context.Context, o options, stdout, progress io.Writer) error {
	l, err := newLoad(o)
	if err != nil {
		return err
	}
	defer l.pacer.close()
	parties, err := l.parties()
	if err != nil {
		return err
	}
	s := l.start(ctx, parties, liveline.New(progress, 2*time.Second))
	r := l.report(parties, s)
	return r.publish(o, stdout)
}

// keepTime has what is sent count from the end of the warm-up, which begins when
// all clients are there or there is no more patience, and returns when the time
// is up.
func (l *load) keepTime() {
	late := time.NewTimer(l.ramp + l.patience)
	defer late.Stop()
	select {
	case <-l.here.full:
	case <-late.C:
	case <-l.over.Done():
		return
	}
	l.set(max(l.now(), l.ramp)+l.warmup, l.length)
	l.sleepUntil(l.over, l.end())
}

// start has the parties at it until all is over.
func (l *load) start(ctx context.Context, parties []party, line *liveline.Line) *series {
	// Whatever ends the sending, what was sent is to arrive.
	root, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	l.began = time.Now()
	var over, quiet, drained context.CancelFunc
	l.over, over = context.WithCancel(root)
	var timing sync.WaitGroup
	defer timing.Wait()
	defer over()
	timing.Go(func() {
		l.keepTime()
		over()
	})
	l.drained, drained = context.WithCancel(root)
	defer drained()
	l.allQuiet, quiet = context.WithCancel(l.drained)
	defer context.AfterFunc(ctx, func() {
		l.early.Store(int64(l.now()))
		over()
	})()

	s := newSeries(l)
	defer line.Follow(s.status)()
	var clients []*client
	var running sync.WaitGroup
	for i, p := range parties {
		c := newClient(l, i, p)
		clients = append(clients, c)
		running.Go(func() { c.run(root) })
	}
	go func() {
		defer quiet()
		for _, c := range clients {
			<-c.quiet
		}
	}()
	finished := make(chan struct{})
	go func() { running.Wait(); close(finished) }()
	s.follow(finished, func() {
		drained()
		time.AfterFunc(farewell, cancel)
	})
	return s
}
