package wsconn

import "sync"

// A turn is a lock that may be held over IO. Who waits for it waits on a
// channel, which the deadlines and bubbles of package testing/synctest know of.
type turn struct {
	mu      sync.Mutex // covers what follows
	taken   bool
	waiting int
	next    chan struct{} // made by the first who has to wait
}

func (t *turn) take() {
	t.mu.Lock()
	if !t.taken {
		t.taken = true
		t.mu.Unlock()
		return
	}
	if t.next == nil {
		t.next = make(chan struct{})
	}
	t.waiting++
	t.mu.Unlock()
	<-t.next
}

// tryTake takes the turn unless another has it.
func (t *turn) tryTake() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.taken {
		return false
	}
	t.taken = true
	return true
}

// give lets the next one have the turn.
func (t *turn) give() {
	t.mu.Lock()
	if t.waiting == 0 {
		t.taken = false
		t.mu.Unlock()
		return
	}
	t.waiting--
	t.mu.Unlock()
	t.next <- struct{}{} // to one who has come to receive
}
