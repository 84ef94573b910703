//go:build linux

package netns

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
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

// A dialogue is a server and a client with their sessions.
type dialogue struct {
	t       *testing.T
	net     *pair
	srv, cl *process
	conns   int
	total   uint64 // messages so far, each way and for each session
}

// converse brings up both ends and has them exchange a few messages.
func converse(t *testing.T, srv, cl settings) *dialogue {
	t.Helper()
	d := &dialogue{t: t, net: newPair(t), conns: cl.Conns}
	d.srv = d.net.start(server, srv)
	d.srv.wait(0, 1, "listening", is(evListening))
	d.cl = d.net.start(client, cl)
	d.cl.wait(0, d.conns, "sessions", is(evSession))
	d.srv.wait(0, d.conns, "sessions", is(evSession))
	d.send(10, 0)
	d.settle()
	return d
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
		p.wait(marks[i], d.conns, "messages accepted", is(evSent))
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
	d.cl.quit()
	d.srv.quit()
	for _, p := range d.both() {
		require.Zero(d.t, p.count(0, is(evBad)))
	}
}
