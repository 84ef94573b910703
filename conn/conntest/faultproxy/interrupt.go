package faultproxy

import "time"

// past is a deadline that makes IO return at once.
var past = time.Unix(1, 0)

// adjust changes the pump's state while it is not writing, so that positions
// are exact and the change holds for the very next byte.
func (p *pump) adjust(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.holding++
	p.interrupt()
	for p.writing {
		p.written.Wait()
	}
	change()
	p.holding--
	p.interrupt()
}

// interrupt makes run look at its state again. The mutex is held, as it is
// where run decides; so a decision is either newer than the change, or
// interrupted by it.
func (p *pump) interrupt() {
	p.interrupted = true
	_ = p.src.SetReadDeadline(past)
	_ = p.dst.SetWriteDeadline(past)
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// swallow throws away what is held and what will come, for the linger time.
// The mutex is held.
func (p *pump) swallow() {
	p.swallowing = true
	p.swallowTill = time.Now().Add(linger)
	p.line = line{}
}

// stop makes run return. Unlike adjust it does not wait for a write: the
// socket under it is about to be closed.
func (p *pump) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	p.interrupt()
}

func (p *pump) forwardedBytes() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.forwarded
}
