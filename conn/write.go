package conn

import (
	"errors"
	"net"
	"os"
	"runtime/pprof"
	"sync"
	"time"
)

const (
	// maxWrite is how many bytes of messages one write takes, so that control
	// frames do not wait longer than that.
	maxWrite = 64 << 10

	// A link whose last write ended less than this ago is in a burst: what is
	// sent is gathered. It counts from the end of the write, because the write
	// itself takes longer than this.
	burst = time.Microsecond
)

// A write is the memory for one write: what there is to write, and where small
// pieces are put together.
type write struct {
	ctrl    []byte
	bufs    [][]byte
	gather  []byte // what is left to write
	scratch []byte
	pinned  bool // the session waits to hear that the write is over
}

var writes = sync.Pool{New: func() any { return new(write) }}

func (w *write) free() {
	clear(w.bufs)
	if cap(w.scratch) > 2*maxWrite { // one huge message shall not be kept for ever
		w.scratch = nil
	}
	w.ctrl, w.bufs, w.gather = w.ctrl[:0], w.bufs[:0], nil
	writes.Put(w)
}

// nextLocked fills w with what the link has to write next, in one piece.
func (l *link) nextLocked(w *write) {
	w.ctrl, w.bufs = l.c.s.Next(l.gen, w.ctrl[:0], w.bufs[:0], maxWrite)
	w.pinned = len(w.bufs) > 0
	switch len(w.bufs) {
	case 0:
		w.gather = nil
	case 1:
		w.gather = w.bufs[0]
	default:
		w.scratch = w.scratch[:0]
		for _, b := range w.bufs {
			w.scratch = append(w.scratch, b...)
		}
		w.gather = w.scratch
	}
}

// flushLocked writes what the session has to say, if there is a link and
// nobody is writing to it: at once and in this goroutine while the link is
// quiet, so that c.mu is let go meanwhile, else in a writer of its own.
func (c *Conn) flushLocked() {
	if l := c.link; l != nil && !l.writing && c.s.Pending(l.gen) {
		c.writeLocked(l)
	}
}

// writeLocked is flushLocked where there is a link that nobody writes to, and
// most likely something to write.
func (c *Conn) writeLocked(l *link) {
	l.writing = true
	if !l.direct || c.inBurst(l) {
		go l.writeOn(nil)
		return
	}
	w := writes.Get().(*write)
	l.nextLocked(w)
	if !w.pinned { // the peer's window is full
		l.writing = false
		w.free()
		return
	}
	c.mu.Unlock()
	n, err := l.tryWrite(w.gather)
	c.mu.Lock()
	if l.heard {
		// An answer: what follows it at once is another write, at worst. The
		// clock is dear beside a small write.
		l.heard, l.lastWrite = false, 0
	} else {
		c.now = clock()
		l.lastWrite = c.now
	}
	if w.gather = w.gather[n:]; err == nil && len(w.gather) > 0 {
		go l.writeOn(w)
		return
	}
	if c.wroteLocked(l, w.pinned, err) {
		go l.writeOn(nil)
	}
	w.free()
}

// writeBatchLocked writes a batch that the session has counted as sent, on a
// link that nobody writes to. A batch has been gathered already: it goes at
// once, burst or not.
func (c *Conn) writeBatchLocked(l *link, frames []byte) {
	l.writing = true
	c.mu.Unlock()
	n, err := l.tryWrite(frames)
	c.mu.Lock()
	l.heard, l.lastWrite = false, 0
	if n < len(frames) && err == nil {
		w := writes.Get().(*write)
		w.gather, w.pinned = frames[n:], false
		go l.writeOn(w)
		return
	}
	if !c.hb.Waiting() {
		c.now = clock()
	}
	if c.wroteLocked(l, false, err) {
		go l.writeOn(nil)
	}
}

// writeOn is the link's writer: it writes what is left in w, and then all that
// the session has to say, and ends when there is no more or the link is dead.
func (l *link) writeOn(w *write) {
	pprof.SetGoroutineLabels(writerLabel)
	c := l.c
	if w == nil {
		w = writes.Get().(*write)
		c.mu.Lock()
		l.nextLocked(w)
		c.mu.Unlock()
	}
	for {
		err := l.writeAll(w.gather)
		c.mu.Lock()
		c.now = clock()
		l.lastWrite = c.now
		if !c.wroteLocked(l, w.pinned, err) {
			break
		}
		l.nextLocked(w)
		c.mu.Unlock()
	}
	c.unlock()
	w.free()
}

// wroteLocked ends a write, and reports whether another is to follow.
func (c *Conn) wroteLocked(l *link, pinned bool, err error) (more bool) {
	if pinned {
		c.s.Wrote()
	}
	if err != nil {
		// The write may have ended within a frame. The link stays taken until
		// it is closed: nothing may follow.
		c.afterLocked(func() { l.fail(err) })
		return false
	} else if c.link == l {
		c.awaitReportLocked()
		c.endIfDoneLocked()
		if c.s.Pending(l.gen) {
			return true
		}
	}
	l.writing = false
	c.letLinkGoLocked(l)
	return false
}

// writeAll writes p, and gives up when the transport takes nothing of it for
// the write timeout. A transport that keeps count of what it took is given more
// time as long as it takes something: it is asked every quarter of the timeout.
func (l *link) writeAll(p []byte) error {
	timeout := l.c.cfg.writeTimeout()
	patience := timeout + timeout/4
	if l.direct {
		patience = timeout / 4
	}
	for quiet := time.Duration(0); len(p) > 0; {
		var begun time.Time
		if timeout > 0 {
			begun = time.Now()
			// Moving the deadline costs as much as a small write, so it is
			// only moved when a fifth of it has gone.
			if l.writeBy.Sub(begun) < patience-patience/5 {
				l.writeBy = begun.Add(patience)
				if err := l.nc.SetWriteDeadline(l.writeBy); err != nil {
					return err
				}
			}
		}
		n, err := l.nc.Write(p)
		p = p[n:]
		if err == nil {
			continue
		}
		if !l.direct || !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		if quiet += time.Since(begun); n > 0 {
			quiet = 0
		} else if quiet >= 4*patience {
			return err
		}
	}
	return nil
}

// inBurst reports whether the link's last write has only just ended. To read
// the clock costs much of what the answer saves; if anything has come in a while
// after that write, the answer is known without.
func (c *Conn) inBurst(l *link) bool {
	return c.now-l.lastWrite < burst && clock()-l.lastWrite < burst
}

// awaitReportLocked tells the heartbeat whether the peer owes a report.
func (c *Conn) awaitReportLocked() {
	if c.s.Unreported() && c.hb.Awaiting(c.now) {
		c.armLocked(c.hb.Next())
	}
}

// letLinkGoLocked closes the socket of a session that is over, in good order:
// once nobody reads from it or writes to it any more, its sending half is
// closed and what the peer still sends is read, so that no reset overtakes our
// last words.
func (c *Conn) letLinkGoLocked(l *link) {
	if !l.ending || l.writing || l.leased {
		return
	}
	l.leased, l.writing = true, true
	go func() {
		pprof.SetGoroutineLabels(closerLabel)
		if half, ok := l.nc.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
			l.uninterrupt()
			var sink [512]byte
			for {
				_, err := l.nc.Read(sink[:])
				if errors.Is(err, os.ErrDeadlineExceeded) && !l.failed.Load() {
					l.uninterrupt() // it was meant for the reader before
				} else if err != nil {
					break
				}
			}
		}
		l.fail(net.ErrClosed)
	}()
}
