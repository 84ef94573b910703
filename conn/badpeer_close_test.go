package conn

import (
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/wire"
)

func TestImpossibleCloseEndsTheSession(t *testing.T) {
	for name, frames := range map[string][][]byte{
		"final before what was received": {wire.AppendData(nil, []byte("msg")), wire.Close{Final: 7, Consumed: wire.Open}.Append(nil)},
		"consumed ahead of sent":         {wire.Close{Consumed: 9}.Append(nil)},
		"consumed far ahead":             {wire.Close{Consumed: math.MaxUint64 - 1}.Append(nil)},
		"data behind final":              {wire.Close{Final: 7, Consumed: wire.Open}.Append(nil), wire.AppendData(nil, []byte("msg"))},
		"no body":                        {wire.AppendHeader(nil, wire.KindClose, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := inMemory(t, nil, nil)
				p, _, c := r.session()
				send(t, c, "one")
				require.Equal(t, "one", p.message())
				p.write(frames...)
				lost := requireViolation(t, p, c)
				require.Equal(t, [][]byte{[]byte("one")}, lost.Unknown)
			})
		})
	}
}

// A peer that resumes from an earlier position has to be sent everything from
// there again: until then it cannot claim to have consumed it.
func TestCloseAheadOfTheReplayEndsTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		p, w, c := r.session()
		const n = 40
		for range n {
			send(t, c, strings.Repeat("x", 10_000))
			p.message()
		}
		_ = p.nc.Close()

		h := p.resumption(w, 2)
		h.Received, h.Consumed = 0, 0
		q := r.peer()
		// The link takes 64 KiB, so that most of the replay cannot be under way.
		q.greet(h)
		q.write(wire.Close{Consumed: n * 10_005}.Append(nil))
		<-c.Done()
		var lost *LostError
		require.ErrorAs(t, c.Err(), &lost)
		require.Equal(t, LostProtocol, lost.Reason)
		require.Len(t, lost.Unknown, n)
	})
}

func TestCloseTellsWhatWasNotConsumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		p, _, c := r.session()
		send(t, c, "one", "two")
		require.Equal(t, "one", p.message())
		require.Equal(t, "two", p.message())
		p.write(wire.Close{Code: 1234, Reason: "tired", Consumed: 8}.Append(nil))
		_, err := c.Receive(t.Context())
		var closed *CloseError
		require.ErrorAs(t, err, &closed)
		<-c.Done()
		var lost *LostError
		require.ErrorAs(t, c.Err(), &lost)
		require.Equal(t, [][]byte{[]byte("two")}, lost.Undelivered)
		require.Empty(t, lost.Unknown, "the peer has said what it consumed")
		require.ErrorAs(t, lost, &closed)
		require.Equal(t, CloseError{Code: 1234, Reason: "tired", Remote: true}, *closed)
	})
}

// The reason is a stranger's text: it is cut on the way out, and refused on the
// way in when it is longer than anybody may send.
func TestLongReasonIsAViolation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		p, _, c := r.session()
		f := wire.Close{Consumed: wire.Open, Reason: strings.Repeat("r", wire.MaxReason)}.Append(nil)
		f = append(f, 'r')
		f[3]++
		p.write(f)
		requireViolation(t, p, c)
	})
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		p, _, c := r.session()
		go func() { _ = c.Shutdown(t.Context(), CodeError, strings.Repeat("é", 1000)) }()
		got, err := wire.ParseClose(p.until(wire.KindClose))
		require.NoError(t, err)
		require.Equal(t, strings.Repeat("é", wire.MaxReason/2), got.Reason)
		p.write(wire.Close{}.Append(nil))
		<-c.Done()
	})
}

// The peer vanishes without a word, as behind a truncated TLS stream: that is
// a dead link, not the end of the session.
func TestEndWithoutCloseIsNoEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		p, w, c := r.session()
		p.data("one")
		p.write(wire.AppendData(nil, []byte("two"))[:6])
		require.NoError(t, p.nc.(interface{ CloseWrite() error }).CloseWrite())
		msg, err := c.Receive(t.Context())
		require.NoError(t, err)
		require.Equal(t, "one", string(msg))
		p.rest()
		time.Sleep(time.Minute) // virtual
		require.NoError(t, c.Err())
		q := r.peer()
		h := p.resumption(w, 2)
		require.True(t, q.greet(h).Resumed)
		q.data("two")
		msg, err = c.Receive(t.Context())
		require.NoError(t, err)
		require.Equal(t, "two", string(msg), "half a message is none")
	})
}
