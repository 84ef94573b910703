package raw

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/wire"
)

// What SECURITY.md states, in bytes.
const (
	remainsCost = 2 << 10   // of a session that is over
	strangerTLS = 192 << 10 // a link in its handshake, TLS included
	entryCost   = 128       // an entry of a room, beside the value
)

// A peer that opens and closes one session after the other leaves remains behind,
// for SessionTTL. They are small, however a session ended.
func TestRemainsOfClosedSessions(t *testing.T) {
	const n = 500
	rest := steady(live)
	for name, end := range map[string]func(p *peer){
		"closed": func(p *peer) {
			p.write(wire.Close{}.Append(nil))
			p.await(wire.KindClose)
		},
		"with the longest reason": func(p *peer) {
			p.write(wire.Close{Reason: string(make([]byte, wire.MaxReason))}.Append(nil))
			p.await(wire.KindClose)
		},
		"for a violation": func(p *peer) {
			p.write(wire.AppendHeader(nil, 0x7f, 0))
			p.await(wire.KindClose)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, stage.TCP, conn.Config{}, conn.OnMessage(func(context.Context, *conn.Conn, []byte) error { return nil }))
			logged := len(s.logged())
			for range n {
				nc, err := s.over.Dial(t.Context(), s.addr)
				require.NoError(t, err)
				require.NoError(t, nc.SetReadDeadline(time.Now().Add(patience)))
				p := &peer{t: t, nc: nc} // whose end is not left to the test's
				p.greet(hello())
				end(p)
				require.NoError(t, nc.Close())
			}
			settled(t, func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.ended == n }, "over")
			var each int64
			deadline := time.Now().Add(patience)
			for each = remainsCost + 1; each > remainsCost && time.Now().Before(deadline); { // links are let go of a moment later
				each = (live() - rest - 2*int64(len(s.logged())-logged)) / n
			}
			t.Logf("%d bytes each", each)
			require.LessOrEqual(t, each, int64(remainsCost))
		})
	}
}

// TLS handshakes that are abandoned half way, at the points where a server holds
// most: behind the hello, which it has answered, and within the longest message of
// a handshake that crypto/tls takes.
func TestAbandonedTLSHandshakes(t *testing.T) {
	const n = 200
	long := clientHello(t)
	// A message of 64 KiB less a byte that has come but for its last bytes, in
	// records of 16 KiB.
	endless := []byte{1, 0, 0xff, 0xff}
	endless = append(endless, make([]byte, 0xffff-4)...)
	var records []byte
	for rest := endless; len(rest) > 0; {
		k := min(len(rest), 16<<10)
		records = append(binary.BigEndian.AppendUint16(append(records, 22, 3, 1), uint16(k)), rest[:k]...)
		rest = rest[k:]
	}
	for name, said := range map[string][]byte{
		"silent":                 nil,
		"within a record":        long[:20],
		"behind the hello":       long,
		"within an endless one":  records,
		"within its last record": records[:len(records)-1],
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, stage.TLS, conn.Config{HandshakeTimeout: 5 * time.Minute, MaxHandshakes: -1, MaxHandshakesPerIP: -1}, nil)
			before, bare, goroutines := steady(held), live(), runtime.NumGoroutine()
			var links []net.Conn
			for range n {
				nc, err := net.Dial("tcp", s.addr)
				require.NoError(t, err)
				t.Cleanup(func() { _ = nc.Close() })
				_, err = nc.Write(said)
				require.NoError(t, err)
				if name == "behind the hello" {
					_, err = io.ReadFull(nc, make([]byte, 100)) // the answer's beginning
					require.NoError(t, err)
				}
				links = append(links, nc)
			}
			settled(t, func() bool { return runtime.NumGoroutine() >= goroutines+n }, "all are being greeted")
			each := steady(func() int64 { return (held() - before) / n }) // when all has been read
			t.Logf("%d KiB each", each>>10)
			require.LessOrEqual(t, each, int64(strangerTLS))
			for _, nc := range links {
				require.NoError(t, nc.Close())
			}
			settled(t, func() bool { return s.refusals() == n }, "gone")
			settled(t, func() bool { return (live()-bare)/n < 2<<10 }, "nothing is kept of them")
		})
	}
}

// A busy member takes nothing.
type busyMember struct{}

func (busyMember) Offer(*hub.Sub[int], int) hub.Answer { return hub.Busy }

// Values of no size, and users who come and go, in a room with a member that takes
// nothing: a room's entries are bounded by their number.
func TestEntriesOfARoom(t *testing.T) {
	const backlog = 1000 // by default
	const bound = (4*backlog + 64) * entryCost
	for name, flood := range map[string]func(t *testing.T, h *hub.Hub[int]){
		"values of no size": func(t *testing.T, h *hub.Hub[int]) {
			for i := range 50_000 {
				_, err := h.Publish(t.Context(), "r", i)
				require.NoError(t, err)
			}
		},
		"users who come and go": func(t *testing.T, h *hub.Hub[int]) {
			for i := range 50_000 {
				sub, err := h.Join(t.Context(), "r", busyMember{}, hub.As(string(rune('a'+i%26))))
				require.NoError(t, err)
				sub.Leave()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := hub.New(hub.Config[int]{
				Rooms:  hub.Room{Grace: -1},
				Size:   func(int) int { return 0 },
				Notice: func(hub.Notice) int { return 0 },
			})
			sub, err := h.Join(t.Context(), "r", busyMember{})
			require.NoError(t, err)
			before := held()
			flood(t, h)
			grown := held() - before
			t.Logf("%d bytes, bound %d", grown, bound)
			require.LessOrEqual(t, grown, int64(bound))
			sub.Leave()
			require.NoError(t, h.Close())
		})
	}
}
