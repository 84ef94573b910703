package conn

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/wire"
)

const smallWindow = 1000

func TestDataUpToTheWindowIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, &Config{Window: smallWindow})
		p, w, c := r.session()
		require.Equal(t, uint32(smallWindow), w.Window)
		for range 10 {
			p.data(strings.Repeat("x", 95))
		}
		time.Sleep(time.Second) // of the bubble: somebody reads, though nobody receives
		require.NoError(t, c.Err())
		require.Equal(t, uint64(10), c.Stats().Received)
		for range 10 {
			_, err := c.Receive(t.Context())
			require.NoError(t, err)
		}
	})
}

func TestDataBeyondTheWindowEndsTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, &Config{Window: smallWindow})
		p, _, c := r.session()
		for range 10 {
			p.data(strings.Repeat("x", 95))
		}
		p.data("") // 5 bytes more
		lost := requireViolation(t, p, c)
		require.ErrorContains(t, lost, "window")
		require.Zero(t, c.inboxBytes(), "nothing of a lost session is kept or delivered")
	})
}

// inboxBytes is what waits in the inbox.
func (c *Conn) inboxBytes() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n = len(c.inbox.now.frames)
	for _, r := range c.inbox.queue[c.inbox.head:] {
		n += len(r.frames)
	}
	return n
}

func TestOneMessageFitsAnEmptyWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, &Config{Window: smallWindow})
		p, _, c := r.session()
		long := strings.Repeat("x", 10*smallWindow)
		p.data(long)
		msg, err := c.Receive(t.Context())
		require.NoError(t, err)
		require.Equal(t, long, string(msg))
		p.data("") // the window is more than full
		requireViolation(t, p, c)
	})
}

func TestAcknowledgementReopensTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, OnMessage(func(context.Context, *Conn, []byte) error { return nil }), &Config{Window: smallWindow})
		p := r.peer()
		p.greet(rawHello())
		for range 100 {
			p.data(strings.Repeat("x", smallWindow-wire.HeaderSize))
			p.write(wire.AppendAckReq(nil))
			for consumed := uint64(0); consumed < p.sum.Sent; {
				a, err := wire.ParseAck(p.until(wire.KindAck))
				require.NoError(t, err)
				require.LessOrEqual(t, a.Consumed, a.Received)
				consumed = a.Consumed
			}
		}
	})
}

func TestPeersWindowIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		p := r.peer()
		h := rawHello()
		h.Window = smallWindow
		p.greet(h)
		c := <-r.conns
		for range 20 {
			send(t, c, strings.Repeat("x", 95))
		}
		for range 10 {
			p.message()
		}
		// What follows the last message that fits is the question for more.
		p.until(wire.KindAckReq)
		synctest.Wait()
		require.Equal(t, 1000, c.Stats().Unsent)
		p.write(wire.Ack{Received: 1000, Consumed: 300}.Append(nil))
		for range 3 {
			p.message()
		}
		synctest.Wait()
		require.Equal(t, 700, c.Stats().Unsent)
		require.Equal(t, uint64(1300), p.sum.Received)
	})
}
