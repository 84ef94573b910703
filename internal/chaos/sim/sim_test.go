package main

import (
	"bytes"
	"flag"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var seeds = flag.Uint64("seeds", 5_000, "number of seeds to play")

// TestTheCoreKeepsItsPromise plays seeds, and sees to it that the adversary was
// not idle in any of its ways.
func TestTheCoreKeepsItsPromise(t *testing.T) {
	c := newCampaign(simulation, 1, *seeds)
	if testing.Short() {
		c.Seeds /= 10
	}
	c.Run(t.Context())
	for _, f := range c.Failures() {
		s, _ := PlaySeed(f.Seed, nil)
		simulation.Keep("testdata", f.Seed, s, t.Output())
		t.Errorf("seed %d: %v", f.Seed, f.Err)
	}
	require.Equal(t, c.Seeds, c.Played())
	t.Logf("%d seeds: %s", c.Seeds, simulation.Count(c.Met()))
	for e, n := range c.Met() {
		require.True(t, n > 0 || testing.Short(), "the adversary never brought about: %s", eventNames[e])
	}
}

// TestEverythingFollowsFromTheSchedule plays seeds again, and the schedules that
// they stand for, as they are and as text.
func TestEverythingFollowsFromTheSchedule(t *testing.T) {
	n := uint64(1000)
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
		s, err := simulation.ReadFile(name)
		require.NoError(t, err)
		require.NoError(t, s.Play(nil).Failed, "%s: replay with go run ./internal/chaos/sim -core conn -play internal/chaos/sim/%s -v", name, name)
		require.NotEmpty(t, s.Notes(), name)
		reread(t, s.(*Schedule))
	}
}

// TestShrinkFindsWhatMatters looks for a resumption with a replay: a message must
// be written to a link that dies, and another link made.
func TestShrinkFindsWhatMatters(t *testing.T) {
	fails := func(s *Schedule) bool { return s.Play(nil).Met[metReplayed] > 0 }
	tried := 0
	for seed := uint64(1); tried < 10; seed++ {
		s, r := PlaySeed(seed, nil)
		if r.Met[metReplayed] == 0 || len(s.Moves) < 100 {
			continue
		}
		tried++
		less := Shrink(s, fails)
		require.True(t, fails(less))
		require.LessOrEqual(t, len(less.Moves), 12, "seed %d: %v", seed, less.Moves)
		for i := range less.Moves {
			but := *less
			but.Moves = append(append([]Move(nil), less.Moves[:i]...), less.Moves[i+1:]...)
			require.False(t, fails(&but), "seed %d: move %d of %v is not needed", seed, i, less.Moves)
		}
	}
}

func TestReadScheduleRefuses(t *testing.T) {
	const world = "world clients=1 ttl=1 beat=0 dead=3 minping=0 budget=1 edge=0 quiet=false\n"
	const limits = "client window=1 buffer=1 message=1\nserver window=1 buffer=1 message=1\n"
	_, err := ReadSchedule(bytes.NewBufferString(world + limits + "send client0 0 1\n\n# a note\n"))
	require.NoError(t, err)
	for name, text := range map[string]string{
		"empty":      "",
		"no limits":  world,
		"no world":   limits,
		"no move":    world + limits + "sing client0 0 1\n",
		"no end":     world + limits + "send bystander 0 1\n",
		"no number":  world + limits + "send client0 0\n",
		"half a one": "world clients=1\n" + limits,
	} {
		_, err := ReadSchedule(bytes.NewBufferString(text))
		require.Error(t, err, name)
	}
}
