package conn

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/wire"
)

// Links over MaxConns are not refused: they wait until there is room, within
// the time of their own handshake.
func TestLinksOverMaxConnsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, &Config{MaxConns: 2})
		a, b, c := r.peer(), r.peer(), r.peer()
		a.greet(rawHello())
		b.greet(rawHello())
		h := rawHello()
		c.write(h.Append(nil))
		time.Sleep(time.Hour / 2) // of the bubble; a and b are found dead meanwhile
		synctest.Wait()
		require.NoError(t, c.nc.SetReadDeadline(time.Now().Add(time.Second)))
		c.until(wire.KindWelcome)
	})
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, &Config{MaxConns: 2})
		a, b, c := r.peer(), r.peer(), r.peer()
		a.greet(rawHello())
		b.greet(rawHello())
		h := rawHello()
		c.write(h.Append(nil))
		synctest.Wait()
		require.Len(t, r.conns, 2)
		_ = b.nc.Close()
		synctest.Wait()
		require.Len(t, r.conns, 2, "somebody has to read to notice")
		time.Sleep(time.Second) // of the bubble
		require.Len(t, r.conns, 3)
		c.until(wire.KindWelcome)
	})
}

// A link gives its place back however it ends.
func TestPlacesOfDeadLinksAreGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, &Config{MaxConns: 1, HandshakeTimeout: time.Second})
		for i := range 20 {
			p := r.peer()
			switch i % 4 {
			case 0: // says nothing
			case 1:
				p.write([]byte("GET / HTTP/1.1\r\n\r\n"))
			case 2:
				h := rawHello()
				h.Epoch, h.Token = 1, wire.Token{1}
				p.refused(h)
			case 3:
				p.greet(rawHello())
				p.write(wire.AppendHeader(nil, 0x7f, 0))
			}
			p.rest()
			_ = p.nc.Close()
		}
		synctest.Wait()
		require.Empty(t, r.srv.slots)
	})
}

func TestHandshakesWaitTheirTurn(t *testing.T) {
	for name, cfg := range map[string]*Config{
		"in all":      {MaxHandshakes: 3, MaxHandshakesPerIP: -1},
		"of one host": {MaxHandshakesPerIP: 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := inMemory(t, nil, cfg)
				for i := range 3 {
					newRawPeer(t, r.dial(fmt.Sprintf("192.0.2.1:%d", 1+i))) // says nothing for 5 s
				}
				synctest.Wait()
				time.Sleep(time.Second) // of the bubble
				p := newRawPeer(t, r.dial("192.0.2.1:4"))
				began := time.Now()
				p.greet(rawHello())
				require.Equal(t, 4*time.Second, time.Since(began))
			})
			synctest.Test(t, func(t *testing.T) {
				r := inMemory(t, nil, cfg)
				for i := range 4 {
					newRawPeer(t, r.dial(fmt.Sprintf("192.0.2.1:%d", 1+i)))
				}
				synctest.Wait()
				other := newRawPeer(t, r.dial("192.0.2.2:1"))
				h := rawHello()
				other.write(h.Append(nil))
				time.Sleep(time.Second) // of the bubble
				if cfg.MaxHandshakes == 0 {
					require.Len(t, r.conns, 1, "another host does not wait")
				} else {
					require.Empty(t, r.conns)
				}
			})
		})
	}
}

// Whoever tries tokens is soon not looked at any more, for as long as it goes
// on; others of other addresses are.
func TestGuessingTokensIsRateLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		victim, w, _ := r.session()
		try := func(host string, token wire.Token) wire.RefuseCode {
			h := victim.resumption(w, 2)
			h.Token = token
			h.Attempt = 0 // so that even the right one resumes nothing
			return newRawPeer(t, r.dial(host)).refused(h).Code
		}
		for i := range 10 {
			require.Equal(t, wire.RefuseUnknown, try("192.0.2.1:1", wire.Token{byte(i + 1)}))
		}
		require.Equal(t, wire.RefuseBusy, try("192.0.2.1:2", wire.Token{99}))
		require.Equal(t, wire.RefuseBusy, try("192.0.2.1:3", w.Token), "the right one tells nothing either")
		require.Equal(t, wire.RefuseStale, try("192.0.2.2:1", w.Token), "from elsewhere it does")
		newRawPeer(t, r.dial("192.0.2.1:4")).greet(rawHello()) // a new session is another matter
		time.Sleep(time.Second)                                // of the bubble
		require.Equal(t, wire.RefuseUnknown, try("192.0.2.1:5", wire.Token{99}))
		require.Equal(t, wire.RefuseBusy, try("192.0.2.1:6", wire.Token{99}))
	})
}

func TestBusyServerSaysWhenToComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, &Config{ComeBackMin: time.Second, ComeBackMax: 3 * time.Second})
		victim, w, _ := r.session()
		for range failureBurst {
			r.srv.failures.note("192.0.2.1")
		}
		got := newRawPeer(t, r.dial("192.0.2.1:1")).refused(victim.resumption(w, 2))
		require.Equal(t, wire.GoAway{Min: time.Second, Max: 3 * time.Second}, got.Retry)
	})
}

// After a restart all of a site's clients come with the tokens of before, many
// of them from one address. That is nobody's guess.
func TestRestartIsNoGuess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		victim, w, _ := r.session()
		for range 100 {
			h := victim.resumption(w, 2)
			h.Epoch++
			require.Equal(t, wire.RefuseEpoch, newRawPeer(t, r.dial("192.0.2.1:1")).refused(h).Code)
		}
		require.Empty(t, r.srv.failures.sources)
	})
}

// The ninth session of an identity that waits for its client ends the first.
func TestNinthWaitingSessionEndsTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, OnMessage(func(context.Context, *Conn, []byte) error { return nil }), &Config{
			Authenticate: func(context.Context, Peer) (string, error) { return "ada", nil },
		})
		var peers []*rawPeer
		var welcomes []wire.Welcome
		for range 9 {
			p := r.peer()
			peers = append(peers, p)
			welcomes = append(welcomes, p.greet(rawHello()))
		}
		for _, p := range peers {
			_ = p.nc.Close()
			synctest.Wait()
		}
		ends := traced(r, &r.ends)
		require.Len(t, ends, 1)
		var lost *LostError
		require.ErrorAs(t, ends[0], &lost)
		require.Equal(t, LostEvicted, lost.Reason)
		require.Equal(t, wire.RefuseUnknown, r.peer().refused(peers[0].resumption(welcomes[0], 2)).Code)
		for i := 1; i < 9; i++ {
			require.True(t, r.peer().greet(peers[i].resumption(welcomes[i], 2)).Resumed)
		}
	})
}
