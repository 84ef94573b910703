package proxy

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/chaos/row"
	"github.com/longsplice/longsplice/reconnect"
)

// Row 30: the client returns at about the instant at which its session expires. It is
// resumed, or lost: both ends say the same, and nothing is in doubt that is not
// reported. The instant is sought by what came of the race before.
func TestExpiryRacesResume(t *testing.T) {
	t.Parallel()
	const (
		ttl   = 60 * time.Millisecond
		races = 60
	)
	stage.Each(t, 30, func(t *testing.T, over stage.Over, r *row.Row) {
		t.Parallel()
		away, step := ttl/2, 8*time.Millisecond
		outcomes := map[bool]int{}
		resumedLast := true
		lost, doubled := 0, 0
		var l *line
		n := 0 // links of l
		for race := range races {
			if l == nil {
				l, n = open(t, over, nil, setup{
					server: conn.Config{SessionTTL: ttl},
					client: conn.Config{Retry: reconnect.Policy{InitialDelay: 1000 * time.Hour, MaxDelay: 2000 * time.Hour, StableAfter: -1}},
				}), 1
			}
			l.up.send(20)
			l.down.send(20)
			l.proxy.Cut(faultproxy.RST)
			gone := l.atServer.down(t, n)
			l.atClient.down(t, n)
			l.up.send(20)
			l.down.sendUnlessLost(20)
			time.Sleep(time.Until(gone.Add(away))) // the time away is the case
			l.client.Wake()
			n++
			resumed := l.isResumed(n)
			outcomes[resumed]++
			if race > 0 && resumed != resumedLast {
				step = max(step/2, 100*time.Microsecond)
			}
			if resumedLast = resumed; resumed {
				away += step
				continue
			}
			away -= step
			lo, d := l.books()
			lost, doubled, l = lost+lo, doubled+d, nil
		}
		if l != nil {
			l.close()
			lo, d := l.books()
			lost, doubled = lost+lo, doubled+d
		}
		r.Messages(lost, doubled)
		r.Note("%d resumed, %d lost", outcomes[true], outcomes[false])
		assert.Positive(t, outcomes[true], "the race was not run")
		assert.Positive(t, outcomes[false], "the race was not run")
	})
}

// sendUnlessLost sends, if the session is still there.
func (w *way) sendUnlessLost(size int) {
	w.t.Helper()
	if err := w.trySend(size); err != nil {
		require.ErrorAs(w.t, err, new(*conn.LostError))
	}
}

// isResumed waits for either outcome, and checks that there is only one.
func (l *line) isResumed(n int) bool {
	l.t.Helper()
	resumed := false
	l.atClient.bell.until(l.t, "an outcome", func() bool {
		resumed = len(l.atClient.ups) >= n
		return resumed || l.atClient.ended
	})
	if !resumed {
		l.up.isLost(l.t, conn.LostUnknown)
		l.down.isLost(l.t, conn.LostExpired)
		return false
	}
	l.up.heard()
	l.down.heard()
	require.NoError(l.t, l.client.Err())
	require.NoError(l.t, l.server.Err())
	l.up.Settled()
	l.down.Settled()
	return true
}
