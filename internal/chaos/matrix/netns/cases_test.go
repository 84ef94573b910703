//go:build linux

package netns

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/chaos/row"
)

// The heartbeat of the cases: H, and D = 3 H.
const (
	interval = 200 * time.Millisecond
	timeout  = 600 * time.Millisecond
)

var (
	quickServer = settings{Role: "server", Addr: addr, Interval: interval, Timeout: timeout, TTL: time.Minute}
	quickClient = settings{Role: "client", Addr: addr, Conns: 1, Interval: interval, Timeout: timeout}
)

func is(ev string) func(event) bool { return func(e event) bool { return e.Ev == ev } }

func phase(phase string) func(event) bool {
	return func(e event) bool { return e.Ev == evState && e.Phase == phase }
}

// turns limits how many cases keep the machine busy at a time.
var turns = make(chan struct{}, 6)

// each plays a case of a row over each transport.
func each(t *testing.T, number int, play func(d *dialogue)) {
	t.Helper()
	long(t, number, func(d *dialogue) {
		turns <- struct{}{}
		d.t.Cleanup(func() { <-turns })
		play(d)
	})
}

// long is each for cases that take a minute of doing little, and do not wait for
// others.
func long(t *testing.T, number int, play func(d *dialogue)) {
	t.Helper()
	t.Parallel()
	stage.Each(t, number, func(t *testing.T, over stage.Over, r *row.Row) {
		t.Parallel()
		play(&dialogue{t: t, over: over, row: r})
	})
}

// A dialogue is a server and a client with their sessions.
type dialogue struct {
	t       *testing.T
	over    stage.Over
	row     *row.Row
	net     *pair
	srv, cl *process
	conns   int
	total   uint64 // messages so far, each way and for each session
}

// converse brings up both ends and has them exchange a few messages.
func (d *dialogue) converse(srv, cl settings) {
	d.t.Helper()
	d.conns = cl.Conns
	d.serve(srv)
	d.cl = d.start(client, cl)
	d.meet()
}

// meet waits for the sessions, and has both ends exchange a few messages.
func (d *dialogue) meet() {
	d.t.Helper()
	d.cl.wait(0, d.conns, "sessions", is(evSession))
	d.srv.wait(0, d.conns, "sessions", is(evSession))
	d.send(10, 0)
	d.settle()
}

// start starts an end.
func (d *dialogue) start(s side, set settings) *process {
	d.t.Helper()
	if d.net == nil {
		d.net = newPair(d.t)
	}
	set.Over = d.over
	return d.net.start(s, set)
}

// serve starts the server, and returns when it listens.
func (d *dialogue) serve(srv settings) time.Duration {
	d.t.Helper()
	d.srv = d.start(server, srv)
	return d.srv.wait(0, 1, "listening", is(evListening))[0].At
}

func (d *dialogue) both() []*process { return []*process{d.srv, d.cl} }

func (d *dialogue) marks() [2]int { return [2]int{d.srv.mark(), d.cl.mark()} }

// send has each end of each session send n messages, and waits until they
// are accepted.
func (d *dialogue) send(n uint64, every time.Duration) {
	d.t.Helper()
	d.total += n
	marks := d.marks()
	for _, p := range d.both() {
		p.tell(command{Do: "send", N: n, Every: every})
	}
	for i, p := range d.both() {
		p.waitFor(time.Duration(n)*every+patience, marks[i], d.conns, "messages accepted", is(evSent))
	}
}

// settle waits until all that was sent has been received and acknowledged, and
// makes sure that it was not received more than once.
func (d *dialogue) settle() {
	d.t.Helper()
	for _, step := range []struct{ do, answer string }{{"expect", evReceived}, {"flush", evFlushed}} {
		marks := d.marks()
		for _, p := range d.both() {
			p.tell(command{Do: step.do, N: d.total})
		}
		for i, p := range d.both() {
			p.wait(marks[i], d.conns, step.do, is(step.answer))
		}
	}
	for _, p := range d.both() {
		for _, a := range d.report(p) {
			require.Equal(d.t, d.total, a.Got, "received by %s", p.name)
			require.Equal(d.t, d.total, a.Sent, "sent by %s", p.name)
		}
	}
}

func (d *dialogue) report(p *process) []account {
	d.t.Helper()
	mark := p.mark()
	p.tell(command{Do: "report"})
	return p.wait(mark, 1, "report", is(evReport))[0].Peers
}

// end ends both in good order; no session may have ended before.
func (d *dialogue) end() {
	d.t.Helper()
	for _, p := range d.both() {
		require.Zero(d.t, p.count(0, is(evEnded)), "sessions of %s", p.name)
	}
	d.balance()
	d.quit(d.cl, d.srv)
}

// balance holds what one end has received against what the other has sent, and
// takes down what that says.
func (d *dialogue) balance() {
	d.t.Helper()
	lost, doubled := 0, 0
	sent, got := d.report(d.srv), d.report(d.cl)
	require.Len(d.t, sent, d.conns)
	for range 2 {
		for _, from := range sent {
			i := slices.IndexFunc(got, func(a account) bool { return a.ID == from.ID })
			require.NotEqual(d.t, -1, i, "both ends have session %s", from.ID)
			lost += int(from.Sent-got[i].Got) + int(got[i].Lost)
			doubled += int(got[i].Doubled)
		}
		sent, got = got, sent
	}
	d.row.Messages(lost, doubled)
	require.Zero(d.t, lost)
	require.Zero(d.t, doubled)
}

// quit ends processes in good order, and takes down what was left over in them.
func (d *dialogue) quit(processes ...*process) {
	d.t.Helper()
	goroutines, files := 0, 0
	for _, p := range processes {
		bye := p.quit()
		goroutines, files = goroutines+bye.Goroutines, files+bye.Files
		if bye.Err != "" {
			d.t.Errorf("%s left over: %d goroutines, %d files\n%s", p.name, bye.Goroutines, bye.Files, bye.Err)
		}
		require.Zero(d.t, p.count(0, is(evBad)))
	}
	d.row.Left(goroutines, files)
}
