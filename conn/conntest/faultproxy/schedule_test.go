package faultproxy_test

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
)

func TestTheSameSeedGivesTheSamePlan(t *testing.T) {
	schedule := faultproxy.Schedule{Seed: 42, Cuts: 100, Mean: 1000}
	plan := schedule.Plan()
	require.Len(t, plan, 100)
	require.Equal(t, plan, schedule.Plan())
	longer := schedule
	longer.Cuts = 200
	require.Equal(t, plan, longer.Plan()[:100], "a longer series begins alike")
	schedule.Seed++
	require.NotEqual(t, plan, schedule.Plan())

	sum, seen := int64(0), map[any]bool{}
	for _, cut := range plan {
		require.Positive(t, cut.After)
		require.Less(t, cut.After, int64(2000))
		sum += cut.After
		seen[cut.Direction], seen[cut.How] = true, true
	}
	require.InDelta(t, 1000, sum/100, 200)
	require.Len(t, seen, 4, "every direction and every ending comes up")
}

func TestAScheduleCanBeNarrowed(t *testing.T) {
	require.Empty(t, faultproxy.Schedule{Seed: 1}.Plan())
	plan := faultproxy.Schedule{
		Cuts: 20, Mean: 1, Directions: faultproxy.ToClient, Endings: []faultproxy.Ending{faultproxy.FIN},
	}.Plan()
	for _, cut := range plan {
		require.Equal(t, faultproxy.PlannedCut{Direction: faultproxy.ToClient, After: 1, How: faultproxy.FIN}, cut)
	}
}

func TestAScheduleIsCarriedOutAndEnds(t *testing.T) {
	schedule := faultproxy.Schedule{Seed: 3, Cuts: 6, Mean: 5000}
	r := newRig(t, &faultproxy.Config{Schedule: schedule})
	plan := r.Plan()
	require.Equal(t, schedule.Plan(), plan)

	// A link that ends before its cut leaves it to the next one.
	client, server := r.dial(t)
	link := r.link(t)
	require.Equal(t, 6, r.Stats().Planned)
	_ = client.Close()
	_ = server.Close()
	<-link.Done()

	for i, cut := range plan {
		client, server := r.dial(t)
		writer, reader := client, server
		if cut.Direction == faultproxy.ToClient {
			writer, reader = server, client
		}
		_, _ = writer.Write(pattern(10_000))
		got, err := io.ReadAll(reader)
		require.Equal(t, cut.After, int64(len(got)), "cut %d", i)
		require.Equal(t, cut.How == faultproxy.FIN, err == nil)
		_ = client.Close()
		_ = server.Close()
		require.Eventually(t, func() bool { return r.Stats().Open == 0 }, 10*time.Second, time.Millisecond)
	}
	client, server = r.dial(t)
	go func() { _, _ = client.Write(pattern(1 << 20)) }()
	read(t, server, 1<<20)
	stats := r.Stats()
	require.Equal(t, 6, stats.Cuts)
	require.Zero(t, stats.Planned)
}
