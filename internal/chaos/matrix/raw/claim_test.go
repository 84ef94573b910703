package raw

import (
	"errors"
	"math"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/chaos/row"
	"github.com/longsplice/longsplice/internal/wire"
)

// allocated is how many bytes f has had allocated, by both ends, freed ones
// included.
func allocated(f func()) int64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// A claim is a length that a peer does not make good.
type claim struct {
	name    string
	said    []byte
	early   bool // in place of HELLO
	below   bool // under the transport
	allowed bool // it may still be made good, so that the link lives
}

func claimsOver(over stage.Over) []claim {
	long := func(n uint32, k wire.Kind) []byte {
		return []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n), byte(k)}
	}
	const most = 1 << 20 // MaxMessage
	claims := []claim{
		{name: "4 GiB - 1 in place of HELLO", said: long(math.MaxUint32, wire.KindHello), early: true},
		{name: "4 KiB + 1 in place of HELLO", said: long(wire.MaxControl+1, wire.KindHello), early: true},
		{name: "4 KiB of HELLO", said: long(wire.MaxControl, wire.KindHello), early: true, allowed: true},
		{name: "DATA of 4 GiB - 1", said: long(math.MaxUint32, wire.KindData)},
		{name: "DATA of 2 GiB", said: long(1<<31, wire.KindData)},
		{name: "DATA over the limit", said: long(most+2, wire.KindData)},
		{name: "DATA of the limit", said: long(most+1, wire.KindData), allowed: true},
		{name: "ACK of 4 GiB - 1", said: long(math.MaxUint32, wire.KindAck)},
		{name: "ACK over 4 KiB", said: long(wire.MaxControl+1, wire.KindAck)},
		{name: "an extension of 4 GiB - 1", said: long(math.MaxUint32, 0xff)},
		{name: "an extension over 4 KiB", said: long(wire.MaxControl+1, 0xff)},
		{name: "a length and no kind", said: long(math.MaxUint32, 0)[:4]},
	}
	switch over {
	case stage.TLS:
		claims = append(claims, claim{name: "a record of 64 KiB - 1", said: []byte{23, 3, 3, 0xff, 0xff}, below: true})
	case stage.WebSocket: // gorilla/websocket CVE-2020-27813 and what is like it
		for _, c := range []claim{
			{name: "a frame of 2^64 - 1", said: wsHeader(wsFin|wsBinary, math.MaxUint64)},
			{name: "a frame of 2^63", said: wsHeader(wsFin|wsBinary, 1<<63)},
			{name: "a frame of 2^63 - 1", said: wsHeader(wsFin|wsBinary, math.MaxInt64)},
			{name: "a frame over 16 MiB", said: wsHeader(wsFin|wsBinary, 16<<20+1)},
			{name: "a frame of 16 MiB", said: wsHeader(wsFin|wsBinary, 16<<20), allowed: true},
			{name: "fragments of 2^63 in all", said: append(wsFrame(wsBinary, nil), wsHeader(wsCont, math.MaxInt64)...)},
			{name: "fragments over 2^63 in all", said: append(wsFrame(wsBinary, make([]byte, 0)),
				append(wsFrame(wsCont, []byte{0}), wsHeader(wsFin|wsCont, math.MaxInt64)...)...)},
			{name: "a ping of 2^63 - 1", said: wsHeader(wsFin|wsPing, math.MaxInt64)},
			{name: "a ping of 126", said: wsHeader(wsFin|wsPing, 126)},
			{name: "a close of 64 KiB", said: wsHeader(wsFin|wsClose, 1<<16)},
		} {
			c.below = true
			claims = append(claims, c)
			c.name, c.early = c.name+" in place of HELLO", true
			claims = append(claims, c)
		}
	}
	return claims
}

// Row 40 of the fault matrix. A length is a claim, and nothing is allocated for it.
func TestClaimedLength(t *testing.T) {
	stage.Each(t, 40, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		s := serve(t, over, conn.Config{HandshakeTimeout: patience}, nil)
		victim := begin(s, "")
		var slowest time.Duration
		var most int64
		for _, claim := range claimsOver(over) {
			var c *conn.Conn
			p := s.dial()
			if !claim.early {
				p.greet(hello())
				c = <-s.sessions
				p.write(wire.AppendNonce(nil, wire.KindPing, 1))
				p.await(wire.KindPong) // somebody reads by now
			}
			nc := p.nc
			if claim.below {
				nc = socket(nc)
			}
			var took time.Duration
			grown := allocated(func() {
				_, err := nc.Write(claim.said)
				require.NoError(t, err)
				took = endOf(t, nc, claim.allowed)
			})
			require.Less(t, grown, int64(64<<10), claim.name)
			most, slowest = max(most, grown), max(slowest, took)
			if c != nil && !claim.below {
				require.Equal(t, claim.allowed, c.Err() == nil, claim.name)
			}
			_ = p.nc.Close()
		}
		r.Memory(most)
		r.Detected(slowest)
		victim.exchange(3)
		books(t, r, victim)
	})
}

// endOf reads to the end of a link, with little memory, and returns when that was;
// or makes sure that there is none for some time.
func endOf(t *testing.T, nc net.Conn, lives bool) time.Duration {
	began := time.Now()
	wait := patience
	if lives {
		wait = 100 * time.Millisecond
	}
	require.NoError(t, nc.SetReadDeadline(began.Add(wait)))
	var small [256]byte
	for {
		if _, err := nc.Read(small[:]); err != nil {
			require.Equal(t, lives, errors.Is(err, os.ErrDeadlineExceeded), "%v", err)
			if lives {
				return 0
			}
			return time.Since(began)
		}
	}
}
