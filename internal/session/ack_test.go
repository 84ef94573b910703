package session

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/wire"
)

func TestWhenProgressIsTold(t *testing.T) {
	e := newEnds(t, testLimits) // a window of 1,000
	for range 10 {
		require.NoError(t, e.send(clientSide, make([]byte, 45)))
	}
	e.settle()
	require.Empty(t, e.words(clientSide))
	told := 0
	for range 10 {
		e.consume(serverSide)
		e.settle()
		told += len(e.words(clientSide))
	}
	require.Equal(t, 2, told, "at each quarter of the window")
	require.Equal(t, uint64(500), e.side[clientSide].s.Count().Acked)
}

// An ACKREQ is in force until all that it asked about is consumed, across any
// number of acknowledgements.
func TestAckReqIsSticky(t *testing.T) {
	e := newEnds(t, testLimits)
	for range 3 {
		require.NoError(t, e.send(clientSide, []byte("x")))
	}
	e.side[clientSide].s.Ask()
	e.settle()
	require.Equal(t, []wire.Kind{wire.KindAck}, e.words(clientSide), "answered at once, with nothing consumed")
	require.Zero(t, e.side[clientSide].s.Count().Acked)

	e.consume(serverSide)
	e.settle()
	require.Empty(t, e.words(clientSide), "the application is at work")
	s := e.side[serverSide].s
	due := s.Deadline()
	require.Equal(t, e.now+stickyAck, due)
	e.now = due - 1
	s.Tick(e.now)
	e.settle()
	require.Empty(t, e.words(clientSide))
	e.now = due
	s.Tick(e.now)
	e.settle()
	require.Equal(t, uint64(6), e.side[clientSide].s.Count().Acked)

	e.consume(serverSide)
	e.now = s.Deadline()
	s.Tick(e.now)
	e.settle()
	require.Equal(t, uint64(12), e.side[clientSide].s.Count().Acked)
	e.consume(serverSide) // the last: told without being asked again
	e.settle()
	require.Equal(t, uint64(18), e.side[clientSide].s.Count().Acked)
	require.Equal(t, []wire.Kind{wire.KindAck, wire.KindAck, wire.KindAck}, e.words(clientSide))
	require.NotContains(t, e.words(serverSide)[4:], wire.KindAckReq, "one question was enough")
}

// What was asked on a link that died is asked again by whoever still waits.
func TestAckReqSurvivesItsLink(t *testing.T) {
	e := newEnds(t, testLimits)
	require.NoError(t, e.send(clientSide, []byte("x")))
	e.side[clientSide].s.Ask()
	e.settle()
	e.resume()
	e.words(serverSide)
	e.settle()
	require.Contains(t, e.words(serverSide), wire.KindAckReq)
	e.consume(serverSide)
	e.settle()
	require.Equal(t, uint64(6), e.side[clientSide].s.Count().Acked)
	e.resume()
	e.words(serverSide)
	e.settle()
	require.Empty(t, e.words(serverSide), "nobody waits any more")
}

func TestDeadlineOfNews(t *testing.T) {
	e := newEnds(t, testLimits)
	s := e.side[serverSide].s
	require.Zero(t, s.Deadline(), "there is no news")
	require.NoError(t, e.send(clientSide, []byte("x")))
	e.now = 10 * time.Second
	e.settle()
	require.Equal(t, e.now+lazyAck, s.Deadline())
	began := e.now
	e.now += lazyAck / 2
	e.consume(serverSide)
	require.Equal(t, began+lazyAck, s.Deadline(), "it is the oldest news that counts")
	s.Tick(began + lazyAck - 1)
	require.False(t, s.Pending(e.side[serverSide].gen))
	s.Tick(began + lazyAck)
	require.True(t, s.Pending(e.side[serverSide].gen))
	e.settle()
	require.Equal(t, uint64(6), e.side[clientSide].s.Count().Acked)
	require.Zero(t, s.Deadline())
	require.True(t, s.Detach(e.side[serverSide].gen))
	s.Consume(0, e.now)
	require.Zero(t, s.Deadline(), "nobody is there to be told")
	s.Tick(time.Hour)
	require.False(t, s.Pending(e.side[serverSide].gen))
}

// The handshake tells where an end stands, so nothing is left to tell after it.
func TestHandshakeTellsTheNews(t *testing.T) {
	e := newEnds(t, testLimits)
	require.NoError(t, e.send(clientSide, []byte("x")))
	e.settle()
	e.consume(serverSide)
	require.NotZero(t, e.side[serverSide].s.Deadline())
	e.resume()
	require.Equal(t, uint64(6), e.side[clientSide].s.Count().Acked)
	require.Zero(t, e.side[serverSide].s.Deadline())
}

// A sender that the window holds back asks, once for each position.
func TestBlockedSenderAsks(t *testing.T) {
	e := newEnds(t, testLimits)
	for range 8 {
		require.NoError(t, e.send(clientSide, make([]byte, 195)))
	}
	e.settle()
	require.Equal(t, uint64(1000), e.side[clientSide].s.Count().Sent)
	kinds := e.words(serverSide)
	require.Equal(t, wire.KindAckReq, kinds[len(kinds)-1])
	require.Len(t, kinds, 6)
	e.settle()
	require.Empty(t, e.words(serverSide))
	e.drain()
	require.Len(t, e.side[serverSide].received, 8)
}

func TestPingBudget(t *testing.T) {
	const every = time.Second
	var b pingBudget
	now := time.Hour // a process that has been up for a while
	for range pingBurst + 2 {
		require.True(t, b.allow(every, now))
	}
	require.False(t, b.allow(every, now), "the third strike")
	b = pingBudget{}
	for range 10_000 {
		now += every
		require.True(t, b.allow(every, now))
	}
	for range pingBurst - 1 {
		require.True(t, b.allow(every, now))
	}
	require.Zero(t, b.strikes)
	now += 1000 * time.Hour
	for range pingBurst {
		require.True(t, b.allow(every, now))
	}
	require.Zero(t, b.strikes, "a long silence refills it, and no more than that")
	require.True(t, b.allow(every, now))
	require.Equal(t, int8(1), b.strikes)
	for range 1000 {
		require.True(t, (&pingBudget{spent: pingBurst, strikes: 100}).allow(0, now), "no limit")
	}
}

func TestOnePongForManyPings(t *testing.T) {
	limits := testLimits
	e := newEnds(t, limits)
	s := e.side[serverSide]
	for nonce := range uint64(100) {
		f := wire.AppendNonce(nil, wire.KindPing, nonce)
		_, _, err := s.s.Control(s.gen, wire.KindPing, f[wire.HeaderSize:], 1)
		require.NoError(t, err)
	}
	ctrl, bufs := s.s.Next(s.gen, nil, nil, 1000)
	require.Equal(t, wire.AppendNonce(nil, wire.KindPong, 99), ctrl)
	require.Len(t, bufs, 1)
	s.s.Wrote()
}
