package proxy

import (
	"sync"
	"sync/atomic"
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

// Row 34: links that live for 50 ms do not reset the backoff. One that is stable
// does.
func TestFlapping(t *testing.T) {
	t.Parallel()
	const flap = 50 * time.Millisecond
	policy := reconnect.Policy{InitialDelay: 20 * time.Millisecond, MaxDelay: 600 * time.Millisecond, StableAfter: time.Second}
	stage.Each(t, 34, func(t *testing.T, over stage.Over, r *row.Row) {
		t.Parallel()
		var calm atomic.Bool
		var flaps sync.WaitGroup
		defer flaps.Wait()
		states := make(chan conn.State, 1000)
		l := open(t, over, r, setup{
			client: conn.Config{Retry: policy, OnState: func(s conn.State) {
				if s.Phase == conn.Reconnecting {
					states <- s
				}
			}},
			proxy: faultproxy.Config{OnLink: func(l *faultproxy.Link) {
				if !calm.Load() {
					flaps.Go(func() {
						select {
						case <-time.After(flap):
							l.Cut(faultproxy.RST)
						case <-l.Done():
						}
					})
				}
			}},
		})
		began := time.Now()
		var last conn.State
		full := 0 // delays that are as long as the policy lets them be
		for attempts := 0; full < 3; attempts++ {
			l.up.send(20)
			l.down.send(20)
			s := <-states
			require.Greater(t, s.Attempt, last.Attempt, "the backoff was reset")
			if last = s; s.Delay >= policy.MaxDelay*3/5 {
				full++
			} else {
				require.Zero(t, full, "the backoff was reset")
			}
		}
		links := int(l.client.Stats().Links) // the next one is as long away as the delay
		calm.Store(true)
		after := time.Now()
		l.recovered = l.atClient.up(t, links+1).Sub(after)
		l.up.heard()
		l.down.heard()
		r.Note("%d links in %v, delays up to %v", links, after.Sub(began).Round(time.Millisecond), last.Delay.Round(time.Millisecond))

		stable := time.NewTimer(policy.StableAfter + flap)
		defer stable.Stop()
		<-stable.C
		assert.Empty(t, states, "a link was lost in the calm")
		l.proxy.Cut(faultproxy.RST)
		s := <-states
		assert.Equal(t, 1, s.Attempt, "a stable link resets the backoff")
		assert.Less(t, s.Delay, policy.InitialDelay)
		l.close()
	})
}
