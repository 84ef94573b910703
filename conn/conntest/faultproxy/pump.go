package faultproxy

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"time"
)

// A pump forwards one direction of a link. Its goroutine, run, is the only one
// that reads src and writes dst; others change the fields below mu and then
// interrupt it by moving the deadline of whatever it waits for.
type pump struct {
	link     *Link
	src, dst net.Conn
	random   *rand.Rand    // jitter; run only
	wake     chan struct{} // interrupts a wait that is not IO

	mu          sync.Mutex // not held during IO
	line        line
	shape       shape
	forwarded   int64
	cutAt       int64 // -1: none, as with truncateAt
	cutHow      Ending
	truncateAt  int64
	corruptAt   []int64
	eof         bool // src has sent FIN
	swallowing  bool // what comes is thrown away
	swallowTill time.Time
	stopped     bool
	free        time.Time // when the bandwidth limit has room again
	interrupted bool      // deadlines were moved
	deadline    time.Time // of src
	writing     bool
	holding     int       // changes under way, which wait for writing to end
	written     sync.Cond // writing became false
}

func newPump(l *Link, src, dst net.Conn, s shape, random *rand.Rand) *pump {
	p := &pump{
		link: l, src: src, dst: dst, shape: s, random: random,
		wake: make(chan struct{}, 1), cutAt: -1, truncateAt: -1,
	}
	p.written.L = &p.mu
	return p
}

// act is what a pump does next.
type act uint8

const (
	actRead    act = iota // from src, until the deadline
	actWrite              // data to dst
	actWait               // for a change, or until a time
	actCut                // the link, which has reached its byte; nothing is being written meanwhile
	actFinish             // FIN to dst; nothing follows
	actSwallow            // read src and throw away
	actStop
)

// run forwards until src has ended and all is written, or the link is cut.
func (p *pump) run() {
	for {
		act, data, until := p.next(time.Now())
		switch act {
		case actRead:
			n, err := p.src.Read(data)
			p.took(n, err, time.Now())
		case actWrite:
			n, err := p.dst.Write(data)
			p.gave(n, err)
		case actWait:
			p.wait(until)
		case actCut:
			p.link.cutByPump(p)
		case actFinish:
			_ = closeWrite(p.dst)
			if !p.finished() {
				return
			}
		case actSwallow:
			if _, err := p.src.Read(data); err != nil && !p.wasInterrupted(err) {
				return
			}
		case actStop:
			return
		}
	}
}

// next decides what to do. Whatever it decides, a change that happens after it
// returned interrupts it.
func (p *pump) next(now time.Time) (act, []byte, time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	never := time.Time{}
	at, held := p.line.head()
	switch {
	case p.stopped:
		return actStop, nil, never
	case p.holding > 0:
		return actWait, nil, never
	case p.swallowing:
		p.arm(p.swallowTill)
		return actSwallow, p.line.room(), never
	case p.cutAt >= 0 && p.forwarded >= p.cutAt:
		p.cutAt = -1
		return actCut, nil, never
	case p.shape.stalled:
		return actWait, nil, never
	case p.truncateAt >= 0 && p.forwarded >= p.truncateAt, p.eof && !held:
		return actFinish, nil, never
	}
	if held && !at.After(now) {
		data := p.line.ready(now)
		gathered := at.Add(p.shape.window)
		if len(data) >= bestBuffer || p.eof || !gathered.After(now) {
			p.arm(p.deadline)
			p.writing = true
			return actWrite, p.portion(data), never
		}
		at = gathered
	}
	if room := p.line.room(); room != nil && !p.eof {
		p.arm(at)
		return actRead, p.limited(room), never
	}
	return actWait, nil, at
}

// arm sets the deadline of the coming read and clears that of the coming
// write, where they are not so already.
func (p *pump) arm(deadline time.Time) {
	if p.interrupted {
		_ = p.dst.SetWriteDeadline(time.Time{})
	}
	if p.interrupted || !deadline.Equal(p.deadline) {
		_ = p.src.SetReadDeadline(deadline)
	}
	p.interrupted, p.deadline = false, deadline
}

// took accepts what a read brought.
func (p *pump) took(n int, err error, now time.Time) {
	p.mu.Lock()
	if n > 0 && !p.swallowing {
		p.line.added(n, p.leaves(n, now))
	}
	p.eof = p.eof || errors.Is(err, io.EOF)
	p.mu.Unlock()
	if err != nil && !errors.Is(err, io.EOF) && !p.wasInterrupted(err) {
		p.fail()
	}
}

// gave accounts for what a write took.
func (p *pump) gave(n int, err error) {
	p.mu.Lock()
	p.line.left(n)
	p.forwarded += int64(n)
	p.writing = false
	p.written.Broadcast()
	p.mu.Unlock()
	if err != nil && !p.wasInterrupted(err) {
		p.fail()
	}
}

// wait returns when something changed or the time has come; zero: never.
func (p *pump) wait(until time.Time) {
	if until.IsZero() {
		<-p.wake
		return
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-p.wake:
	case <-timer.C:
	}
}

// finished ends the pump after FIN, and reports whether it must go on to
// swallow what a truncated direction still sends.
func (p *pump) finished() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.eof {
		p.swallow()
		p.swallowTill = time.Time{}
	}
	return !p.eof
}

// fail passes on that one end broke: the other is reset too.
func (p *pump) fail() {
	p.link.end()
	p.link.abort()
}

// wasInterrupted tells a moved or due deadline from a broken connection.
func (p *pump) wasInterrupted(err error) bool {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.swallowing || p.interrupted
}
