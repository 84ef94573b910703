package raw

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/wire"
)

// What a session takes at most, by SECURITY.md, with the configuration of the test:
// the peer fills the window of an application that does not receive, with control
// frames between small messages, begins the longest message behind it, and reads
// nothing of what the application sends.
func TestSessionsOfHostilePeers(t *testing.T) {
	const n = 16
	const window, buffer, longest = 64 << 10, 128 << 10, 64 << 10
	const sent = buffer + buffer*3/100 + 128<<10
	const received = 4*window + 256<<10
	const bound = sent + received + longest + liveCost
	rest := steady(held)
	for _, over := range stage.Transports {
		t.Run(string(over), func(t *testing.T) {
			s := serveOn(t, over, listen(t, 16<<10),
				conn.Config{Window: window, SendBuffer: buffer, MaxMessage: longest, WriteTimeout: -1}, nil)
			before := atRest(t, rest)
			var peers []*peer
			for range n {
				p, _ := deaf(until(t), t, s)
				c := <-s.sessions
				pair := wire.AppendData(wire.AppendHeader(nil, wire.KindOptional, 0), make([]byte, 20))
				messages := window / (len(pair) - wire.HeaderSize)
				p.write(bytes.Repeat(pair, messages))
				settled(t, func() bool { return c.Stats().Unread == messages }, "the window is full")
				p.write(wire.AppendHeader(nil, wire.KindData, longest), make([]byte, longest-4<<10))
				for c.TrySend(make([]byte, 100)) == nil {
				}
				peers = append(peers, p)
			}
			// What was begun has been read when nothing more is taken up.
			each := steady(func() int64 { return (held() - before) / n })
			t.Logf("%d KiB each, bound %d KiB", each>>10, int64(bound)>>10)
			require.LessOrEqual(t, each, int64(bound))
			require.Greater(t, each, int64(buffer+window), "else nothing was attacked")
			for _, p := range peers {
				p.cut()
			}
		})
	}
}
