package hubsim

import (
	"bytes"
	"flag"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/longsplice/longsplice/internal/chaos/campaign"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var seeds = flag.Uint64("seeds", 2_000, "number of seeds to play")

// TestTheCoreKeepsItsPromise plays seeds, and sees to it that the adversary was
// not idle in any of its ways.
func TestTheCoreKeepsItsPromise(t *testing.T) {
	c := &campaign.Campaign{First: 1, Seeds: *seeds, Workers: runtime.GOMAXPROCS(0), Play: func(seed uint64) ([]uint64, error) {
		_, o := PlaySeed(seed, nil)
		return o.Met, o.Failed
	}}
	if testing.Short() {
		c.Seeds /= 10
	}
	c.Run(t.Context())
	for _, f := range c.Failures() {
		s, _ := PlaySeed(f.Seed, nil)
		Simulation.Keep("testdata", f.Seed, s, t.Output())
		t.Errorf("seed %d: %v", f.Seed, f.Err)
	}
	t.Logf("%d seeds: %s", c.Seeds, Simulation.Count(c.Met()))
	require.Equal(t, c.Seeds, c.Played())
	for e, n := range c.Met() {
		require.True(t, n > 0 || testing.Short(), "the adversary never brought about: %s", eventNames[e])
	}
}

// TestEverythingFollowsFromTheSchedule plays seeds again, and the schedules that
// they stand for, as they are and as text.
func TestEverythingFollowsFromTheSchedule(t *testing.T) {
	n := uint64(300)
	if testing.Short() {
		n /= 10
	}
	hashes := map[uint64]bool{}
	for seed := uint64(1); seed <= n; seed++ {
		s, first := PlaySeed(seed, nil)
		_, again := PlaySeed(seed, func(string, ...any) {})
		require.Equal(t, first, again, "seed %d", seed)
		require.Equal(t, first, s.Play(nil), "seed %d", seed)
		require.Equal(t, first, reread(t, s).Play(nil), "seed %d", seed)
		hashes[first.Hash] = true
	}
	require.Greater(t, len(hashes), int(n*99/100), "all runs look alike")
}

func reread(t *testing.T, s *Schedule) *Schedule {
	var text bytes.Buffer
	_, err := s.WriteTo(&text)
	require.NoError(t, err)
	other, err := ReadSchedule(&text)
	require.NoError(t, err)
	require.Equal(t, s, other)
	return other
}

// TestKeptSchedules plays what was kept because it found a fault once, or finds
// one where a rule is broken.
func TestKeptSchedules(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		s, err := Simulation.ReadFile(name)
		require.NoError(t, err)
		require.NoError(t, s.Play(nil).Failed, "%s: replay with go run ./internal/chaos/sim -core hub -play internal/chaos/hubsim/%s -v", name, name)
		require.NotEmpty(t, s.Notes(), name)
		reread(t, s.(*Schedule))
	}
}

// TestShrinkFindsWhatMatters looks for a member who is told of a gap.
func TestShrinkFindsWhatMatters(t *testing.T) {
	fails := func(s *Schedule) bool { return s.Play(nil).Met[metGap] > 0 }
	tried := 0
	for seed := uint64(1); tried < 5; seed++ {
		s, o := PlaySeed(seed, nil)
		if o.Met[metGap] == 0 || len(s.Moves) < 100 {
			continue
		}
		tried++
		less := Shrink(s, fails)
		require.True(t, fails(less))
		require.LessOrEqual(t, len(less.Moves), 6, "seed %d: %v", seed, less.Moves)
		for i := range less.Moves {
			but := *less
			but.Moves = append(append([]Move(nil), less.Moves[:i]...), less.Moves[i+1:]...)
			require.False(t, fails(&but), "seed %d: move %d of %v is not needed", seed, i, less.Moves)
		}
	}
}

func TestReadScheduleRefuses(t *testing.T) {
	const world = "world nodes=1 rooms=1 clients=1 crowd=0 broker=false personal=false\n"
	const rooms = "room history=0 backlog=1 slack=0 bytes=1 run=0 roster=0 age=0 grace=0 keep=0 block=0 tells=true policy=skip\n"
	_, err := ReadSchedule(bytes.NewBufferString(world + rooms + "join n0 r0 c0 1\n\n# a note\n"))
	require.NoError(t, err)
	for name, text := range map[string]string{
		"empty":      "",
		"no rooms":   world,
		"no world":   rooms,
		"no move":    world + rooms + "sing n0 r0 c0 1\n",
		"no client":  world + rooms + "join n0 r0 1\n",
		"no policy":  world + "room history=0 backlog=1 slack=0 bytes=1 run=0 roster=0 age=0 grace=0 keep=0 block=0 tells=true policy=none\n",
		"half a one": "world nodes=1\n" + rooms,
	} {
		_, err := ReadSchedule(bytes.NewBufferString(text))
		require.Error(t, err, name)
	}
}
