package session

import (
	"bytes"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/wire"
)

// auditor is an Allocator that notices a chunk that comes back twice, and spoils
// what comes back, so that whoever still reads it reads garbage.
type auditor struct {
	t   testing.TB
	out map[*byte]bool
}

func (a *auditor) Get(n int) []byte {
	b := Pool{}.Get(n)
	b = make([]byte, 0, cap(b)) // never one that was spoilt
	a.out[&b[:1][0]] = true
	return b
}

func (a *auditor) Put(b []byte) {
	b = b[:cap(b)]
	require.True(a.t, a.out[&b[0]], "a chunk came back that was not out")
	delete(a.out, &b[0])
	for i := range b {
		b[i] = 0xdb
	}
}

// logModel is a Log done naively: all the frames that there ever were.
type logModel struct {
	t       testing.TB
	log     Log
	audit   *auditor
	bytes   []byte   // from position 0
	bounds  []uint64 // where frames begin, and the end
	acked   uint64
	sent    uint64
	high    uint64
	writing []written
	spilled bool // so many chunks waited for a write that some were let go
	n       byte
}

// written is what a write under way reads from, and what it has to find there.
type written struct {
	bufs [][]byte
	want []byte
}

func newLogModel(t testing.TB) *logModel {
	m := &logModel{t: t, audit: &auditor{t, map[*byte]bool{}}, bounds: []uint64{0}}
	m.log.init(m.audit)
	return m
}

func (m *logModel) queued() uint64 { return uint64(len(m.bytes)) }

func (m *logModel) message(size int) []byte {
	m.n++
	return bytes.Repeat([]byte{m.n}, size)
}

func (m *logModel) added(frames []byte) {
	for p := frames; len(p) > 0; p = p[frameSize(p):] {
		m.bounds = append(m.bounds, m.bounds[len(m.bounds)-1]+uint64(frameSize(p)))
	}
	m.bytes = append(m.bytes, frames...)
}

// between picks a frame boundary in [from, to].
func (m *logModel) between(from, to uint64, choice int) uint64 {
	var fit []uint64
	for _, b := range m.bounds {
		if b >= from && b <= to {
			fit = append(fit, b)
		}
	}
	return fit[choice%len(fit)]
}

func (m *logModel) step(op, a, b int) {
	t := m.t
	switch op % 8 {
	case 0, 1:
		msg := m.message(a * b % 3000)
		m.log.append(msg)
		m.added(wire.AppendData(nil, msg))
	case 2:
		var frames []byte
		for range 1 + a%5 {
			frames = wire.AppendData(frames, m.message(b))
		}
		quiet := m.sent == m.queued()
		m.log.appendShared(frames)
		m.added(frames)
		if quiet && b%2 == 0 {
			m.log.sendAll()
			m.sent = m.queued()
			m.high = max(m.high, m.sent)
		}
		if a%3 == 0 {
			m.log.relax()
		}
	case 3, 4:
		m.take(1+a*40, m.acked+uint64(b*60))
	case 5:
		pos := m.between(m.acked, m.high, a)
		require.True(t, m.log.rewind(pos))
		m.sent = pos
	case 6:
		m.acked = m.between(m.acked, m.sent, a)
		m.log.trim(m.acked)
		m.spilled = m.spilled || len(m.log.freed) == maxFreed
	case 7:
		m.finish(a)
	}
	m.check()
}

func (m *logModel) take(budget int, limit uint64) {
	t := m.t
	bufs, limited := m.log.take(nil, budget, limit)
	var got []byte
	for _, p := range bufs {
		got = append(got, p...)
	}
	end := m.sent + uint64(len(got))
	require.True(t, bytes.Equal(m.bytes[m.sent:end], got), "the bytes that follow sent")
	if len(got) > budget {
		require.Equal(t, frameSize(got), len(got), "only one frame may exceed the budget")
	}
	require.Contains(t, m.bounds, end)
	if len(got) > 0 {
		require.LessOrEqual(t, end, limit)
	}
	next := m.log.next()
	switch {
	case limited:
		require.Greater(t, end+uint64(next), limit)
	case end < m.queued() && (len(bufs) == 0 || len(bufs[len(bufs)-1]) < longWrite):
		require.Greater(t, next, budget-len(got), "it stopped too early")
	}
	m.sent, m.high = end, max(m.high, end)
	if len(bufs) > 0 {
		m.log.pin()
		m.writing = append(m.writing, written{bufs, got})
	}
}

// finish ends one of the writes under way: until now its bytes had to stay.
func (m *logModel) finish(choice int) {
	if len(m.writing) == 0 {
		return
	}
	i := choice % len(m.writing)
	w := m.writing[i]
	m.writing = append(m.writing[:i], m.writing[i+1:]...)
	require.Equal(m.t, w.want, bytes.Join(w.bufs, nil), "memory under a write was used again")
	m.log.unpin()
}

func (m *logModel) check() {
	l := &m.log
	require.Equal(m.t, [4]uint64{m.acked, m.sent, m.queued(), m.high}, [4]uint64{l.acked, l.sent, l.queued, l.high})
	if m.sent < m.queued() {
		require.Equal(m.t, frameSize(m.bytes[m.sent:]), l.next())
	} else {
		require.Zero(m.t, l.next())
	}
}

// end lets everything go, and sees what is left.
func (m *logModel) end() {
	var left []byte
	for _, msg := range m.log.messages(m.acked, m.queued()) {
		left = wire.AppendData(left, msg)
	}
	require.True(m.t, bytes.Equal(m.bytes[m.acked:], left))
	for len(m.writing) > 0 {
		m.finish(0)
	}
	for m.sent < m.queued() {
		m.take(1<<20, math.MaxUint64)
		m.finish(0)
	}
	m.acked = m.queued()
	m.log.trim(m.acked)
	m.check()
	if !m.spilled {
		require.Empty(m.t, m.audit.out, "chunks that never came back")
	}
	require.Zero(m.t, m.log.pins)
}
