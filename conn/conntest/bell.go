package conntest

// A bell wakes everyone who waits for a change of the state that its owner's
// mutex guards. It stands in for sync.Cond because a waiter must also be able
// to wait for a timer or a context. The channel is made by the first waiter,
// so that it belongs to that waiter's testing/synctest bubble.
type bell struct{ rung chan struct{} }

// wait returns a channel that is closed by the next ring. The owner's mutex is held.
func (b *bell) wait() <-chan struct{} {
	if b.rung == nil {
		b.rung = make(chan struct{})
	}
	return b.rung
}

// ring wakes all present waiters. The owner's mutex is held.
func (b *bell) ring() {
	if b.rung != nil {
		close(b.rung)
		b.rung = nil
	}
}
