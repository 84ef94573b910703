package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// way is a sender and a receiver of an account with nothing between them but what
// a fault does.
type way struct {
	*Account
	sent [][]byte // accepted and not yet delivered
}

func newWay() *way {
	w := &way{Account: new(Account)}
	w.Open(7)
	return w
}

func (w *way) send(accept bool, sizes ...int) error {
	msgs := w.Offer(sizes...)
	if accept {
		w.sent = append(w.sent, msgs...)
	}
	return w.Answer(accept)
}

func (w *way) receive(n int) (err error) {
	for range n {
		w.Ask()
		w.Consume()
		if e := w.Deliver(w.sent[0]); err == nil {
			err = e
		}
		w.sent = w.sent[1:]
	}
	return err
}

func TestAccountWithNothingWrong(t *testing.T) {
	w := newWay()
	before := time.Now()
	require.NoError(t, w.send(true, 100))
	require.NoError(t, w.send(false, 50))
	require.NoError(t, w.send(true, 0, 200, 3000))
	all := w.sent
	require.NoError(t, w.receive(3))
	require.NoError(t, w.Acknowledged(2))
	require.NoError(t, w.Report(all[2:3], all[3:]))
	require.NoError(t, w.Audit())
	require.NoError(t, w.receive(1))
	require.Zero(t, w.Faults())
	require.EqualValues(t, 4, w.Accepted())
	require.EqualValues(t, 4, w.Delivered())
	unknown, undelivered, ok := w.Reported()
	require.True(t, ok)
	require.EqualValues(t, 1, unknown)
	require.EqualValues(t, 1, undelivered)

	m, ok := ParseMessage(all[3])
	require.True(t, ok)
	require.EqualValues(t, 3, m.N)
	require.EqualValues(t, 7, m.ID)
	require.WithinRange(t, m.Offered, before.Add(-time.Microsecond), time.Now())
	require.Len(t, all[3], 3000)

	w.Open(8)
	require.Zero(t, w.Accepted())
	require.NoError(t, w.Report(nil, nil))
	require.NoError(t, w.Audit())
}

// TestAccountOfKilledEnds: whoever is killed has promised nothing, and was
// promised nothing.
func TestAccountOfKilledEnds(t *testing.T) {
	w := newWay()
	require.NoError(t, w.send(true, 100, 100))
	msg := w.Offer(100)[0] // and the sender is killed before it has its answer
	require.NoError(t, w.receive(2))
	require.NoError(t, w.Deliver(msg))
	require.NoError(t, w.Audit())
	require.Zero(t, w.Faults())

	w = newWay()
	require.NoError(t, w.send(true, 100, 100, 100))
	all := w.sent
	require.NoError(t, w.receive(2)) // and the receiver is killed
	require.NoError(t, w.Report(all[1:], nil))
	require.NoError(t, w.Audit())
}

func TestAccountThatIsLoose(t *testing.T) {
	w := newWay()
	require.NoError(t, w.send(true, 100))
	require.NoError(t, w.receive(1))
	w.Loosen()
	require.NoError(t, w.Report(nil, nil))
	require.NoError(t, w.Audit())
}

// TestEveryFaultOfAnAccountIsNoticed is why the account may be believed, and that
// it tells one from the other.
func TestEveryFaultOfAnAccountIsNoticed(t *testing.T) {
	// What an end is told, and what the other end finds later.
	told := func(w *way, unknown, undelivered [][]byte) error {
		if err := w.Report(unknown, undelivered); err != nil {
			return err
		}
		return w.Audit()
	}
	for name, fault := range map[string]struct {
		do   func(w *way) error
		want Faults
	}{
		"drop":               {func(w *way) error { w.sent = w.sent[1:]; return w.receive(1) }, Faults{Lost: 1}},
		"drop two":           {func(w *way) error { w.sent = w.sent[2:]; return w.receive(1) }, Faults{Lost: 2}},
		"drop the last":      {func(w *way) error { _ = w.receive(2); w.Ask(); return told(w, nil, nil) }, Faults{Lost: 1}},
		"duplicate":          {func(w *way) error { again := w.sent[0]; _ = w.receive(1); return w.Deliver(again) }, Faults{Duplicated: 1}},
		"duplicate an older": {func(w *way) error { again := w.sent[0]; _ = w.receive(3); return w.Deliver(again) }, Faults{Duplicated: 1}},
		"swap":               {func(w *way) error { w.sent[0], w.sent[1] = w.sent[1], w.sent[0]; return w.receive(3) }, Faults{Reordered: 1}},
		"change":             {func(w *way) error { w.sent[0][90]++; return w.receive(1) }, Faults{Wrong: 1}},
		"change what it says": {func(w *way) error {
			w.sent[0][45]++
			return w.receive(1)
		}, Faults{Wrong: 1}},
		"cut short":  {func(w *way) error { w.sent[0] = w.sent[0][:60]; return w.receive(1) }, Faults{Wrong: 1}},
		"empty":      {func(w *way) error { return w.Deliver(nil) }, Faults{Wrong: 1}},
		"of another": {func(w *way) error { o := newWay(); o.Open(8); return w.Deliver(o.Offer(100)[0]) }, Faults{Wrong: 1}},
		"refused": {func(w *way) error {
			msg := w.Offer(100)[0]
			_ = w.Answer(false)
			_ = w.receive(3)
			return w.Deliver(msg)
		}, Faults{Wrong: 1}},
		"refused when it has arrived": {func(w *way) error {
			msg := w.Offer(100)[0]
			_ = w.receive(3)
			_ = w.Deliver(msg)
			return w.Answer(false)
		}, Faults{Wrong: 1}},
		"refused, in place of the last": {func(w *way) error {
			msg := w.Offer(100)[0]
			_ = w.Answer(false)
			_ = w.receive(3)
			_ = w.send(true, 100)
			_ = w.Deliver(msg)
			w.Ask()
			return told(w, nil, nil)
		}, Faults{Wrong: 1}},
		"refused, in place of another": {func(w *way) error {
			msg := w.Offer(100)[0]
			_ = w.Answer(false)
			_ = w.receive(3)
			_ = w.send(true, 100, 100)
			w.sent[0] = msg
			return w.receive(1 + 1)
		}, Faults{Wrong: 1}},
		"acknowledged too early":      {func(w *way) error { _ = w.receive(2); return w.Acknowledged(2) }, Faults{Wrong: 1}},
		"reported more than there is": {func(w *way) error { return told(w, append(w.sent, w.sent[0]), nil) }, Faults{Wrong: 1}},
		"reported though acknowledged": {func(w *way) error {
			all := w.sent
			_ = w.receive(3)
			_ = w.Acknowledged(2)
			return told(w, all[1:], nil)
		}, Faults{Wrong: 1}},
		"taken for consumed":       {func(w *way) error { all := w.sent; _ = w.receive(1); return told(w, nil, all[1:]) }, Faults{Wrong: 1}},
		"undelivered and consumed": {func(w *way) error { all := w.sent; _ = w.receive(2); return told(w, nil, all) }, Faults{Wrong: 1}},
		"reported in another order": {func(w *way) error {
			w.sent[0], w.sent[1] = w.sent[1], w.sent[0]
			return told(w, w.sent, nil)
		}, Faults{Wrong: 1}},
		"reported other bytes": {func(w *way) error { return told(w, [][]byte{w.sent[0], w.sent[1], nil}, nil) }, Faults{Wrong: 1}},
		"reported the last in an attempt that was refused": {func(w *way) error {
			all := append(w.sent[:3:3], w.Offer(100)...)
			_ = w.Answer(false)
			_ = w.send(true, 100)
			return told(w, all, nil)
		}, Faults{Wrong: 1}},
		"reported twice": {func(w *way) error { _ = w.Report(w.sent, nil); return w.Report(w.sent, nil) }, Faults{Wrong: 1}},
		"seen by an end": {func(w *way) error { w.Wrong(); return ErrFault }, Faults{Wrong: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWay()
			require.NoError(t, w.send(true, 100))
			require.NoError(t, w.send(true, 100, 100))
			require.ErrorIs(t, fault.do(w), ErrFault)
			require.Equal(t, fault.want, w.Faults())
		})
	}
}
