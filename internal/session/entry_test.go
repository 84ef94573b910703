package session

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/wire"
)

// hello is what the client of e would send now, without its knowing.
func (e *ends) hello() *wire.Hello {
	n := e.side[clientSide].s.Count()
	return &wire.Hello{
		Epoch: 7, Attempt: e.client.attempt + 1, Token: e.token, Received: n.Received, Consumed: n.Consumed,
		Window: uint32(e.limits.Window), MaxMessage: uint32(e.limits.MaxMessage),
	}
}

func (e *ends) tryResume(h *wire.Hello, identity string) error {
	_, _, err := e.entry.Resume(h, KeyOf(h.Token), identity, wire.Token{200})
	return err
}

func TestWhoMayResume(t *testing.T) {
	mine := func(h *wire.Hello) string { return "ada" }
	for name, c := range map[string]struct {
		state  func(*ends)
		change func(*wire.Hello) string // returns the identity
		want   error
	}{
		"the client":                  {change: mine},
		"another identity":            {change: func(*wire.Hello) string { return "eve" }, want: ErrUnknown},
		"no identity":                 {change: func(*wire.Hello) string { return "" }, want: ErrUnknown},
		"another token":               {change: func(h *wire.Hello) string { h.Token[5]++; return "ada" }, want: ErrUnknown},
		"no token":                    {change: func(h *wire.Hello) string { h.Token = wire.Token{}; return "ada" }, want: ErrUnknown},
		"the same attempt":            {change: func(h *wire.Hello) string { h.Attempt--; return "ada" }, want: ErrStale},
		"an early attempt":            {change: func(h *wire.Hello) string { h.Attempt = 0; return "ada" }, want: ErrStale},
		"an expired session":          {state: func(e *ends) { e.entry.Bury() }, change: mine, want: ErrUnknown},
		"a session without a word":    {state: func(e *ends) { e.entry.Bury() }, change: mine, want: ErrUnknown},
		"eve, of a closed session":    {state: buried, change: func(*wire.Hello) string { return "eve" }, want: ErrUnknown},
		"early, of a closed session":  {state: buried, change: func(h *wire.Hello) string { h.Attempt = 0; return "ada" }, want: &Tomb{}},
		"the client, when it is over": {state: buried, change: mine, want: &Tomb{}},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnds(t, testLimits)
			if c.state != nil {
				c.state(e)
			}
			before, _ := e.side[serverSide].s.Generation()
			h := e.hello()
			err := e.tryResume(h, c.change(h))
			after, _ := e.side[serverSide].s.Generation()
			if c.want == nil {
				require.NoError(t, err)
				require.Equal(t, before+1, after)
				return
			}
			require.IsType(t, c.want, err)
			if _, tomb := c.want.(*Tomb); !tomb {
				require.Equal(t, c.want, err)
			}
			require.Equal(t, before, after, "a refusal fences nobody")
		})
	}
}

func buried(e *ends) {
	e.side[serverSide].s.Close(5, "bye")
	e.entry.Bury()
}

func TestTombTellsHowItEnded(t *testing.T) {
	e := newEnds(t, testLimits)
	require.NoError(t, e.send(clientSide, []byte("one")))
	e.settle()
	e.consume(serverSide)
	e.side[serverSide].s.Close(5, "bye")
	e.entry.Bury()
	require.True(t, e.entry.Buried())
	rest := e.entry.Remains()
	require.Nil(t, rest.Session)
	h := e.hello()
	_, _, err := rest.Resume(h, KeyOf(h.Token), "ada", wire.Token{})
	var tomb *Tomb
	require.ErrorAs(t, err, &tomb)
	require.Equal(t, wire.Close{Code: 5, Reason: "bye", Consumed: 8}, tomb.Close)
}

// A tombstone says how much was consumed. Of a session that was lost while its
// application still received, nobody can say it: what has come in may be consumed
// yet, and the client must not take it for undelivered.
func TestHalfOpenSessionIsLostWithoutATomb(t *testing.T) {
	e := newEnds(t, testLimits)
	require.NoError(t, e.send(clientSide, []byte("one")))
	e.settle()
	e.side[serverSide].s.CloseSend(5, "no more from here")
	e.entry.Bury()
	require.False(t, e.entry.Buried())
	require.Equal(t, ErrUnknown, e.tryResume(e.hello(), "ada"))
}

func TestRefusedResumptionChangesNothing(t *testing.T) {
	e := newEnds(t, testLimits)
	confirmed, issued := e.entry.Keys()
	for range 3 {
		h := e.hello()
		h.Received = 999
		require.IsType(t, &wire.Error{}, e.tryResume(h, "ada"))
		h.Token[0]++
		require.Equal(t, ErrUnknown, e.tryResume(h, "ada"))
	}
	c, i := e.entry.Keys()
	require.Equal(t, [2]Key{confirmed, issued}, [2]Key{c, i})
	require.NoError(t, e.send(clientSide, []byte("still on the first link")))
	e.drain()
	require.Len(t, e.side[serverSide].received, 1)
	e.resume()
}

func TestConfirmRetiresTheOldKey(t *testing.T) {
	e := newEnds(t, testLimits)
	gen := e.side[serverSide].gen
	_, ok := e.entry.Confirm(gen)
	require.False(t, ok, "the first token has no predecessor")
	first, _ := e.entry.Keys()
	e.resume()
	_, second := e.entry.Keys()
	require.NotEqual(t, Key{}, second)
	_, ok = e.entry.Confirm(gen)
	require.False(t, ok, "the old link confirms nothing")
	retired, ok := e.entry.Confirm(gen + 1)
	require.True(t, ok)
	require.Equal(t, first, retired)
	confirmed, issued := e.entry.Keys()
	require.Equal(t, [2]Key{second, {}}, [2]Key{confirmed, issued})
	_, ok = e.entry.Confirm(gen + 1)
	require.False(t, ok, "once")
}

func TestOnlyADetachedSessionExpires(t *testing.T) {
	const ttl = time.Minute
	e := newEnds(t, testLimits)
	gen := e.side[serverSide].gen
	require.False(t, e.entry.Expire(gen, time.Hour, ttl), "attached")
	require.False(t, e.entry.Detach(gen+1, 100))
	require.True(t, e.entry.Detach(gen, 100))
	require.False(t, e.entry.Detach(gen, 200), "once")
	require.False(t, e.entry.Expire(gen, 100+ttl-1, ttl), "too early")
	e.resume()
	require.False(t, e.entry.Expire(gen, time.Hour, ttl), "it has come back")
	require.False(t, e.entry.Expire(gen+1, time.Hour, ttl))
	require.True(t, e.entry.Detach(gen+1, 100))
	require.False(t, e.entry.Expire(gen, time.Hour, ttl), "on account of a link that was replaced")
	require.True(t, e.entry.Resumable())
	require.True(t, e.entry.Expire(gen+1, 100+ttl, ttl))
	require.False(t, e.entry.Resumable())
	require.False(t, e.entry.Expire(gen+1, time.Hour, ttl), "once")
	require.Equal(t, ErrUnknown, e.tryResume(e.hello(), "ada"))
}

func TestSessionWithoutATokenIsNotResumable(t *testing.T) {
	h := &wire.Hello{Attempt: 1, Window: 1000, MaxMessage: 100}
	entry, w, _, err := NewEntry(New(testLimits, Pool{}), wire.ID{1}, "", h, wire.Token{})
	require.NoError(t, err)
	require.True(t, w.Token.IsZero())
	require.False(t, entry.Resumable())
	h.Attempt = 2
	_, _, err = entry.Resume(h, KeyOf(wire.Token{}), "", wire.Token{1})
	require.Equal(t, ErrUnknown, err, "no token is not a token")
}

func TestNewSessionBeginsAtZero(t *testing.T) {
	for _, h := range []wire.Hello{{Received: 1}, {Received: 1, Consumed: 1}} {
		_, _, _, err := NewEntry(New(testLimits, Pool{}), wire.ID{1}, "", &h, wire.Token{1})
		require.IsType(t, &wire.Error{}, err)
	}
}
