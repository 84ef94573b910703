package proxy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/internal/chaos/ledger"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/chaos/row"
	"github.com/longsplice/longsplice/internal/wire"
)

// Row 18: two resumptions of one session at the same time, with the same attempt or
// with one after the other. Exactly one link is left, and it carries the session.
func TestTwoConcurrentResumes(t *testing.T) {
	stage.Each(t, 18, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		races := map[stage.Over]int{stage.TCP: 10_000, stage.TLS: 240, stage.WebSocket: 500}[over]
		const clients = 4
		ch := make(sessions, 1)
		_, address := serve(t, over, ch, &conn.Config{Heartbeat: unwatched, MinPing: -1, MaxHandshakesPerIP: -1})
		var all sync.WaitGroup
		var rivals [clients]*rivalry
		for i := range rivals {
			p, err := dialPeer(over, address)
			require.NoError(t, err)
			w, err := p.greet(wire.Hello{Attempt: 1})
			require.NoError(t, err)
			rivals[i] = &rivalry{over: over, address: address, server: <-ch, holder: p, last: w, attempt: 1, book: ledger.New(uint32(i))}
			all.Go(func() { assert.NoError(t, rivals[i].play(races/clients)) })
		}
		all.Wait()
		lost, doubled, second := 0, 0, 0
		for _, v := range rivals {
			_ = v.holder.Close()
			assert.NoError(t, v.book.Err())
			l, d := v.book.Tally()
			lost, doubled, second = lost+l, doubled+d, second+v.second
		}
		r.Messages(lost, doubled)
		r.Note("%d races, %d won by the second to be dialled", races, second)
		assert.Zero(t, lost+doubled)
		assert.Positive(t, second, "the race was not run")
		assert.Less(t, second, races, "the race was not run")
	})
}

// A rivalry is one session, to which two links lay claim again and again.
type rivalry struct {
	over    stage.Over
	address string
	server  *conn.Conn
	holder  *peer // of the session, at present
	last    wire.Welcome
	attempt uint64
	book    *ledger.Stream // to the clients
	taken   uint64         // position of what they have received
	second  int            // races that the second of the two has won
}

func (v *rivalry) play(races int) error {
	for n := range races {
		if err := v.race(uint64(n % 2)); err != nil {
			return fmt.Errorf("race %d: %w", n, err)
		}
	}
	return nil
}

// race has two links resume. The attempt of the second may be the higher one.
func (v *rivalry) race(higher uint64) error {
	var rivals [2]*peer
	for i := range rivals {
		p, err := dialPeer(v.over, v.address)
		if err != nil {
			return err
		}
		rivals[i] = p
	}
	var welcomes [2]wire.Welcome
	var errs [2]error
	var race sync.WaitGroup
	for i, p := range rivals {
		h := wire.Hello{
			Epoch: v.last.Epoch, Token: v.last.Token, Attempt: v.attempt + 1 + uint64(i)*higher,
			Received: v.taken, Consumed: v.taken,
		}
		race.Go(func() { welcomes[i], errs[i] = p.greet(h) })
	}
	race.Wait()
	v.attempt += 2

	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := v.server.Send(ctx, v.book.Offer(20))
	v.book.Answer(err == nil)
	if err != nil {
		return err
	}
	winners := 0
	for i, p := range [...]*peer{rivals[0], rivals[1], v.holder} {
		if i < 2 && errs[i] != nil {
			_ = p.Close()
			continue
		}
		msg, err := p.message()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return fmt.Errorf("link %d is neither alive nor cut off: %w", i, err)
		} else if err != nil {
			_ = p.Close() // it was cut off
			continue
		}
		winners++
		if i == 2 {
			return fmt.Errorf("the old link is alive: %w, %w", errs[0], errs[1])
		}
		v.book.Deliver(msg)
		v.taken += uint64(wire.HeaderSize + len(msg))
		v.holder, v.last = p, welcomes[i]
		v.second += i
	}
	if winners != 1 {
		return fmt.Errorf("%d links carry the session: %w, %w", winners, errs[0], errs[1])
	}
	return nil
}
