package hub

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func with(r Room) Config[string] {
	cfg := texts()
	cfg.Rooms = r
	return cfg
}

func TestSkipAhead(t *testing.T) {
	bubble(t, with(Room{History: 2, Backlog: 16}), func(t *testing.T, h *Hub[string]) {
		slow, sub := join(t, h, "r")
		fast, _ := join(t, h, "r")
		slow.set(busy)
		for i := range 30 {
			publish(t, h, "r", fmt.Sprint(i+1))
		}
		require.Equal(t, Position{Epoch: sub.Position().Epoch, Offset: 1}, sub.Position())
		require.Equal(t, 16, sub.Lag())
		slow.set(nil)
		sub.Ready()
		synctest.Wait()
		require.Equal(t, "[joined 1] [gap 1-15] 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30", slow.String())
		require.Len(t, strings.Fields(fast.String()), 32)
		require.EqualValues(t, 31, sub.Position().Offset)
		require.Zero(t, sub.Lag())
		stats, _ := h.RoomStats("r")
		require.Equal(t, Stats{
			Rooms: 1, Members: 2, Values: 2, Bytes: 4,
			Published: 30, Delivered: 46, Refused: 1, Gaps: 1,
		}, stats)
	})
}

func TestLatestGivesTheNewestOfEachKey(t *testing.T) {
	cfg := with(Room{History: 10, Backlog: 16, Policy: Latest})
	cfg.Key = func(v string) string { return v[:1] }
	bubble(t, cfg, func(t *testing.T, h *Hub[string]) {
		slow, sub := join(t, h, "r")
		slow.set(busy)
		for i := range 200 {
			publish(t, h, "r", fmt.Sprintf("a%d", i), fmt.Sprintf("b%d", i))
		}
		late, _ := join(t, h, "r", Last(10))
		slow.set(nil)
		sub.Ready()
		synctest.Wait()
		require.Equal(t, "[joined 1] a199 b199", slow.String())
		require.Regexp(t, `^\[joined \d+\] a199 b199$`, late.String())
		require.EqualValues(t, 401, sub.Position().Offset)
		vs, _ := h.History("r", Position{}, 10)
		require.Equal(t, []string{"a199", "b199"}, vs)
	})
}

func TestDisconnect(t *testing.T) {
	bubble(t, with(Room{History: -1, Backlog: 16, Policy: Disconnect, Grace: -1}), func(t *testing.T, h *Hub[string]) {
		fast, _ := join(t, h, "r")
		slow := &reader{}
		ended := make(chan error, 2)
		sub, err := h.Join(t.Context(), "r", slow, As("slow"), OnEnd(func(err error) { ended <- err }))
		require.NoError(t, err)
		synctest.Wait()
		slow.set(busy)
		for i := range 16 {
			publish(t, h, "r", fmt.Sprint(i))
			require.NoError(t, sub.Err())
		}
		publish(t, h, "r", "one too many")
		require.Equal(t, ErrBehind, <-ended)
		require.Equal(t, ErrBehind, sub.Err())
		<-sub.Done()
		sub.Leave()
		sub.Ready()
		require.Equal(t, ErrBehind, sub.Err())
		require.Empty(t, ended)
		synctest.Wait()
		require.True(t, strings.HasSuffix(fast.String(), "one too many -slow"), fast)
		stats, _ := h.RoomStats("r")
		require.EqualValues(t, 1, stats.Ended)
		require.Equal(t, 1, stats.Members)
	})
}

func TestBlockWaitsForWhoeverIsBehindButNotForEver(t *testing.T) {
	bubble(t, with(Room{History: -1, Backlog: 16, Policy: Block, Block: 3 * time.Second}), func(t *testing.T, h *Hub[string]) {
		slow, sub := join(t, h, "r")
		fast, _ := join(t, h, "r")
		slow.set(busy)
		for i := range 16 {
			publish(t, h, "r", fmt.Sprint(i+1))
		}
		// Somebody who is ready in time loses nothing.
		start := time.Now()
		time.AfterFunc(time.Second, func() {
			slow.set(nil)
			sub.Ready()
		})
		publish(t, h, "r", "17")
		require.Equal(t, time.Second, time.Since(start))
		require.NotContains(t, slow.String(), "gap")
		require.Equal(t, fast.String(), slow.String())

		// A publisher who gives up has published nothing.
		slow.set(busy)
		for i := range 16 {
			publish(t, h, "r", fmt.Sprint(i+18))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		_, err := h.Publish(ctx, "r", "never")
		cancel()
		require.ErrorIs(t, err, context.DeadlineExceeded)

		// One who is not in time skips ahead, and is not waited for again.
		start = time.Now()
		publish(t, h, "r", "34")
		require.Equal(t, 3*time.Second, time.Since(start))
		publish(t, h, "r", "35", "36")
		require.Equal(t, 3*time.Second, time.Since(start))
		slow.set(nil)
		sub.Ready()
		synctest.Wait()
		require.Contains(t, slow.String(), " 17 [gap 18-21] 21 22 ")
		require.NotContains(t, fast.String(), "never")
		require.NotContains(t, fast.String(), "gap")

		// It has caught up, and is waited for anew; until it leaves.
		slow.set(busy)
		for i := range 16 {
			publish(t, h, "r", fmt.Sprint(i+37))
		}
		start = time.Now()
		time.AfterFunc(time.Second, sub.Leave)
		publish(t, h, "r", "53")
		require.Equal(t, time.Second, time.Since(start))
	})
}

// Without notices nobody can be told of a gap, so none may happen.
func TestWithoutNoticesAGapEndsTheMembership(t *testing.T) {
	cfg := with(Room{History: 2, Backlog: 16})
	cfg.Notice = nil
	bubble(t, cfg, func(t *testing.T, h *Hub[string]) {
		p, err := h.Publish(t.Context(), "r", "1")
		require.NoError(t, err)
		publish(t, h, "r", "2", "3")
		all, _ := join(t, h, "r", From(Position{}), As("ann"))
		require.Equal(t, "2 3", all.String())
		_, lost := join(t, h, "r", From(p))
		require.Equal(t, ErrBehind, lost.Err())
		slow, sub := join(t, h, "r")
		slow.set(busy)
		for i := range 20 {
			publish(t, h, "r", fmt.Sprint(i))
		}
		require.Equal(t, ErrBehind, sub.Err())
	})
}

func TestOldValuesAreForgotten(t *testing.T) {
	bubble(t, with(Room{Age: time.Minute}), func(t *testing.T, h *Hub[string]) {
		slow, sub := join(t, h, "r")
		slow.set(busy)
		publish(t, h, "r", "a")
		time.Sleep(40 * time.Second)
		publish(t, h, "r", "b")
		require.Equal(t, 2, h.Stats().Values)
		time.Sleep(30 * time.Second)
		require.Equal(t, 1, h.Stats().Values)
		time.Sleep(time.Minute)
		require.Zero(t, h.Stats().Bytes)
		slow.set(nil)
		sub.Ready()
		synctest.Wait()
		require.Equal(t, "[joined 1] [gap 1-3]", slow.String())
	})
}

// A value that a member cannot take is a gap under every policy. Were it the end,
// a member that comes back where it was would be ended again, for ever.
func TestOneWhoCannotTakeAValueIsNotEnded(t *testing.T) {
	for _, policy := range []Policy{SkipAhead, Latest, Block, Disconnect} {
		bubble(t, with(Room{Policy: policy}), func(t *testing.T, h *Hub[string]) {
			m, sub := join(t, h, "r")
			m.set(func(_ *Sub[string], v string) Answer {
				if strings.Contains(v, "LARGE") {
					return TooLarge
				}
				return Taken
			})
			publish(t, h, "r", "a", "LARGE", "b")
			require.Equal(t, "[joined 1] a [gap 2-3] b", m.String())
			require.NoError(t, sub.Err())
		})
	}
}
