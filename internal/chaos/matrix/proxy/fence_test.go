package proxy

import (
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
	"github.com/longsplice/longsplice/internal/chaos/ledger"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/chaos/row"
	"github.com/longsplice/longsplice/internal/wire"
)

// Row 17: the client comes back while its old link still lives on the server, with
// messages on it that have not arrived yet. They arrive by the new link, and once.
func TestResumeWhileTheOldLinkLives(t *testing.T) {
	const rounds = 50
	stage.Each(t, 17, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		l := open(t, over, r, setup{})
		for n := 1; n <= rounds; n++ {
			old := l.link()
			old.Stall(faultproxy.ToServer)
			l.up.send(20, 3000)
			l.down.send(20)
			fault := time.Now()
			old.Truncate(faultproxy.ToClient, 0) // the client sees an end, and the server does not
			l.up.heard()
			l.down.heard()
			l.resumed(n, fault)
			require.False(t, l.atServer.down(t, n).After(l.atServer.up(t, n+1)), "the old link is fenced first")
			old.Heal(faultproxy.ToServer) // what was on its way comes too late
			<-old.Done()
		}
		require.EqualValues(t, rounds+1, l.server.Stats().Links)
		r.Note("%d old links", rounds)
		l.close()
	})
}

// Row 17, with nothing between: a message on the old link races HELLO on the new
// one. Either WELCOME counts it, or it never counts.
func TestMessageOnTheOldLinkRacesTheResume(t *testing.T) {
	stage.Each(t, 17, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		rounds := 200
		if over == stage.TCP {
			rounds = 2000
		}
		book := ledger.New(1)
		received := make(chan int, 1) // how many, at the end
		ch := make(sessions, 1)
		_, address := serve(t, over, ch, &conn.Config{Heartbeat: unwatched, MinPing: -1, MaxHandshakesPerIP: -1})

		old, err := dialPeer(over, address)
		require.NoError(t, err)
		defer func() { _ = old.Close() }()
		w, err := old.greet(wire.Hello{Attempt: 1})
		require.NoError(t, err)
		c := <-ch
		go func() {
			n := 0
			for msg, err := range c.Messages(t.Context()) {
				if err != nil {
					break
				}
				book.Deliver(msg)
				n++
			}
			received <- n
		}()

		var log []byte // all frames so far: an outbox that forgets nothing
		late := 0
		for n := range rounds {
			p, err := dialPeer(over, address)
			require.NoError(t, err)
			msg := wire.AppendData(nil, book.Offer(20))
			book.Answer(true)
			var race sync.WaitGroup
			race.Go(func() { _, _ = old.Write(msg) }) // to a link that may be dead
			w, err = p.greet(wire.Hello{Epoch: w.Epoch, Token: w.Token, Attempt: uint64(n) + 2})
			race.Wait()
			require.NoError(t, err)
			require.True(t, w.Resumed)
			if w.Received <= uint64(len(log)) { // it has not arrived, and must not
				late++
			}
			log = append(log, msg...)
			_, err = p.Write(log[w.Received:])
			require.NoError(t, err)
			_, _, err = old.frame()
			require.Error(t, err, "the old link is closed")
			require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
			_ = old.Close()
			old = p
		}
		_, err = old.Write(wire.Close{Final: uint64(len(log))}.Append(nil))
		require.NoError(t, err)
		require.Equal(t, rounds, <-received)
		book.Settled()
		require.NoError(t, book.Err())
		r.Messages(book.Tally())
		r.Note("%d races, %d messages fenced off", rounds, late)
		require.Positive(t, late, "the race was not run")
		require.Less(t, late, rounds, "the race was not run")
	})
}
