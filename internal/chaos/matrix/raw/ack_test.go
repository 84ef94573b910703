package raw

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/chaos/row"
	"github.com/longsplice/longsplice/internal/wire"
)

// cut ends a link with a reset.
func (p *peer) cut() {
	bottom := socket(p.nc)
	require.NoError(p.t, bottom.SetLinger(0))
	require.NoError(p.t, bottom.Close())
}

// Row 22 of the fault matrix. The acknowledgement dies with its link, in either direction and
// at any of its bytes, and nothing comes twice.
func TestLostAck(t *testing.T) {
	stage.Each(t, 22, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		s := serve(t, over, conn.Config{}, nil)
		d := begin(s, "")
		d.exchange(3)
		var slowest time.Duration
		for n := range len(d.at.Append(nil)) + 1 {
			d.send(3)
			d.take(2) // and the third is in the application's hands
			d.say(3)
			d.hear(3)
			d.at.Consumed = d.at.Received
			d.down.Ask()
			d.down.Consume()
			d.write(d.at.Append(nil)[:n])
			d.cut()
			began := time.Now()
			d.say(1) // while there is no link
			d.resume()
			d.send(1)
			d.hear(1)
			d.take(2)
			slowest = max(slowest, time.Since(began))
			d.ack()
			require.NoError(t, d.c.Flush(until(t)))
			d.down.Acknowledged(d.down.Accepted())
		}
		d.exchange(3)
		r.Recovered(slowest)
		r.Note("%d links cut within the acknowledgement", d.c.Stats().Links-1)
		require.NoError(t, d.c.Err())
		books(t, r, d)
	})
}

// Row 23 of the fault matrix. Nothing is forgotten on the word of a peer that acknowledges what
// it cannot have.
func TestAckAheadOfSent(t *testing.T) {
	stage.Each(t, 23, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		s := serve(t, over, conn.Config{}, nil)
		var all []*dialogue
		var slowest time.Duration
		for name, change := range map[string]func(*wire.Ack){
			"received ahead of sent":      func(a *wire.Ack) { a.Received++ },
			"both a message ahead":        func(a *wire.Ack) { a.Received += frame; a.Consumed = a.Received },
			"as far ahead as numbers go":  func(a *wire.Ack) { a.Received, a.Consumed = math.MaxUint64, math.MaxUint64 },
			"consumed ahead of received":  func(a *wire.Ack) { a.Consumed = a.Received + 1 },
			"another position of its own": func(a *wire.Ack) { a.Sent++ },
		} {
			d := begin(s, "")
			d.exchange(3)
			d.send(2)
			d.say(3)
			d.hear(3)
			a := d.at
			change(&a)
			began := time.Now()
			d.write(a.Append(nil))
			slowest = max(slowest, d.violated(began))
			var lost *conn.LostError
			require.ErrorAs(t, d.c.Err(), &lost)
			require.Len(t, lost.Unknown, 3, name)
			all = append(all, d)
		}
		r.Detected(slowest)
		books(t, r, all...)
	})
}

// Row 24 of the fault matrix.
func TestAckBackwardOrRepeated(t *testing.T) {
	stage.Each(t, 24, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		s := serve(t, over, conn.Config{}, nil)
		d := begin(s, "")
		for range 20 {
			before := d.at
			d.exchange(3)
			repeated, backward := d.at, d.at
			backward.Received, backward.Consumed = before.Received, before.Consumed
			for range 50 {
				d.write(repeated.Append(nil), backward.Append(nil), wire.Ack{Sent: d.at.Sent}.Append(nil))
			}
			d.say(1)
			d.hear(1) // no message of before comes again
			require.Equal(t, frame, d.c.Stats().Unacked, "what was acknowledged stays so")
			d.ack()
		}
		d.exchange(3)
		require.NoError(t, d.c.Err())
		require.Equal(t, uint64(1), d.c.Stats().Links)
		r.Note("3,000 acknowledgements ignored")
		books(t, r, d)
	})
}
