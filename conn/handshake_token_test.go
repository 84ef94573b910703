package conn

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/heartbeat"
	"github.com/longsplice/longsplice/internal/wire"
)

func hexOf(p []byte) string { return hex.EncodeToString(p) }

func hashOf(t wire.Token) []byte {
	h := sha256.Sum256(t[:])
	return h[:]
}

// syncBuffer is a buffer for loggers.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestEachWelcomeHasATokenOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		seen := map[wire.Token]bool{}
		p, w, _ := r.session()
		for attempt := range uint64(20) {
			require.False(t, w.Token.IsZero())
			require.False(t, seen[w.Token])
			seen[w.Token] = true
			w = r.peer().greet(p.resumption(w, attempt+2))
		}
	})
}

// The WELCOME with the new token may have been lost, so the old one works until
// the new one is known to have arrived; then it does not.
func TestTokensRotateInTwoPhases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		p, w1, c := r.session()
		w2 := r.peer().greet(p.resumption(w1, 2)) // and is lost
		w3 := r.peer().greet(p.resumption(w1, 3)) // again with the old one
		// What the lost WELCOME carried is no token any more.
		require.Equal(t, wire.RefuseUnknown, r.peer().refused(p.resumption(w2, 4)).Code)
		q := r.peer()
		w4 := q.greet(p.resumption(w3, 4)) // the new one, which confirms it
		require.Equal(t, wire.RefuseUnknown, r.peer().refused(p.resumption(w1, 5)).Code)
		// w3 is the confirmed one, w4 the issued; a frame confirms that.
		q.write(wire.AppendNonce(nil, wire.KindPing, 1))
		q.until(wire.KindPong)
		require.Equal(t, wire.RefuseUnknown, r.peer().refused(p.resumption(w3, 5)).Code, "a replayed token")
		w5 := r.peer().greet(p.resumption(w4, 5))
		require.Len(t, map[wire.Token]bool{w1.Token: true, w2.Token: true, w3.Token: true, w4.Token: true, w5.Token: true}, 5)
		require.NoError(t, c.Err())
		require.Equal(t, uint64(5), c.Stats().Links)
		require.Len(t, r.srv.sessions.byKey, 2)
	})
}

func TestFirstTokenWorksUnconfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		p, w, _ := r.session()
		_ = p.nc.Close()
		require.True(t, r.peer().greet(p.resumption(w, 2)).Resumed)
	})
}

// A HELLO that was delayed, or that somebody recorded, does not steal the
// session from the link that it has now.
func TestDuplicateAttemptIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		p, w, c := r.session()
		q := r.peer()
		q.greet(p.resumption(w, 2))
		for _, attempt := range []uint64{2, 1, 0} {
			require.Equal(t, wire.RefuseStale, r.peer().refused(p.resumption(w, attempt)).Code)
		}
		send(t, c, "to the newest link")
		require.Equal(t, "to the newest link", q.message())
		require.Equal(t, uint64(2), c.Stats().Links)
		require.Len(t, traced(r, &r.refused), 3)
	})
}

func TestNewestLinkWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, &Config{SessionTTL: time.Second, Heartbeat: &heartbeat.Config{Interval: -1}})
		p, w, c := r.session()
		q := r.peer()
		q.greet(p.resumption(w, 2))
		require.Empty(t, p.rest(), "the old link is closed without a word")
		send(t, c, "one")
		require.Equal(t, "one", q.message())
		time.Sleep(time.Minute) // of the bubble: the old link's end expires nothing
		require.NoError(t, c.Err())
	})
}

// What is sent on a link after it was replaced has no effect.
func TestFencedLinkAppliesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		p, w, c := r.session()
		p.write(wire.AppendData(nil, []byte("half"))[:6])
		synctest.Wait()
		q := r.peer()
		q.greet(p.resumption(w, 2))
		_, _ = p.nc.Write(wire.AppendData(nil, []byte("half"))[6:]) // it may be closed already
		q.data("whole")
		msg, err := c.Receive(t.Context())
		require.NoError(t, err)
		require.Equal(t, "whole", string(msg))
	})
}

// The thief of a token who is somebody else is told what a guess is told, byte
// for byte, and the victim notices nothing.
func TestStolenTokenIsWorthNothingToAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, &Config{Authenticate: byCredential})
		victim := r.peer()
		h := rawHello()
		h.Credential = []byte("ada")
		w := victim.greet(h)
		c := <-r.conns

		answer := func(change func(*wire.Hello)) []byte {
			h := victim.resumption(w, 2)
			h.Credential = []byte("eve")
			change(&h)
			p := r.peer()
			p.write(h.Append(nil))
			var got []byte
			for _, f := range p.rest() {
				got = append(append(got, byte(f.kind)), f.body...)
			}
			return got
		}
		stolen := answer(func(*wire.Hello) {})
		require.NotEmpty(t, stolen)
		for name, change := range map[string]func(*wire.Hello){
			"a guess":              func(h *wire.Hello) { h.Token = wire.Token{1} },
			"a stale attempt":      func(h *wire.Hello) { h.Attempt = 0 },
			"impossible positions": func(h *wire.Hello) { h.Received = 1 << 60 },
			"a smaller window":     func(h *wire.Hello) { h.Window = 1 },
		} {
			require.Equal(t, stolen, answer(change), name)
		}
		require.Len(t, traced(r, &r.refused), 5)

		send(t, c, "undisturbed")
		require.Equal(t, "undisturbed", victim.message())
		require.Equal(t, uint64(1), c.Stats().Links)
		// Nor does it matter that the session is detached, or over.
		_ = victim.nc.Close()
		require.Equal(t, stolen, answer(func(*wire.Hello) {}))
		_ = c.Close()
		require.Equal(t, stolen, answer(func(*wire.Hello) {}))
	})
}

func TestOtherEpochIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		p, w, c := r.session()
		h := p.resumption(w, 2)
		h.Epoch++
		got := r.peer().refused(h)
		require.Equal(t, wire.RefuseEpoch, got.Code)
		require.Equal(t, w.Epoch, got.Epoch)
		require.NoError(t, c.Err(), "the session of this epoch is another matter")
	})
}

func TestClosedSessionIsNotResumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		p, w, c := r.session()
		_ = p.nc.Close()
		go func() { _ = c.Close() }()
		<-c.Done()
		synctest.Wait()
		for range 2 { // and whoever holds the token may ask again
			q := r.peer()
			h := p.resumption(w, 2)
			q.write(h.Append(nil))
			q.closed()
		}
		time.Sleep(3 * time.Minute) // of the bubble: the memory of it has its time, too
		require.Equal(t, wire.RefuseUnknown, r.peer().refused(p.resumption(w, 2)).Code)
	})
}
