package hubconn_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest"
	"github.com/longsplice/longsplice/hub"
)

// A session that resumes has not left, and misses nothing.
func TestAResumedSessionKeepsItsMembership(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, hub.Room{}, conn.Config{}, 0)
		c, sub := h.dial(conn.Config{})
		h.expect(c, "notice 1 0-1")
		for i := range 20 {
			h.publish(fmt.Sprint("before ", i))
			h.net.Cut(conntest.RST)
			h.publish(fmt.Sprint("after ", i))
			h.expect(c, fmt.Sprint("before ", i), fmt.Sprint("after ", i))
		}
		require.NoError(t, sub.Err())
		require.Equal(t, 1, h.hub.Stats().Members)
		require.Zero(t, h.hub.Stats().Gaps)
		require.Greater(t, c.Stats().Links, uint64(10))
	})
}

func TestTheEndOfASessionEndsItsMembership(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, hub.Room{}, conn.Config{}, 0)
		c, sub := h.dial(conn.Config{})
		require.NoError(t, c.Close())
		<-sub.Done()
		require.NoError(t, sub.Err())
		synctest.Wait()
		require.Zero(t, h.hub.Stats().Members)
	})
}

// Row 10 of the fault matrix: a peer that does not read fills its send buffer, is skipped, and
// goes on when it reads again. The others are not delayed.
func TestASlowReaderSkipsAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, hub.Room{Backlog: 50}, conn.Config{SendBuffer: 16 << 10, WriteTimeout: time.Hour}, 4<<10)
		slow, sub := h.dial(conn.Config{Window: 4 << 10})
		fast, _ := h.dial(conn.Config{})
		h.expect(slow, "notice 1 0-1")
		h.expect(fast, "notice 1 0-1")
		pad := strings.Repeat("x", 1000)
		start := time.Now()
		for i := range 500 {
			h.publish(fmt.Sprint(i, " ", pad))
			h.expect(fast, fmt.Sprint(i, " ", pad))
		}
		require.Less(t, time.Since(start), time.Second)
		require.Positive(t, sub.Lag())

		// What it is given is a prefix, a gap that says how much is missing, and the rest.
		next, gaps := 0, 0
		for next < 500 {
			msg, err := slow.Receive(t.Context())
			require.NoError(t, err)
			var n, from, to int
			if _, err := fmt.Sscanf(string(msg), "notice 2 %d-%d", &from, &to); err == nil {
				require.Equal(t, next+1, from)
				next, gaps = to-1, gaps+1
				continue
			}
			_, err = fmt.Sscanf(string(msg), "%d", &n)
			require.NoError(t, err)
			require.Equal(t, next, n)
			next++
		}
		require.Positive(t, gaps)
		synctest.Wait()
		require.Zero(t, sub.Lag())
	})
}

// A message that the connection never takes is a gap; what is only too much at
// once comes in pieces.
func TestWhatAConnectionCannotTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, hub.Room{}, conn.Config{MaxMessage: 1000, SendBuffer: 2000}, 0)
		c, _ := h.dial(conn.Config{MaxMessage: 1000})
		h.expect(c, "notice 1 0-1")
		h.publish("a", strings.Repeat("x", 1001), "b")
		h.expect(c, "a", "notice 2 2-3", "b")
		var many []string
		for i := range 100 {
			many = append(many, fmt.Sprint(i, strings.Repeat("y", 500)))
		}
		h.publish(many...)
		h.expect(c, many...)
	})
}
