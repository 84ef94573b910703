package session

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/wire"
)

func aWelcome(resumed bool) *wire.Welcome {
	return &wire.Welcome{Resumed: resumed, Epoch: 7, ID: wire.ID{1}, Window: 1000, MaxMessage: 300, Token: wire.Token{1}}
}

func TestAnswersToAHello(t *testing.T) {
	stale, violation := ErrStale, &wire.Error{}
	for name, c := range map[string]struct {
		known  bool
		change func(w *wire.Welcome, attempt *uint64)
		want   error
	}{
		"a new session":                 {change: func(*wire.Welcome, *uint64) {}},
		"a resumption":                  {known: true, change: func(*wire.Welcome, *uint64) {}},
		"of an earlier attempt":         {change: func(_ *wire.Welcome, a *uint64) { *a-- }, want: stale},
		"of an attempt to come":         {known: true, change: func(_ *wire.Welcome, a *uint64) { *a++ }, want: stale},
		"resumed, without a session":    {change: func(w *wire.Welcome, _ *uint64) { w.Resumed = true }, want: violation},
		"new, in place of a resumption": {known: true, change: func(w *wire.Welcome, _ *uint64) { w.Resumed = false }, want: violation},
		"another id":                    {known: true, change: func(w *wire.Welcome, _ *uint64) { w.ID[15]++ }, want: violation},
		"another epoch":                 {known: true, change: func(w *wire.Welcome, _ *uint64) { w.Epoch++ }, want: violation},
		"received from nowhere":         {change: func(w *wire.Welcome, _ *uint64) { w.Received = 1 }, want: violation},
		"a lower window":                {known: true, change: func(w *wire.Welcome, _ *uint64) { w.Window-- }, want: violation},
		"a lower message limit":         {known: true, change: func(w *wire.Welcome, _ *uint64) { w.MaxMessage-- }, want: violation},
		"higher limits":                 {known: true, change: func(w *wire.Welcome, _ *uint64) { w.Window++; w.MaxMessage++ }},
	} {
		t.Run(name, func(t *testing.T) {
			client := NewClient(New(testLimits, Pool{}))
			h := client.Hello()
			require.Equal(t, wire.Hello{Attempt: 1, Window: 1000, MaxMessage: 300}, h)
			if c.known {
				_, err := client.Welcome(h.Attempt, aWelcome(false))
				require.NoError(t, err)
				h = client.Hello()
				require.Equal(t, wire.Hello{Attempt: 2, Window: 1000, MaxMessage: 300, Epoch: 7, Token: wire.Token{1}}, h)
			}
			w, attempt := aWelcome(c.known), h.Attempt
			c.change(w, &attempt)
			_, err := client.Welcome(attempt, w)
			if c.want == nil {
				require.NoError(t, err)
			} else {
				require.IsType(t, c.want, err)
			}
			_, attached := client.Session.Generation()
			require.Equal(t, err == nil, attached)
			require.Equal(t, c.known || err == nil, client.Known())
			require.Equal(t, client.Known(), client.Resumable())
		})
	}
}

// HELLO says where the client stands, and from then on the old link is deaf.
func TestHelloFencesTheOldLink(t *testing.T) {
	e := newEnds(t, testLimits)
	require.NoError(t, e.send(serverSide, []byte("one")))
	e.settle()
	c := e.side[clientSide]
	h := e.client.Hello()
	require.Equal(t, uint64(8), h.Received)
	_, err := c.s.Data(c.gen, 8, 1)
	require.Equal(t, ErrFenced, err)
	_, _, err = c.s.Control(c.gen, wire.KindPing, make([]byte, 8), 1)
	require.Equal(t, ErrFenced, err)
	_, bufs := c.s.Next(c.gen, nil, nil, 1<<16)
	require.Empty(t, bufs)
	require.False(t, c.s.Pending(c.gen))
	require.False(t, c.s.Detach(c.gen), "nor does its death concern anybody")
}

func TestCloseInPlaceOfWelcome(t *testing.T) {
	closing := func(c wire.Close) []byte { return c.Append(nil)[wire.HeaderSize:] }
	client := NewClient(New(testLimits, Pool{}))
	h := client.Hello()
	require.IsType(t, &wire.Error{}, client.Closed(h.Attempt, closing(wire.Close{})), "there was nothing to close")
	_, err := client.Welcome(h.Attempt, aWelcome(false))
	require.NoError(t, err)
	require.NoError(t, client.Session.Append([]byte("one")))
	require.NoError(t, client.Session.Append([]byte("two")))
	gen, _ := client.Session.Generation()
	client.Session.Next(gen, nil, nil, 8)
	client.Session.Wrote()
	h = client.Hello()
	require.Equal(t, ErrStale, client.Closed(h.Attempt-1, closing(wire.Close{Consumed: 8})))
	require.IsType(t, &wire.Error{}, client.Closed(h.Attempt, closing(wire.Close{Consumed: 16})), "only one was sent")
	require.Nil(t, client.Session.Remote())
	require.NoError(t, client.Closed(h.Attempt, closing(wire.Close{Consumed: 8})))
	undelivered, unknown := client.Session.Loss()
	require.Equal(t, [][]byte{[]byte("two")}, undelivered)
	require.Empty(t, unknown)
}
