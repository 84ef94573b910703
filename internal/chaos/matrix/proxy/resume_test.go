package proxy

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/chaos/row"
	"github.com/longsplice/longsplice/reconnect"
)

// Row 19: a link that is cut as soon as it is up, a thousand times in a row, with
// messages on their way in both directions.
func TestAThousandImmediateResumes(t *testing.T) {
	const resumes = 1000
	stage.Each(t, 19, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		l := open(t, over, r, setup{client: conn.Config{
			Retry: reconnect.Policy{InitialDelay: time.Nanosecond, MaxDelay: time.Nanosecond, StableAfter: -1},
		}})
		for n := range resumes {
			l.up.send(20)
			l.down.send(20)
			fault := time.Now()
			l.proxy.Cut(faultproxy.RST)
			l.resumed(n+1, fault)
		}
		l.up.heard()
		l.down.heard()
		require.GreaterOrEqual(t, l.client.Stats().Links, uint64(resumes+1))
		r.Note("%d resumptions, %d messages replayed", l.client.Stats().Links-1, l.client.Stats().Replayed+l.server.Stats().Replayed)
		l.close()
	})
}

// Row 29: what is sent while the replay is under way comes behind it.
func TestSendsDuringReplay(t *testing.T) {
	const (
		replayed = 100
		size     = 1000
		rate     = 50_000 // bytes a second: left alone, the replay would take two
	)
	stage.Each(t, 29, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		l := open(t, over, r, setup{})
		during := 0
		for n, d := range both {
			w := l.way(d)
			l.link().Stall(d)
			for range replayed {
				w.send(size)
			}
			l.proxy.SetBandwidth(d, rate)
			fault := time.Now()
			l.proxy.Cut(faultproxy.RST)
			l.resumed(n+1, fault)
			for range replayed {
				w.send(size)
				if w.received() < replayed { // each way has a replay of its own
					during++
				}
			}
			l.proxy.SetBandwidth(d, 0)
			w.heard()
			require.Positive(t, w.from.Stats().Replayed)
		}
		r.Note("%d of %d messages sent during a replay", during, 2*replayed)
		require.Positive(t, during, "nothing was sent while the replay was under way")
		l.close()
	})
}
