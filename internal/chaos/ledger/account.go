package ledger

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// Account is the books of a stream whose ends may be in different processes, for
// runs of any length: it is a few numbers, however much has passed. It has no
// pointers, so that it can lie in memory that processes share, where it survives
// whichever of them is killed. Open begins it.
//
// What a Stream looks up, a message brings along: its attempt, which rises, and
// that of the message before it. A message that was refused and arrives in place
// of the accepted one so breaks the chain at the next.
//
// A fault is counted, and the next message judged as if there had been none. The
// sender's methods may be called concurrently with the receiver's, but neither
// with their like.
type Account struct {
	id atomic.Uint64

	offered  atomic.Uint64 // accepted, and what is on offer
	accepted atomic.Uint64
	attempts atomic.Uint64 // of all offers
	newest   atomic.Uint64 // attempt of the last that was accepted
	trying   atomic.Uint64 // attempt of the last on offer

	delivered atomic.Uint64 // which is the message that is to come next
	last      atomic.Uint64 // attempt of the last that was delivered
	perhaps   atomic.Uint64 // of the delivered, may have been consumed
	consumed  atomic.Uint64 // and certainly were
	loose     atomic.Bool
	gapFrom   atomic.Uint64 // the latest messages that were passed over
	gapTo     atomic.Uint64

	acked       atomic.Uint64 // the sender was told that they were consumed
	reported    atomic.Bool   // what follows was
	sure        atomic.Uint64 // and so were these, as the report has it,
	unknown     atomic.Uint64 // perhaps these,
	undelivered atomic.Uint64 // and not these

	lost, duplicated, reordered, wrong atomic.Uint64
}

// Faults is what an account has found: messages that did not arrive, arrived
// again, arrived after a later one; and everything else, such as changed bytes and
// reports that are not true.
type Faults struct{ Lost, Duplicated, Reordered, Wrong uint64 }

// ErrFault is what every error of an account's methods is.
var ErrFault = errors.New("the books do not agree")

// Open begins the books anew, under a number that no other account has.
func (a *Account) Open(id uint64) {
	for _, n := range []*atomic.Uint64{
		&a.offered, &a.accepted, &a.attempts, &a.newest, &a.trying, &a.delivered, &a.last, &a.perhaps, &a.consumed,
		&a.gapFrom, &a.gapTo, &a.acked, &a.sure, &a.unknown, &a.undelivered, &a.lost, &a.duplicated, &a.reordered, &a.wrong,
	} {
		n.Store(0)
	}
	a.loose.Store(false)
	a.reported.Store(false)
	a.id.Store(id)
}

// ID is the account's number.
func (a *Account) ID() uint64 { return a.id.Load() }

// Offer returns the next messages, of these sizes or the least that a message has,
// to be sent all together or not at all. Answer must follow.
func (a *Account) Offer(sizes ...int) (msgs [][]byte) {
	before, n := a.newest.Load(), a.accepted.Load()
	a.offered.Store(n + uint64(len(sizes)))
	for i, size := range sizes {
		m := Message{ID: a.id.Load(), N: n + uint64(i), Attempt: a.attempts.Add(1), Before: before, Offered: time.Now()}
		msgs = append(msgs, m.bytes(size))
		before = m.Attempt
	}
	a.trying.Store(before)
	return msgs
}

// Answer says whether what was offered was accepted. If it was not, it must never
// arrive.
func (a *Account) Answer(accepted bool) error {
	if accepted {
		a.newest.Store(a.trying.Load())
		a.accepted.Store(a.offered.Load())
		return nil
	}
	a.offered.Store(a.accepted.Load())
	if n := a.delivered.Load(); n > a.accepted.Load() {
		return a.fault(&a.wrong, 1, "message %d was refused, and has arrived", n-1)
	}
	return nil
}

// Deliver says that the receiver was handed msg, which must be the next message.
func (a *Account) Deliver(msg []byte) error {
	m, ok := ParseMessage(msg)
	want := a.delivered.Load()
	switch {
	case !ok:
		return a.fault(&a.wrong, 1, "message %d was changed", want)
	case m.ID != a.id.Load():
		return a.fault(&a.wrong, 1, "handed a message of stream %d", m.ID)
	case m.N >= a.offered.Load():
		return a.fault(&a.wrong, 1, "handed message %d, of %d that were sent", m.N, a.offered.Load())
	case m.N < want && m.N >= a.gapFrom.Load() && m.N < a.gapTo.Load():
		a.lost.Add(^uint64(0))
		return a.fault(&a.reordered, 1, "handed message %d, want %d: it comes late", m.N, want)
	case m.N < want:
		return a.fault(&a.duplicated, 1, "handed message %d, want %d: once more", m.N, want)
	}
	before := a.last.Swap(m.Attempt)
	a.delivered.Store(m.N + 1)
	if m.N > want {
		a.gapFrom.Store(want)
		a.gapTo.Store(m.N)
		return a.fault(&a.lost, m.N-want, "handed message %d, want %d", m.N, want)
	}
	if m.Before != before {
		return a.fault(&a.wrong, 1, "message %d was handed in its attempt %d, %d was accepted", m.N-1, before, m.Before)
	}
	return nil
}

// Ask says that the receiver may be done with all that it was handed, from now on;
// Consume says that it certainly is, and was before what it does next.
func (a *Account) Ask() { a.perhaps.Store(a.delivered.Load()) }

// Consume says that the receiver is done with all that it has asked for more
// after.
func (a *Account) Consume() { a.consumed.Store(a.perhaps.Load()) }

// Loosen says that others may end what the receiver receives from: whatever it is
// at work on then, may count as consumed.
func (a *Account) Loosen() { a.loose.Store(true) }

// Accepted is how many messages have been accepted, Delivered how many have
// arrived.
func (a *Account) Accepted() uint64 { return a.accepted.Load() }

// Delivered is how many messages have arrived.
func (a *Account) Delivered() uint64 { return a.delivered.Load() }

// Reported is what Report was told.
func (a *Account) Reported() (unknown, undelivered uint64, ok bool) {
	return a.unknown.Load(), a.undelivered.Load(), a.reported.Load()
}

// most is how many messages may have been consumed.
func (a *Account) most() uint64 {
	if a.loose.Load() {
		return a.delivered.Load()
	}
	return a.perhaps.Load()
}

// Acknowledged says that the sender was told that the first n messages have been
// consumed.
func (a *Account) Acknowledged(n uint64) error {
	a.acked.Store(max(a.acked.Load(), n))
	if n > a.most() {
		return a.fault(&a.wrong, 1, "%d messages are acknowledged, %d were consumed", n, a.most())
	}
	return nil
}

// Report says that the sender was told, once and for all, that the last messages,
// in order, have perhaps arrived, or certainly were not consumed. Those before are
// taken for consumed.
func (a *Account) Report(unknown, undelivered [][]byte) error {
	if a.reported.Swap(true) {
		return a.fault(&a.wrong, 1, "a second report")
	}
	accepted, told := a.accepted.Load(), uint64(len(unknown)+len(undelivered))
	if told > accepted {
		return a.fault(&a.wrong, 1, "%d messages are reported of %d", told, accepted)
	}
	sure := accepted - told
	a.sure.Store(sure)
	a.unknown.Store(uint64(len(unknown)))
	a.undelivered.Store(uint64(len(undelivered)))
	if sure < a.acked.Load() {
		return a.fault(&a.wrong, 1, "message %d is reported, and %d were acknowledged", sure, a.acked.Load())
	}
	var before Message
	for i, msg := range append(unknown[:len(unknown):len(unknown)], undelivered...) {
		m, ok := ParseMessage(msg)
		if !ok || m.ID != a.id.Load() || m.N != sure+uint64(i) || i > 0 && m.Before != before.Attempt {
			return a.fault(&a.wrong, 1, "what is reported as message %d is not it", sure+uint64(i))
		}
		before = m
	}
	if told > 0 && before.Attempt != a.newest.Load() {
		return a.fault(&a.wrong, 1, "the last message is reported in another attempt")
	}
	return nil
}

// Audit holds the ends against each other, when neither does anything any more
// and any number of them may have been killed.
func (a *Account) Audit() error {
	if n := a.offered.Load(); a.delivered.Load() > n {
		return a.fault(&a.wrong, 1, "%d messages have arrived, of %d that were sent", a.delivered.Load(), n)
	}
	if !a.reported.Load() {
		return nil // nobody is left to whom anything was promised
	}
	sure, unknown := a.sure.Load(), a.unknown.Load()
	switch {
	case a.delivered.Load() == a.accepted.Load() && a.accepted.Load() > 0 && a.last.Load() != a.newest.Load():
		return a.fault(&a.wrong, 1, "the last message has arrived in an attempt that was refused")
	case sure > a.most():
		// What has not even arrived is lost; the rest is only reported wrongly.
		missing := sure - min(sure, a.delivered.Load())
		a.lost.Add(missing)
		if missing > 0 {
			return fmt.Errorf("stream %d: %w: %d messages count as consumed, %d have arrived", a.ID(), ErrFault, sure, a.delivered.Load())
		}
		return a.fault(&a.wrong, 1, "%d messages are taken for consumed, %d were", sure, a.most())
	case sure+unknown < a.consumed.Load():
		return a.fault(&a.wrong, 1, "message %d is undelivered, and %d were consumed", sure+unknown, a.consumed.Load())
	}
	return nil
}

// Faults is what has been found so far.
func (a *Account) Faults() Faults {
	return Faults{a.lost.Load(), a.duplicated.Load(), a.reordered.Load(), a.wrong.Load()}
}

func (a *Account) fault(count *atomic.Uint64, n uint64, format string, args ...any) error {
	count.Add(n)
	return fmt.Errorf("stream %d: %w: %s", a.ID(), ErrFault, fmt.Sprintf(format, args...))
}

// Wrong counts what the ends themselves have seen that must not be.
func (a *Account) Wrong() { a.wrong.Add(1) }
