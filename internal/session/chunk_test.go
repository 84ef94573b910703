package session

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPoolSizes(t *testing.T) {
	for n, want := range map[int]int{
		0: 512, 1: 512, 512: 512, 513: 1024, 1024: 1024, 1025: 2048, 40_000: 65_536,
		65_535: 65_536, 65_536: 65_536, 65_537: 65_537, 1 << 20: 1 << 20,
	} {
		b := Pool{}.Get(n)
		require.Empty(t, b)
		require.Equal(t, want, cap(b), "%d", n)
		Pool{}.Put(b)
	}
}

func TestPoolGivesEverySizeItsOwn(t *testing.T) {
	for round := range 3 {
		var out [][]byte
		for n := 1; n <= 2*maxChunk; n = n*3/2 + 1 {
			b := Pool{}.Get(n)
			require.GreaterOrEqual(t, cap(b), n, "round %d", round)
			b = b[:cap(b)]
			for i := range b {
				b[i] = byte(len(out))
			}
			out = append(out, b)
		}
		for i, b := range out {
			for _, got := range b {
				require.Equal(t, byte(i), got, "two chunks share memory")
			}
			Pool{}.Put(b[:len(b)/2]) // whatever its length is
		}
	}
}

func TestPoolDoesNotAllocateForPutting(t *testing.T) {
	if raceEnabled() {
		return // the pool drops at random then
	}
	allocs := testing.AllocsPerRun(1000, func() { Pool{}.Put(Pool{}.Get(4096)) })
	require.Less(t, allocs, 0.1)
}

// raceEnabled: poison does something only under the race detector.
func raceEnabled() bool {
	b := []byte{0}
	poison(b)
	return b[0] != 0
}
