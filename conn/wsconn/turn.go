package wsconn

import "sync/atomic"

// A turn is a lock that may be held over IO: those who wait for it wait on a
// channel, in which the bubbles of testing/synctest find them at rest. While
// nobody waits it costs two additions.
type turn struct {
	takers atomic.Int32                  // who has it, and those who wait
	next   atomic.Pointer[chan struct{}] // made when somebody has to wait
}

func (t *turn) take() {
	if t.takers.Add(1) > 1 {
		<-t.queue()
	}
}

// tryTake takes the turn unless another has it.
func (t *turn) tryTake() bool { return t.takers.CompareAndSwap(0, 1) }

// give lets the next one have the turn.
func (t *turn) give() {
	if t.takers.Add(-1) > 0 {
		t.queue() <- struct{}{} // to one who receives, or is about to
	}
}

func (t *turn) queue() chan struct{} {
	if t.next.Load() == nil {
		next := make(chan struct{})
		t.next.CompareAndSwap(nil, &next)
	}
	return *t.next.Load()
}
