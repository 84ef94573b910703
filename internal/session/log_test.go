package session

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/wire"
)

func TestLogAgainstAModel(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 7))
		m := newLogModel(t)
		for range 300 {
			m.step(rng.IntN(8), rng.IntN(256), rng.IntN(256))
		}
		m.end()
	}
}

func FuzzLog(f *testing.F) {
	f.Add([]byte{0, 10, 10, 3, 0, 9, 5, 0, 0, 6, 1, 0})
	f.Add([]byte{2, 4, 100, 3, 255, 255, 0, 200, 200, 6, 3, 0, 5, 0, 0, 4, 1, 255, 7, 0, 0, 6, 9, 0})
	f.Add([]byte{0, 255, 255, 0, 255, 255, 3, 255, 255, 6, 255, 0, 0, 255, 255, 3, 1, 1, 7, 0, 0})
	f.Fuzz(func(t *testing.T, ops []byte) {
		m := newLogModel(t)
		for n := 0; len(ops) >= 3 && n < 300; n++ {
			m.step(int(ops[0]), int(ops[1]), int(ops[2]))
			ops = ops[3:]
		}
		m.end()
	})
}

func TestRewindWithinAFrameIsNoPosition(t *testing.T) {
	m := newLogModel(t)
	m.step(0, 10, 10)
	m.step(2, 3, 50)
	m.take(1<<20, math.MaxUint64)
	for pos := range m.high + 1 {
		l := m.log // a copy: rewind may leave it anywhere on failure
		require.Equal(t, slices.Contains(m.bounds, pos), l.rewind(pos), "%d", pos)
	}
	l := m.log
	require.False(t, l.rewind(m.high+1))
}

// A log whose consumer is always a little behind must not grow.
func TestLogThatIsNeverEmptyDoesNotGrow(t *testing.T) {
	m := newLogModel(t)
	frame := wire.AppendData(nil, make([]byte, 100))
	for range 3 {
		m.log.appendShared(frame)
	}
	for range 10_000 {
		m.log.appendShared(frame)
		m.log.take(nil, 1, math.MaxUint64)
		m.log.trim(m.log.sent)
	}
	require.LessOrEqual(t, cap(m.log.segs), 64)
}

// A stuck write cannot hold ever more memory.
func TestChunksUnderAStuckWriteAreBounded(t *testing.T) {
	m := newLogModel(t)
	for range 10 * maxFreed {
		m.log.append(make([]byte, maxChunk))
		m.log.take(nil, 1, math.MaxUint64)
		m.log.pin() // none of them ends
		m.log.trim(m.log.sent)
		require.LessOrEqual(t, len(m.log.freed), maxFreed)
	}
}

// What a log may hold is memory, however badly messages fit the chunks that they lie
// in: never more than its limit, a 32nd part of it, and the chunk that is being filled.
func TestLogIsBoundedInMemory(t *testing.T) {
	const limit = 1 << 20
	lengths := map[string]func(i int) int{
		"a little over half a chunk": func(int) int { return maxChunk/2 + 1 },
		"a third":                    func(int) int { return maxChunk/3 + 1 },
		"long and short in turn":     func(i int) int { return 1 + i%2*(maxChunk-10) },
		"of any length":              func(i int) int { return rand.New(rand.NewPCG(uint64(i), 3)).IntN(maxChunk) },
		"short":                      func(int) int { return 0 },
	}
	for name, length := range lengths {
		t.Run(name, func(t *testing.T) {
			var l Log
			held := new(weigher)
			l.init(held)
			for i, at := 0, uint64(0); ; i++ { // acknowledged now and then, and in the end no more
				n := length(i)
				if !l.fits(wire.HeaderSize+n, limit) {
					require.LessOrEqual(t, held.bytes, limit+limit/32+maxChunk)
					break
				}
				l.append(make([]byte, n))
				if i < 20 {
					l.sendAll()
					l.trim(at)
					at = l.queued
				}
			}
			l.sendAll()
			l.trim(l.queued)
			require.Zero(t, held.bytes)
			require.Zero(t, l.waste)
		})
	}
}

// A weigher is an Allocator that knows how much is out.
type weigher struct{ bytes int }

func (w *weigher) Get(n int) []byte {
	b := Pool{}.Get(n)
	w.bytes += cap(b)
	return b
}

func (w *weigher) Put(b []byte) { w.bytes -= cap(b) }
