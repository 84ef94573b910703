package conn

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/session"
	"github.com/longsplice/longsplice/internal/wire"
)

// waiting returns a session of identity who, whose link, the first, is dead.
func waiting(t *testing.T, srv *Server, who string) *Conn {
	c := newConn(srv.cfg, session.New(srv.cfg.limits(), pool))
	c.server, c.who, c.maxOut = srv, who, c.maxIn
	c.ctx, c.cancel = context.WithCancel(t.Context())
	h := rawHello()
	entry, _, gen, err := session.NewEntry(c.s, wire.ID{}, who, &h, newToken())
	require.NoError(t, err)
	c.entry = entry
	srv.sessions.add(c, entry)
	require.True(t, entry.Detach(gen, clock()))
	return c
}

// resumed plays what happens to the registry when the session of c resumes.
func resumed(t *testing.T, c *Conn) (gen uint64, rekey func()) {
	h := rawHello()
	gen, _ = c.s.Generation()
	h.Attempt = gen + 1
	confirmed, _ := c.entry.Keys()
	_, gen, err := c.entry.Resume(&h, confirmed, c.who, newToken())
	require.NoError(t, err)
	confirmed, issued := c.entry.Keys()
	return gen, func() { c.server.sessions.rekey(c, gen, confirmed, issued) }
}

func newRegistry(t *testing.T, cfg *Config) *Server {
	srv := NewServer(HandlerFunc(func(context.Context, *Conn) error { return nil }), cfg)
	t.Cleanup(func() { _ = srv.Close() })
	return srv
}

func lostReason(c *Conn) LostReason {
	if lost, ok := c.Err().(*LostError); ok {
		return lost.Reason
	}
	return ""
}

func TestOldestOfAnIdentityIsEvicted(t *testing.T) {
	srv := newRegistry(t, nil)
	r := &srv.sessions
	var ada, others []*Conn
	for range 8 {
		ada = append(ada, waiting(t, srv, "ada"))
		others = append(others, waiting(t, srv, "bob"), waiting(t, srv, ""), waiting(t, srv, ""))
	}
	for _, c := range append(ada, others...) {
		r.park(c)
		require.NoError(t, c.Err())
	}
	late := waiting(t, srv, "ada")
	r.park(late)
	require.Equal(t, LostEvicted, lostReason(ada[0]), "eight are the default")
	for _, c := range append(append(ada[1:], late), others...) {
		require.NoError(t, c.Err())
	}
	// One that came back counts no more, and is the youngest when it leaves again.
	gen, rekey := resumed(t, ada[1])
	rekey()
	r.unpark(ada[1], gen)
	r.park(waiting(t, srv, "ada"))
	require.NoError(t, ada[2].Err())
	require.True(t, ada[1].entry.Detach(gen, clock()))
	r.park(ada[1])
	require.NoError(t, ada[1].Err())
	require.Equal(t, LostEvicted, lostReason(ada[2]))
	require.Equal(t, 8, r.byWho["ada"].Len())
}

func TestNoLimitOnWaitingSessions(t *testing.T) {
	srv := newRegistry(t, &Config{MaxDetached: -1, MaxDetachedBytes: -1})
	for range 1000 {
		c := waiting(t, srv, "ada")
		require.NoError(t, c.TrySend(make([]byte, 1000)))
		srv.sessions.park(c)
	}
	require.Equal(t, 1000, srv.sessions.len())
}

func TestLongestWaitingIsEvictedForMemory(t *testing.T) {
	srv := newRegistry(t, &Config{MaxDetachedBytes: 125_000})
	r := &srv.sessions
	var conns []*Conn
	for range 3 {
		c := waiting(t, srv, "")
		r.park(c)
		require.NoError(t, c.TrySend(make([]byte, 20_000)), "what is sent meanwhile counts")
		conns = append(conns, c)
	}
	require.NoError(t, conns[0].Err())
	require.NoError(t, conns[2].TrySend(make([]byte, 30_000)))
	require.Equal(t, LostEvicted, lostReason(conns[0]))
	require.NoError(t, conns[1].Err())
	var lost *LostError
	require.ErrorAs(t, conns[0].Err(), &lost)
	require.Len(t, lost.Undelivered, 1, "what was lost is reported")

	big := waiting(t, srv, "")
	require.NoError(t, big.TrySend(make([]byte, 200_000)))
	r.park(big)
	require.Equal(t, LostEvicted, lostReason(big), "nobody may exceed the limit, not even alone")
	require.Zero(t, r.parked.Len())
	require.Zero(t, r.bytes)
}

// Messages that fit their memory badly count for what they take up, as they do in
// the send buffer.
func TestWaitingSessionCountsWhatItTakesUp(t *testing.T) {
	srv := newRegistry(t, nil)
	r := &srv.sessions
	c := waiting(t, srv, "")
	r.park(c)
	for range 5 {
		require.NoError(t, c.TrySend(make([]byte, 40_000)))
	}
	require.Greater(t, r.bytes, int64(sessionCost+5*50_000))
	r.unpark(c, 2)
	require.Zero(t, r.bytes)
}

// The client comes back while the death of its last link is still on its way to
// the registry.
func TestParkThatComesTooLateIsIgnored(t *testing.T) {
	srv := newRegistry(t, &Config{MaxDetached: 1})
	r := &srv.sessions
	c := waiting(t, srv, "ada")
	gen, rekey := resumed(t, c)
	rekey()
	r.unpark(c, gen)
	r.parkAfter(c, gen-1, 1)
	require.Zero(t, r.parked.Len())
	other := waiting(t, srv, "ada")
	r.park(other)
	require.NoError(t, other.Err())
	require.NoError(t, c.Err())
	require.Equal(t, 1, r.parked.Len())
}

// And the other way round: the new link has died before the registry heard of it.
func TestUnparkThatComesTooLateIsIgnored(t *testing.T) {
	srv := newRegistry(t, nil)
	r := &srv.sessions
	c := waiting(t, srv, "ada")
	r.park(c)
	gen, rekey := resumed(t, c)
	rekey()
	r.unpark(c, gen)
	require.Zero(t, r.parked.Len())
	require.True(t, c.entry.Detach(gen, clock()))
	r.park(c)
	r.unpark(c, gen)
	require.Equal(t, 1, r.parked.Len())
	require.Equal(t, int64(sessionCost), r.bytes)
}

// The death of the new link is heard of before its birth.
func TestParkOvertakesUnpark(t *testing.T) {
	srv := newRegistry(t, nil)
	r := &srv.sessions
	c := waiting(t, srv, "ada")
	r.park(c)
	gen, rekey := resumed(t, c)
	require.True(t, c.entry.Detach(gen, clock()))
	r.park(c)
	rekey()
	r.unpark(c, gen)
	require.Equal(t, 1, r.parked.Len(), "it has no link, so it waits")
	require.Equal(t, int64(sessionCost), r.bytes)
}

func TestRekeyOutOfOrder(t *testing.T) {
	srv := newRegistry(t, nil)
	r := &srv.sessions
	c := waiting(t, srv, "ada")
	first, _ := c.entry.Keys()
	_, second := resumed(t, c)
	_, third := resumed(t, c)
	confirmed, issued := c.entry.Keys()
	third()
	second()
	for _, k := range []session.Key{confirmed, issued} {
		require.NotNil(t, r.find(k))
	}
	require.Equal(t, first, confirmed, "nothing has confirmed another")
	require.Len(t, r.byKey, 2)
	r.retire(first)
	require.Nil(t, r.find(first))
	require.NotNil(t, r.find(issued))
	r.retire(first)
	require.Len(t, r.byKey, 1)
}

func TestRegistryForgetsWhatIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newRegistry(t, &Config{SessionTTL: time.Minute})
		r := &srv.sessions
		told, lost := waiting(t, srv, "ada"), waiting(t, srv, "ada")
		r.park(told)
		r.park(lost)
		key, _ := told.entry.Keys()
		told.mu.Lock()
		told.abortLocked(CodeError, "enough")
		told.unlock()
		lost.lose(LostExpired, nil)
		require.Zero(t, r.len())
		require.Zero(t, r.parked.Len())
		require.Empty(t, r.byWho)
		require.Zero(t, r.bytes)
		require.Len(t, r.byKey, 1, "only one of them left something to say")
		seat := r.find(key)
		require.Nil(t, seat.c)
		require.True(t, seat.entry.Buried())
		require.Nil(t, seat.entry.Session, "what is remembered is small")
		time.Sleep(time.Minute + time.Millisecond) // of the bubble
		synctest.Wait()
		require.Empty(t, r.byKey)
		require.Zero(t, r.tombs.Len())
	})
}

func TestRegistryRemembersABoundedNumber(t *testing.T) {
	srv := newRegistry(t, nil)
	r := &srv.sessions
	r.mu.Lock()
	for i := range maxTombs {
		s := &seat{until: clock() + time.Hour, keys: [2]session.Key{{byte(i), byte(i >> 8), byte(i >> 16), 1}}}
		r.setKeys(s, s.keys)
		r.tombs.PushBack(s)
	}
	r.mu.Unlock()
	for range 10 {
		c := waiting(t, srv, "")
		c.mu.Lock()
		c.abortLocked(CodeNormal, "")
		c.unlock()
	}
	require.Equal(t, maxTombs, r.tombs.Len())
	require.Len(t, r.byKey, maxTombs)
}

func TestDrainedTellsOfTheLastSession(t *testing.T) {
	srv := newRegistry(t, nil)
	r := &srv.sessions
	a, b := waiting(t, srv, ""), waiting(t, srv, "")
	idle := r.drained()
	for i, c := range []*Conn{a, b} {
		require.Empty(t, isClosed(idle), fmt.Sprint(i))
		c.lose(LostExpired, nil)
	}
	require.Equal(t, "closed", isClosed(idle))
	require.Equal(t, "closed", isClosed(r.drained()))
}

func isClosed(ch <-chan struct{}) string {
	select {
	case <-ch:
		return "closed"
	default:
		return ""
	}
}
