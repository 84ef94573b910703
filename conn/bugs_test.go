package conn_test

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest"
)

// The tests in this file are named after bugs that other libraries have
// shipped. Those that another test covers already:
//
//	TestResumeWhileTheOldLinkLives               phoenix #2306, Openfire #1527
//	TestOnMessageIsNeverConcurrentAcrossLinks    MongooseIM #324, #4496; EMQX #6393
//	TestLostCloseIsNoLostSession                 Openfire #2361, the peer's side
//	TestSendsDuringReplayKeepTheirOrder          rsocket-java #973, #1014
//	TestBatchesAndSendsKeepTheirOrder            SignalR #55575: another path is counted, too
//	TestServerRestartIsReportedOnce              centrifuge-go #160
//	TestFlappingDoesNotResetTheBackoff           cenkalti/backoff #156, #159
//	TestStuckWriteDoesNotStopTheWatch            smux #37
//	TestOutboundTrafficIsNoLife                  nats.rs #1593, nats-server #4014
//	TestReceiveCancelledAThousandTimesLosesNothing  coder/websocket #294
//	TestGracefulDrainLeavesNothingUnknown        nats.go, Drain
//	TestSendersRunIntoTheEnd                     zinx #71, #315, #400; gorilla #698, #957

// MongooseIM #4788: the end of the old link is noticed late. By then the session
// has a successor, which that must not touch, nor begin to count its absence.
func TestOldLinksCleanupLeavesItsSuccessorAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ttl = 10 * time.Second
		b, c, s := pair(t, &conn.Config{MinPing: -1, SessionTTL: ttl, Heartbeat: noWatch}, conn.Config{Heartbeat: noWatch})
		time.Sleep(time.Second)
		old := b.link()
		old.Stall(conntest.Both)
		_ = old.Client().Close() // the server learns nothing of it
		time.Sleep(time.Second)
		require.EqualValues(t, 2, s.Stats().Links)
		old.Heal(conntest.Both)
		time.Sleep(10 * ttl)
		require.NoError(t, s.Err(), "the successor died with the old link")
		require.EqualValues(t, 2, s.Stats().Links)
		exchange(t, c, s, 10)
	})
}

// Openfire #927, OF-1590: each direction is counted for itself. Much goes one
// way, little the other, and every link dies.
func TestDirectionsAreCountedApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, nil, conn.Config{})
		for i := range 50 {
			require.NoError(t, give(t.Context(), c, i*20, 20))
			require.NoError(t, give(t.Context(), s, i, 1))
			b.net.Cut(conntest.RST)
			require.NoError(t, take(t.Context(), s, i*20, 20))
			require.NoError(t, take(t.Context(), c, i, 1))
		}
	})
}

// stanza #495, socket.io #5282, #5419, #5538, #5539: a resumption with nothing
// to replay, a second one right behind, and one after which everything is new.
func TestResumptionsWithNothingToReplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, nil, conn.Config{})
		for i := range 30 {
			for range i % 4 {
				b.net.Cut(conntest.RST)
				time.Sleep(100 * time.Millisecond)
			}
			require.NoError(t, give(t.Context(), c, i, 1))
			require.NoError(t, take(t.Context(), s, i, 1))
		}
		time.Sleep(time.Minute)
		require.EqualValues(t, 30, s.Stats().Received, "nothing was doubled")
		exchange(t, c, s, 3)
	})
}

// MongooseIM #1186, ejabberd #222; invariant 12: a resumption that fails is
// nobody else's concern, nor that of the session that it was for.
func TestFailedResumeHarmsNoSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, nil, conn.Config{})
		var firsts []*conntest.Link
		for cut := int64(1); cut < 200; cut += 7 { // within HELLO, within WELCOME
			way := conntest.ToServer
			if cut%2 == 0 {
				way = conntest.ToClient
			}
			fails := 3
			b.eachLink(func(l *conntest.Link) {
				if fails--; fails >= 0 {
					l.CutAfter(way, cut/2, conntest.RST)
					firsts = append(firsts, l)
				}
			})
			b.net.Cut(conntest.RST)
			time.Sleep(time.Second)
			require.NoError(t, c.Err())
			require.NoError(t, s.Err())
		}
		require.NotEmpty(t, firsts)
		exchange(t, c, s, 10)
	})
}

// Openfire #2361: a session that was closed cleanly is over, whoever holds its
// token. (The tombstone answers with its CLOSE.)
func TestClosedSessionCannotBeResumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		b := newBed(t, conn.HandlerFunc(func(context.Context, *conn.Conn) error { calls++; return nil }), nil)
		nc, err := b.net.Dial(t.Context(), "server")
		require.NoError(t, err)
		p := &bare{nc, t}
		p.put(0x01, bareHello(0, 1, nil))
		welcome := p.await(kindWelcome, time.Second)
		epoch, token := binary.BigEndian.Uint64(welcome[2:]), welcome[len(welcome)-32:]
		p.await(kindClose, time.Second)
		closing := binary.BigEndian.AppendUint16(nil, 0)
		p.put(kindClose, append(closing, make([]byte, 16)...))
		time.Sleep(time.Second)
		for attempt := range uint64(5) {
			nc, err := b.net.Dial(t.Context(), "server")
			require.NoError(t, err)
			p := &bare{nc, t}
			p.put(0x01, bareHello(epoch, attempt+2, token))
			p.await(kindClose, time.Second)
		}
		require.Equal(t, 1, calls)
	})
}

// bareHello is the body of a HELLO.
func bareHello(epoch, attempt uint64, token []byte) []byte {
	p := append([]byte("LSPL"), 1, 0)
	p = binary.BigEndian.AppendUint64(p, epoch)
	p = binary.BigEndian.AppendUint64(p, attempt)
	p = append(p, make([]byte, 16)...) // positions
	p = binary.BigEndian.AppendUint32(p, 1<<20)
	p = binary.BigEndian.AppendUint32(p, 1<<20)
	p = append(p, byte(len(token)))
	p = append(p, token...)
	return append(p, 0, 0) // no credential
}

// SignalR #50315, #50409: acknowledgements, new messages, back-pressure and
// full windows all at once while a replay is under way.
func TestReplayUnderBackPressure(t *testing.T) {
	for seed := range uint64(100) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 9))
			b, c, s := pair(t, &conn.Config{MinPing: -1, Window: 200, SendBuffer: 300}, conn.Config{Window: 200, SendBuffer: 300})
			b.net.SetSlice(conntest.Both, 13)
			b.net.SetLatency(conntest.Both, time.Millisecond)
			done := make(chan struct{})
			go func() {
				for {
					select {
					case <-done:
						return
					case <-time.After(time.Duration(10+rng.IntN(30)) * time.Millisecond):
						b.net.Cut(conntest.RST)
					}
				}
			}()
			exchange(t, c, s, 100)
			close(done)
		})
	}
}

// nats.go #86: a frame that a cut has torn is never seen in parts.
func TestTornFrameIsReplayedWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, nil, conn.Config{})
		time.Sleep(time.Second)
		b.net.SetSlice(conntest.ToServer, 1000)
		want := make([]byte, 50_000)
		_, _ = rand.NewChaCha8([32]byte{1}).Read(want)
		cuts := int64(0)
		b.eachLink(func(l *conntest.Link) {
			if cuts++; cuts < 20 {
				l.CutAfter(conntest.ToServer, 2000*cuts, conntest.RST)
			}
		})
		b.link().CutAfter(conntest.ToServer, 777, conntest.RST)
		require.NoError(t, c.Send(t.Context(), want))
		got, err := s.Receive(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.EqualValues(t, 20, cuts)
	})
}

// paho.mqtt.golang #520: the replay of a full buffer goes over a link that
// takes little at once, within windows, and does not kill it.
func TestReplayBurstOverAWeakLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, nil, conn.Config{Heartbeat: watch})
		time.Sleep(time.Second)
		b.net.HangDials(true)
		b.net.Cut(conntest.RST)
		synctest.Wait()
		const n = 40_000 // most of a send buffer
		require.NoError(t, give(t.Context(), c, 0, n))
		b.net.SetSlice(conntest.Both, 500)
		b.net.SetLatency(conntest.Both, 100*time.Millisecond)
		b.net.HangDials(false)
		require.NoError(t, take(t.Context(), s, 0, n))
		require.EqualValues(t, 2, c.Stats().Links, "the link died of the burst")
	})
}

// smux #12, yamux #142: after a write timeout the link is gone as a whole, and
// the session is as good as before.
func TestWriteTimeoutLeavesNothingHalfAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, nil, conn.Config{WriteTimeout: time.Second, SendBuffer: -1, Heartbeat: noWatch})
		time.Sleep(time.Second)
		old := b.link()
		old.Stall(conntest.ToServer)
		require.NoError(t, c.Send(t.Context(), make([]byte, 200_000)))
		time.Sleep(5 * time.Second)
		_, err := old.Client().Read(make([]byte, 1))
		require.ErrorIs(t, err, net.ErrClosed)
		require.EqualValues(t, 2, c.Stats().Links)
		msg, err := s.Receive(t.Context())
		require.NoError(t, err)
		require.Len(t, msg, 200_000)
		exchange(t, c, s, 10)
	})
}
