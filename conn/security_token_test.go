package conn

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/session"
	"github.com/longsplice/longsplice/internal/wire"
	"github.com/longsplice/longsplice/reconnect"
)

// as is a HELLO with a credential.
func as(h wire.Hello, who string) wire.Hello {
	h.Credential = []byte(who)
	return h
}

// answerTo is every byte with which a HELLO is answered until the link ends.
func (r *rig) answerTo(from string, h wire.Hello) (got []byte) {
	r.t.Helper()
	p := newRawPeer(r.t, r.dial(from))
	p.write(h.Append(nil))
	for _, f := range p.rest() {
		got = append(append(got, byte(f.kind)), f.body...)
	}
	return got
}

// The server looks tokens up by their hash. So what it compares tells nothing of
// a token however long it takes, and what it keeps resumes nothing.
func TestServerKeepsHashesOfTokensAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		p, w1, _ := r.session()
		w2 := r.peer().greet(p.resumption(w1, 2))
		require.Len(t, r.srv.sessions.byKey, 2)
		for _, token := range []wire.Token{w1.Token, w2.Token} {
			require.Contains(t, r.srv.sessions.byKey, session.KeyOf(token))
			require.NotContains(t, r.srv.sessions.byKey, session.Key(token))
			var hash wire.Token
			copy(hash[:], hashOf(token))
			h := p.resumption(w2, 3)
			h.Token = hash
			require.Equal(t, wire.RefuseUnknown, r.peer().refused(h).Code, "a hash that was read out is no token")
		}
	})
}

// A recorded HELLO is worth nothing once the client has been heard on the link
// that it began, nor is any earlier one, whatever attempt it is given.
func TestRecordedHelloIsNotReplayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, &Config{MaxFailedResumes: -1})
		p, w, c := r.session()
		var recorded []wire.Hello
		for attempt := range uint64(4) {
			h := p.resumption(w, attempt+2)
			recorded = append(recorded, h)
			p = r.peer()
			w = p.greet(h)
			p.write(wire.AppendNonce(nil, wire.KindPing, 1))
			p.until(wire.KindPong)
		}
		for _, h := range recorded {
			require.Equal(t, wire.RefuseUnknown, r.peer().refused(h).Code, "as it was")
			h.Attempt = 1 << 40
			require.Equal(t, wire.RefuseUnknown, r.peer().refused(h).Code, "with another attempt")
		}
		send(t, c, "undisturbed")
		require.Equal(t, "undisturbed", p.message())
		require.Equal(t, uint64(5), c.Stats().Links)
	})
}

// Nobody chooses a session's token or id but the server: a token that a client
// brings along begins no session, and that of one's own session, slipped to
// somebody else, does not put the other into it.
func TestSessionsCannotBeFixed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, &Config{Authenticate: byCredential})
		eve := r.peer()
		w := eve.greet(as(rawHello(), "eve"))
		trap := <-r.conns

		invented := as(eve.resumption(w, 1), "ada")
		invented.Token = wire.Token{'c', 'h', 'o', 's', 'e', 'n'}
		require.Equal(t, wire.RefuseUnknown, r.peer().refused(invented).Code)
		require.Equal(t, wire.RefuseUnknown, r.peer().refused(as(eve.resumption(w, 2), "ada")).Code)
		require.Equal(t, 1, r.srv.sessions.len(), "no session came of it")
		require.Equal(t, uint64(1), trap.Stats().Links)

		ada := r.peer().greet(as(rawHello(), "ada"))
		require.NotEqual(t, w.ID, ada.ID)
		require.NotContains(t, []wire.Token{w.Token, invented.Token}, ada.Token)
		require.Equal(t, "ada", (<-r.conns).Identity())
	})
}

// A stranger cannot tell by the answer whether there is a session, what became
// of it, or what was wrong: it is the same bytes. Each try counts as a guess.
func TestRefusalsTellAStrangerNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, &Config{Authenticate: byCredential, SessionTTL: time.Hour, MaxDetached: 1})
		begin := func(who string) (wire.Hello, *Conn, *rawPeer) {
			p := r.peer()
			w := p.greet(as(rawHello(), who))
			return as(p.resumption(w, 2), "eve"), <-r.conns, p
		}
		guess, _, _ := begin("ada")
		guess.Token = wire.Token{1}
		live, _, _ := begin("ada")
		abandon := func() (wire.Hello, *Conn) {
			h, c, p := begin("bob")
			_ = p.nc.Close()
			time.Sleep(time.Second) // of the bubble: the dead link is noticed
			return h, c
		}
		evicted, gone := abandon()
		waiting, left := abandon()
		closed, over, _ := begin("cid")
		_ = over.Close()
		synctest.Wait()
		require.ErrorContains(t, gone.Err(), string(LostEvicted))
		require.NoError(t, left.Err())

		want := r.answerTo("192.0.2.1:1", guess)
		require.NotEmpty(t, want)
		for name, h := range map[string]wire.Hello{
			"live": live, "evicted": evicted, "waiting": waiting, "closed": closed,
		} {
			for _, attempt := range []uint64{0, 2, 1 << 60} {
				h.Attempt = attempt
				began := time.Now()
				require.Equal(t, want, r.answerTo("192.0.2.2:"+name, h), "%s, attempt %d", name, attempt)
				require.Equal(t, began, time.Now(), "nothing waits for anything") // in the bubble's time
			}
		}
		for range failureBurst {
			r.answerTo("192.0.2.3:1", live)
		}
		require.NotEqual(t, want, r.answerTo("192.0.2.3:1", live), "a stolen token is a guess, too")
		busy := r.answerTo("192.0.2.3:1", live)
		require.Equal(t, busy, r.answerTo("192.0.2.3:1", guess))
	})
}

// A credential is judged again for each link. One that was withdrawn ends the
// client at its next link, and one that has become another's does not carry the
// session over.
func TestWithdrawnCredentialIsOfNoUseAtTheNextLink(t *testing.T) {
	for name, verdict := range map[string]func() (string, error){
		"withdrawn":           func() (string, error) { return "", errors.New("logged out") },
		"somebody else's now": func() (string, error) { return "eve", nil },
	} {
		t.Run(name, func(t *testing.T) {
			var changed atomic.Bool
			r := onTCP(t, nil, &Config{Authenticate: func(context.Context, Peer) (string, error) {
				if changed.Load() {
					return verdict()
				}
				return "ada", nil
			}})
			c, err := Dial(t.Context(), r.addr, &Config{Retry: reconnect.Policy{InitialDelay: time.Millisecond}})
			require.NoError(t, err)
			defer c.Close()
			s := <-r.conns
			changed.Store(true)
			require.NoError(t, s.Err(), "a link that is up is not judged again: the application ends it")
			s.mu.Lock()
			l := s.link
			s.mu.Unlock()
			l.fail(errors.New("cut by the test"))
			require.Eventually(t, func() bool { return c.Err() != nil }, 20*time.Second, time.Millisecond)
			var why *RefusedError
			require.ErrorAs(t, c.Err(), &why)
			require.Contains(t, []RefuseCode{RefusedIdentity, RefusedUnknown}, why.Code)
			require.Equal(t, uint64(1), s.Stats().Links)
		})
	}
}

// What an application does at a logout: it closes the user's sessions. Their
// tokens are dead from then on, whether the client was there or away.
func TestClosedSessionsTokenIsDead(t *testing.T) {
	for name, away := range map[string]bool{"linked": false, "away": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := inMemory(t, nil, &Config{Linger: -1})
				p, w, c := r.session()
				if away {
					_ = p.nc.Close()
					time.Sleep(time.Second) // of the bubble
				}
				go func() { _ = c.Close() }()
				<-c.Done()
				synctest.Wait()
				q := r.peer()
				h := p.resumption(w, 2)
				q.write(h.Append(nil))
				for _, f := range q.rest() {
					require.NotEqual(t, wire.KindWelcome, f.kind)
				}
				require.Equal(t, uint64(1), c.Stats().Links)
			})
		})
	}
}
