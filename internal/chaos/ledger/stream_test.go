package ledger

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// line is a sender and a receiver with nothing between them but what a fault does.
type line struct {
	*Stream
	way [][]byte // accepted and not yet delivered
}

func (l *line) send(accept bool, sizes ...int) {
	msgs := l.OfferAll(sizes...)
	l.Answer(accept)
	if accept {
		l.way = append(l.way, msgs...)
	}
}

func (l *line) receive(n int) {
	for range n {
		l.Ask()
		l.Consume()
		l.Deliver(l.way[0])
		l.way = l.way[1:]
	}
}

func newLine() *line { return &line{Stream: New(7)} }

func TestNothingWrong(t *testing.T) {
	l := newLine()
	l.send(true, 100)
	l.send(false, 50)
	l.send(true, 20, 0, 3000)
	all := l.way
	l.receive(3)
	l.Acknowledged(2)
	l.Report(all[2:3], all[3:])
	l.Report(all, nil)
	l.Loosen()
	l.Acknowledged(3)
	l.Report(nil, all[3:])
	l.receive(1)
	l.Ask()
	l.Consume()
	l.Acknowledged(4)
	l.Settled()
	require.NoError(t, l.Err())
	require.Equal(t, 4, l.Accepted())
	id, ok := StreamOf(l.Offer(0))
	require.True(t, ok)
	require.EqualValues(t, 7, id)
}

func TestTally(t *testing.T) {
	for name, c := range map[string]struct {
		do            func(l *line)
		lost, doubled int
	}{
		"nothing yet":      {func(*line) {}, 3, 0},
		"in order":         {func(l *line) { l.receive(3) }, 0, 0},
		"one dropped":      {func(l *line) { l.way = l.way[1:]; l.receive(2) }, 1, 0},
		"one twice":        {func(l *line) { l.way = append(l.way, l.way[1]); l.receive(4) }, 0, 1},
		"one in another's": {func(l *line) { l.way[2] = l.way[0]; l.receive(3) }, 1, 1},
		"reported":         {func(l *line) { l.receive(1); l.Report(l.way[:1], l.way[1:]) }, 0, 0},
		"reported in part": {func(l *line) { l.Report(nil, l.way[1:]) }, 1, 0},
		"refused":          {func(l *line) { l.receive(3); l.send(false, 50) }, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLine()
			l.send(true, 100)
			l.send(true, 20, 30)
			c.do(l)
			lost, doubled := l.Tally()
			require.Equal(t, c.lost, lost)
			require.Equal(t, c.doubled, doubled)
		})
	}
}

// TestEveryFaultIsNoticed is why the ledger may be believed.
func TestEveryFaultIsNoticed(t *testing.T) {
	for name, fault := range map[string]func(l *line){
		"drop":          func(l *line) { l.way = l.way[1:]; l.receive(1) },
		"drop the last": func(l *line) { l.way = l.way[:2]; l.receive(2); l.Settled() },
		"duplicate":     func(l *line) { again := l.way[0]; l.receive(1); l.Deliver(again) },
		"swap":          func(l *line) { l.way[0], l.way[1] = l.way[1], l.way[0]; l.receive(1) },
		"change":        func(l *line) { l.way[0][15]++; l.receive(1) },
		"cut short":     func(l *line) { l.way[0] = l.way[0][:15]; l.receive(1) },
		"empty":         func(l *line) { l.Deliver(nil) },
		"of another":    func(l *line) { l.Deliver(New(8).Offer(100)) },
		"phantom":       func(l *line) { msg := l.Offer(30); l.Answer(false); l.receive(3); l.Deliver(msg) },
		"refused, in place of another": func(l *line) {
			msg := l.Offer(30)
			l.Answer(false)
			l.receive(3)
			l.Offer(30)
			l.Deliver(msg)
		},
		"refused when it has arrived": func(l *line) {
			msg := l.Offer(30)
			l.receive(3)
			l.Deliver(msg)
			l.Answer(false)
		},
		"acknowledged too early":           func(l *line) { l.receive(2); l.Acknowledged(2) },
		"acknowledged too early at an end": func(l *line) { l.receive(2); l.Loosen(); l.Acknowledged(3) },
		"reported more than there is":      func(l *line) { l.Report(append(l.way, l.way[0]), nil) },
		"forgotten in the report":          func(l *line) { l.receive(1); l.Report(nil, l.way) },
		"undelivered and consumed":         func(l *line) { all := l.way; l.receive(2); l.Report(nil, all) },
		"undelivered and consumed, later":  func(l *line) { l.Report(nil, l.way); all := l.way; l.receive(2); l.Report(nil, all) },
		"reported in another order":        func(l *line) { l.way[0], l.way[1] = l.way[1], l.way[0]; l.Report(l.way, nil) },
		"reported other bytes":             func(l *line) { l.Report([][]byte{l.way[0], l.way[1], nil}, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLine()
			l.send(true, 100)
			l.send(true, 20, 30)
			require.NoError(t, l.Err())
			fault(l)
			require.Error(t, l.Err())
		})
	}
}
