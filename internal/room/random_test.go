package room

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	seedFlag  = flag.Int64("seed", -1, "play this schedule alone")
	seedsFlag = flag.Int64("seeds", 6000, "how many schedules are played")
)

func runSeed(seed int64, trace func(string, ...any)) error {
	rng := rand.New(rand.NewPCG(uint64(seed), 0))
	p := newPlay(rng.IntN)
	p.trace = trace
	return p.run(20 + rng.IntN(300))
}

// TestRandomSchedules compares rooms with a naive model over random schedules.
func TestRandomSchedules(t *testing.T) {
	seeds := *seedsFlag
	if testing.Short() {
		seeds /= 10
	}
	if *seedFlag >= 0 {
		require.NoError(t, runSeed(*seedFlag, t.Logf))
		return
	}
	for seed := range seeds {
		if err := runSeed(seed, untraced); err != nil {
			t.Fatalf("%v\nreplay: go test ./internal/room -run TestRandomSchedules -v -seed %d", err, seed)
		}
	}
}

// FuzzSchedules is the same with schedules that the fuzzer makes.
func FuzzSchedules(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		at := 0
		pick := func(n int) int {
			if at >= len(data) {
				return 0
			}
			at++
			return int(data[at-1]) % n
		}
		if err := newPlay(pick).run(min(len(data), 2000)); err != nil {
			t.Fatal(fmt.Errorf("%x: %w", data, err))
		}
	})
}
