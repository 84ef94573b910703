package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// options are what the flags say, and what tests set.
type options struct {
	length  time.Duration
	clients int
	seed    uint64
	pace    time.Duration // of faults, and everything is in proportion to it
	rate    float64
	page    string
	breach  breach

	trend time.Duration // of the shortest run whose trends are judged
}

// A run is servers, clients, what is between them, and the parent's view of it.
type run struct {
	options
	books   *books
	auditor *auditor
	servers []*process
	clients []*process
	ways    []*way
	rng     *rand.Rand
	began   time.Time
	calmed  time.Time // when the storm was over
	out     io.Writer

	lives   atomic.Uint32
	late    atomic.Int64 // how long this process was late for something, at most
	struck  faultLog
	history history
	own     series // what this process holds

	byes sync.Map // *process to the text of its bye
}

// newRun prepares everything, and starts no process.
func newRun(o options, out io.Writer) (*run, error) {
	rooms := max(1, o.clients/100)
	b, err := createBooks(o.clients, rooms)
	if err != nil {
		return nil, err
	}
	ttl := max(15*o.pace, 45*time.Second) // a busy machine is no cause to lose a session
	r := &run{
		options: o, books: b, auditor: newAuditor(b), out: out,
		rng: rand.New(rand.NewPCG(o.seed, 0x50a4)), began: time.Now(),
	}
	b.ids.Store(1)
	base := settings{
		Seed: o.seed, Seats: o.clients, Rooms: rooms, Pace: o.pace, TTL: ttl, Rate: o.rate, Breach: o.breach,
		Every: sampleEvery(o.length),
	}
	// What is taken down has its place from the beginning: the parent is watched, too.
	n := int(min(o.length/base.Every, 1<<12)) + 64
	r.own.all, r.history.all = make([]sample, 0, n), make([]point, 0, n)
	r.struck.marks = make([]mark, 0, min(o.length/o.pace*5/4, 1<<16)+64)
	for i, name := range []string{"server", "mortal server"} {
		set := base
		set.Role = "server"
		r.servers = append(r.servers, newProcess(r, name, i == 1, set))
	}
	// A quarter of the clients, and no more than 250, may be killed.
	mortal := max(1, min(o.clients/4, 250))
	const perProcess = 1000
	for from := 0; from < o.clients; {
		to := min(from+perProcess, o.clients-mortal)
		set, name := base, "clients"
		if from >= o.clients-mortal {
			to, name = o.clients, "mortal clients"
		} else if o.clients-mortal > perProcess {
			name = fmt.Sprintf("clients %d", 1+from/perProcess)
		}
		set.Role, set.From, set.To = "clients", from, to
		r.clients = append(r.clients, newProcess(r, name, to == o.clients, set))
		from = to
	}
	return r, nil
}

// sampleEvery is the interval of samples: what a long run has of them fits on a
// page.
func sampleEvery(length time.Duration) time.Duration {
	return min(max(length/1000, 250*time.Millisecond), 10*time.Second)
}

// nextTerm numbers the next life of a process, or term of a server.
func (r *run) nextTerm(p *process) {
	p.set.Life = r.lives.Add(1)
	if server := slices.Index(r.servers, p); server >= 0 {
		p.terms++
		p.set.Place = r.books.place(server, p.terms)
	}
}

// begin starts the servers, the proxies and the clients.
func (r *run) begin() error {
	if err := r.newWays(); err != nil {
		return err
	}
	for _, p := range r.processes() {
		if err := r.start(p); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) processes() []*process { return slices.Concat(r.servers, r.clients) }

// start begins another life of a process, and returns when a server serves.
func (r *run) start(p *process) error {
	r.nextTerm(p)
	if err := p.start(); err != nil {
		return err
	}
	if p.set.Role == "server" && !r.await(p) {
		return errors.New("it does not serve")
	}
	return nil
}

// await waits until a server serves.
func (r *run) await(p *process) bool {
	_, exited := p.process()
	select {
	case <-p.serving:
		return true
	case <-exited:
	case <-time.After(2 * grace(r.pace)):
	}
	return false
}

// heard takes in what a child says.
func (r *run) heard(p *process, e event) {
	switch e.Ev {
	case "fault":
		r.auditor.finding("%s", e.Text)
	case "bye":
		r.byes.Store(p, e.Text)
	case "drained":
		r.auditor.gone(e.Life, false)
		if e.Text == "" {
			r.struck.count("drains that ended in time")
		} else {
			r.struck.count("drains that cut off who was absent")
		}
	case "serving":
		r.direct(slices.Index(r.servers, p), e.Addresses)
		p.serving <- struct{}{}
	}
}

// play lets the run go on for its length, or until ctx ends.
func (r *run) play(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, r.length)
	defer cancel()
	var all sync.WaitGroup
	all.Go(func() { r.strike(ctx) })
	all.Go(func() { r.watch(ctx) })
	all.Wait()
}

// settle ends the storm, has everyone end in good order and goes through the books
// until nothing is open.
func (r *run) settle() {
	r.calmed = time.Now()
	r.heal()
	r.books.calm.Store(true)
	patience := time.After(grace(r.pace) + 20*time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for _, p := range r.clients {
		r.awaitEnd(p, patience, tick)
	}
	for _, p := range r.servers {
		p.tell(command{Do: "quit"})
	}
	for _, p := range r.servers {
		r.awaitEnd(p, patience, tick)
		r.auditor.gone(p.set.Life, false)
	}
	r.auditor.pass(false)
	r.auditor.pass(true)
	for _, w := range r.ways {
		_ = w.Close() // returns nil
	}
}

// awaitEnd waits until a process has said goodbye, which it does when nothing of
// it is left over.
func (r *run) awaitEnd(p *process, patience <-chan time.Time, tick *time.Ticker) {
	_, exited := p.process()
	for {
		select {
		case <-exited:
			if text, ok := r.byes.Load(p); !ok {
				r.auditor.finding("%s ended without a word", p.name)
			} else if text != "" {
				r.auditor.finding("%s: %s", p.name, text)
			}
			return
		case <-patience:
			r.auditor.pass(true)
			r.auditor.finding("%s does not end", p.name)
			p.kill()
			return
		case <-tick.C:
			r.auditor.pass(false)
		}
	}
}

// close ends what is left, whatever happened.
func (r *run) close() {
	for _, p := range r.processes() {
		p.kill()
	}
	for _, w := range r.ways {
		_ = w.Close() // returns nil
	}
	_ = r.books.file.Close() // nothing was written through it
}
