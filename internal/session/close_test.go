package session

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/wire"
)

// What a series of calls makes of this end's CLOSE. Two messages of 8 bytes are
// queued, of which one was sent; 8 bytes were consumed of 16 received.
func TestCallsThatClose(t *testing.T) {
	type call func(*Session)
	half := func(s *Session) { s.CloseSend(1, "half") }
	full := func(s *Session) { s.Close(2, "full") }
	abort := func(s *Session) { s.Abort(3, "abort") }
	var e *ends
	sendRest := func(*Session) { e.carry(clientSide, 1000) }
	consume := func(s *Session) { s.Consume(8, 1) }
	for name, c := range map[string]struct {
		calls []call
		want  wire.Close
	}{
		"half":                {[]call{half}, wire.Close{Code: 1, Reason: "half", Final: 16, Consumed: wire.Open}},
		"full":                {[]call{full}, wire.Close{Code: 2, Reason: "full", Final: 16, Consumed: 8}},
		"abort":               {[]call{abort}, wire.Close{Code: 3, Reason: "abort", Final: 8, Consumed: 8}},
		"half twice":          {[]call{half, half}, wire.Close{Code: 1, Reason: "half", Final: 16, Consumed: wire.Open}},
		"half, full":          {[]call{half, full}, wire.Close{Code: 1, Reason: "half", Final: 16, Consumed: 8}},
		"half, consume, full": {[]call{half, consume, full}, wire.Close{Code: 1, Reason: "half", Final: 16, Consumed: 16}},
		"full, consume":       {[]call{full, consume}, wire.Close{Code: 2, Reason: "full", Final: 16, Consumed: 8}},
		"full, half":          {[]call{full, half}, wire.Close{Code: 2, Reason: "full", Final: 16, Consumed: 8}},
		"full, abort":         {[]call{full, abort}, wire.Close{Code: 3, Reason: "abort", Final: 8, Consumed: 8}},
		"half, abort":         {[]call{half, abort}, wire.Close{Code: 3, Reason: "abort", Final: 8, Consumed: 8}},
		"full, sent, abort":   {[]call{full, sendRest, abort}, wire.Close{Code: 2, Reason: "full", Final: 16, Consumed: 8}},
		"abort, full":         {[]call{abort, full}, wire.Close{Code: 3, Reason: "abort", Final: 8, Consumed: 8}},
		"abort, half":         {[]call{abort, half}, wire.Close{Code: 3, Reason: "abort", Final: 8, Consumed: 8}},
		"abort twice":         {[]call{abort, abort}, wire.Close{Code: 3, Reason: "abort", Final: 8, Consumed: 8}},
	} {
		t.Run(name, func(t *testing.T) {
			e = newEnds(t, testLimits)
			s := e.side[clientSide].s
			require.NoError(t, e.send(serverSide, []byte("one")))
			require.NoError(t, e.send(serverSide, []byte("two")))
			e.settle()
			e.consume(clientSide)
			require.NoError(t, e.send(clientSide, []byte("one")))
			require.NoError(t, e.send(clientSide, []byte("two")))
			e.carry(clientSide, 8)
			require.Nil(t, s.Local())
			for _, call := range c.calls {
				call(s)
			}
			require.Equal(t, c.want, *s.Local())
			require.Equal(t, ErrClosing, s.Append(nil))
			require.Equal(t, ErrClosing, s.AppendShared(wire.AppendData(nil, nil)))
			require.False(t, s.Accepts())
			// And the peer is told exactly that, and no message behind it.
			e.settle()
			require.Equal(t, c.want, *e.side[serverSide].s.Remote())
			require.Equal(t, c.want.Final, e.side[serverSide].s.Count().Received)
		})
	}
}

// CLOSE goes ahead of what is queued, and again on each new link.
func TestCloseGoesFirstAndAgain(t *testing.T) {
	e := newEnds(t, testLimits)
	require.NoError(t, e.send(clientSide, []byte("one")))
	e.side[clientSide].s.Close(0, "")
	e.carry(clientSide, 1000)
	require.Equal(t, []wire.Kind{wire.KindClose, wire.KindData}, e.words(serverSide))
	require.True(t, e.side[clientSide].s.CloseWritten())
	for range 3 {
		e.resume()
		e.carry(clientSide, 1000)
		require.Equal(t, wire.KindClose, e.words(serverSide)[0])
	}
	require.Len(t, e.side[serverSide].received, 1)
}

func TestEndedIsWhenBothEndsKnow(t *testing.T) {
	e := newEnds(t, testLimits)
	c, s := e.side[clientSide].s, e.side[serverSide].s
	require.NoError(t, e.send(clientSide, []byte("one")))
	c.Close(0, "")
	require.False(t, c.Ended())
	e.settle()
	require.False(t, s.AtFinal(), "one message to consume")
	require.True(t, s.PeerDone(), "the client takes nothing more")
	require.False(t, c.PeerDone())
	e.consume(serverSide)
	require.True(t, s.AtFinal())
	require.False(t, s.Ended())
	s.Close(0, "")
	require.False(t, s.Ended(), "it has not been said")
	e.settle()
	require.True(t, s.Ended())
	require.True(t, c.Ended())
	for _, s := range []*Session{c, s} {
		undelivered, unknown := s.Loss()
		require.Empty(t, undelivered)
		require.Empty(t, unknown)
	}
}

func TestCloseOfThePeer(t *testing.T) {
	body := func(final, consumed uint64) []byte {
		c := wire.Close{Final: final, Consumed: consumed}
		return c.Append(nil)[wire.HeaderSize:]
	}
	for name, c := range map[string]struct {
		bodies [][]byte
		bad    bool // the last of them
		want   wire.Close
	}{
		"half":                     {bodies: [][]byte{body(8, wire.Open)}, want: wire.Close{Final: 8, Consumed: wire.Open}},
		"full":                     {bodies: [][]byte{body(8, 8)}, want: wire.Close{Final: 8, Consumed: 8}},
		"repeated":                 {bodies: [][]byte{body(8, 8), body(8, 8)}, want: wire.Close{Final: 8, Consumed: 8}},
		"half, then full":          {bodies: [][]byte{body(8, wire.Open), body(8, 0)}, want: wire.Close{Final: 8}},
		"full is not taken back":   {bodies: [][]byte{body(8, 8), body(8, wire.Open)}, want: wire.Close{Final: 8, Consumed: 8}},
		"cut short":                {bodies: [][]byte{body(16, 8), body(8, 8)}, want: wire.Close{Final: 8, Consumed: 8}},
		"final before received":    {bodies: [][]byte{body(7, 8)}, bad: true},
		"consumed beyond sent":     {bodies: [][]byte{body(8, 9)}, bad: true},
		"longer than it had said":  {bodies: [][]byte{body(8, 8), body(16, 8)}, bad: true},
		"consumed beyond all that": {bodies: [][]byte{body(8, wire.Open-1)}, bad: true},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnds(t, testLimits)
			require.NoError(t, e.send(clientSide, []byte("one")))
			require.NoError(t, e.send(serverSide, []byte("one")))
			e.settle()
			s := e.side[serverSide]
			for i, b := range c.bodies {
				ev, _, err := s.s.Control(s.gen, wire.KindClose, b, 1)
				if c.bad && i == len(c.bodies)-1 {
					require.IsType(t, &wire.Error{}, err)
					return
				}
				require.NoError(t, err)
				require.Equal(t, EventClosed, ev)
			}
			require.Equal(t, c.want, *s.s.Remote())
		})
	}
}
