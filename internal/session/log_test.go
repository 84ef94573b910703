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
