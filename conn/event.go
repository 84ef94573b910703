package conn

// An event happens once. Its channel is made when somebody waits for it: most
// connections are idle, and nobody waits. It is covered by the lock of its owner.
type event struct {
	ch       chan struct{}
	happened bool
}

// wait returns a channel that is closed when the event happens.
func (e *event) wait() <-chan struct{} {
	if e.ch == nil {
		e.ch = make(chan struct{})
		if e.happened {
			close(e.ch)
		}
	}
	return e.ch
}

func (e *event) happen() {
	e.happened = true
	if e.ch != nil {
		close(e.ch)
	}
}
