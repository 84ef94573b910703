package conn_test

import (
	"encoding/binary"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/chaos/row"
)

// Row 18: two resumptions of one session at the same time, with the same
// attempt or with one after the other: exactly one link is left, and it works.
func TestTwoConcurrentResumesExactlyOneWins(t *testing.T) {
	row.Of(t, 18, "")
	won := [2]int{}
	for seed := range uint64(1000) {
		synctest.Test(t, func(t *testing.T) {
			ch := make(capture, 1)
			b := newBed(t, ch, nil)
			nc, err := b.net.Dial(t.Context(), "server")
			require.NoError(t, err)
			first := &bare{nc, t}
			first.put(0x01, bareHello(0, 1, nil))
			welcome := first.await(kindWelcome, time.Second)
			epoch, token := binary.BigEndian.Uint64(welcome[2:]), welcome[len(welcome)-32:]
			s := <-ch

			var peers [2]*bare
			for i := range peers {
				nc, err := b.net.Dial(t.Context(), "server")
				require.NoError(t, err)
				peers[i] = &bare{nc, t}
			}
			synctest.Wait()
			var put [2]<-chan error
			for i, p := range peers {
				put[i] = start(func() error {
					p.put(0x01, bareHello(epoch, 2+seed%2*uint64(i), token))
					return nil
				})
			}
			<-put[0]
			<-put[1]
			time.Sleep(time.Second)
			require.NoError(t, s.Send(t.Context(), []byte("who is it?")))
			time.Sleep(time.Second)
			alive := 0
			for i, p := range append(peers[:], first) {
				if p.hears("who is it?") {
					alive++
					won[min(i, 1)]++
				}
			}
			require.Equal(t, 1, alive, "links that carry the session")
			require.NoError(t, s.Err())
			require.LessOrEqual(t, s.Stats().Links, uint64(3))
		})
	}
	t.Logf("won: %v", won)
}

// hears reads what has come, and reports whether a message is among it.
func (p *bare) hears(msg string) bool {
	_ = p.SetReadDeadline(time.Now().Add(time.Millisecond))
	for {
		var head [5]byte
		if _, err := readFull(p.Conn, head[:]); err != nil {
			return false
		}
		body := make([]byte, binary.BigEndian.Uint32(head[:])-1)
		if _, err := readFull(p.Conn, body); err != nil {
			return false
		}
		if head[4] == 0x10 && string(body) == msg {
			return true
		}
	}
}
