package session

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/wire"
)

// FuzzPipe plays whatever two applications may do at either end of a pipe that
// loses nothing: neither end may ever accuse the other, and what was accepted
// arrives, in order and once, also when links replace each other.
func FuzzPipe(f *testing.F) {
	f.Add([]byte("\x00\x10\x01\x20\x04\xff\x05\xff\x06\x01\x07\x01\x08\x00"))
	f.Add(bytes.Repeat([]byte{0, 255, 4, 10, 7, 0, 5, 255}, 40))
	f.Add(bytes.Repeat([]byte{0, 200, 1, 200, 4, 255, 5, 255, 9, 0, 6, 0}, 30))
	f.Add([]byte{0, 9, 4, 255, 8, 0, 4, 255, 5, 255, 11, 0, 4, 255, 5, 255})
	f.Add([]byte{0, 9, 0, 200, 12, 0, 1, 9, 4, 3, 5, 3, 9, 0, 4, 255, 13, 1})
	f.Fuzz(func(t *testing.T, ops []byte) {
		e := newEnds(t, testLimits)
		closed := false
		for n := 0; len(ops) >= 2 && n < 1000; n++ {
			op, arg := ops[0]%14, int(ops[1])
			ops = ops[2:]
			side := int(op & 1)
			s := e.side[side].s
			switch op {
			case 0, 1:
				msg := binary.BigEndian.AppendUint16(nil, uint16(len(e.side[side].accepted)))
				msg = append(msg, bytes.Repeat([]byte{byte(side)}, arg)...)
				if err := e.send(side, msg); err == ErrFull {
					s.Ask()
				}
			case 2, 3:
				s.Ask()
			case 4, 5:
				e.carry(side, 1+arg*8)
			case 6, 7:
				e.consume(side)
			case 8:
				e.now += time.Duration(arg+1) * 10 * time.Millisecond
				e.side[clientSide].s.Tick(e.now)
				e.side[serverSide].s.Tick(e.now)
			case 9:
				e.resume()
			case 10:
				s.Probe()
			case 11:
				s.Ping(uint64(arg))
			case 12:
				e.side[arg&1].s.CloseSend(1, "half")
			case 13:
				e.side[arg&1].s.Close(2, "done")
				closed = true
			}
			e.check()
		}
		e.drain()
		for side, a := range e.side {
			if !closed {
				require.Equal(t, len(a.accepted), len(e.side[1-side].received), "all of it arrived")
			}
			a.s.Ask()
		}
		e.drain()
		for _, a := range e.side {
			if n := a.s.Count(); !closed {
				require.Equal(t, n.Queued, n.Acked, "and is known to have been consumed")
			}
			a.s.Close(3, "")
		}
		e.drain()
		for _, a := range e.side {
			require.True(t, a.s.Ended())
		}
	})
}

// check is what holds at every moment.
func (e *ends) check() {
	for side, a := range e.side {
		n, peer := a.s.Count(), e.side[1-side].s.Count()
		require.LessOrEqual(e.t, n.Acked, n.Sent)
		require.LessOrEqual(e.t, n.Sent, n.High)
		require.LessOrEqual(e.t, n.High, n.Queued)
		require.LessOrEqual(e.t, n.Acked, peer.Consumed)
		require.LessOrEqual(e.t, n.Consumed, n.Received)
		require.LessOrEqual(e.t, n.Queued-n.Acked, uint64(e.limits.SendBuffer))
		got := e.side[1-side].received
		require.LessOrEqual(e.t, len(got), len(a.accepted))
		if k := len(got); k > 0 {
			require.Equal(e.t, a.accepted[k-1], got[k-1])
		}
	}
}

// The shortest way through: what each end says, and nothing else.
func TestOneMessageAndItsAcknowledgement(t *testing.T) {
	e := newEnds(t, testLimits)
	require.NoError(t, e.send(clientSide, []byte("hello")))
	e.settle()
	require.Equal(t, []wire.Kind{wire.KindData}, e.words(serverSide))
	require.True(t, e.consume(serverSide))
	e.settle()
	require.Empty(t, e.words(clientSide), "nobody asked")
	e.side[clientSide].s.Ask()
	e.settle()
	require.Equal(t, []wire.Kind{wire.KindAckReq}, e.words(serverSide))
	require.Equal(t, []wire.Kind{wire.KindAck}, e.words(clientSide))
	n := e.side[clientSide].s.Count()
	require.Equal(t, n.Queued, n.Acked)
}
