package conn_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest"
)

// numberedBatch holds n numbered messages from the given one.
func numberedBatch(t *testing.T, from, n int) *conn.Batch {
	var msgs [][]byte
	for i := from; i < from+n; i++ {
		msgs = append(msgs, []byte(numbered(i)))
	}
	b, err := conn.Encode(msgs...)
	require.NoError(t, err)
	require.Equal(t, n, b.Messages())
	return b
}

// One batch goes to many connections at once, while some of them are cut and
// replay it: the bytes are shared and stay what they are.
func TestOneBatchForManyConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const conns, n = 50, 200
		ch := make(capture, conns)
		b := newBed(t, ch, nil)
		b.eachLink(func(l *conntest.Link) {
			if l.ID()%2 == 0 {
				l.CutAfter(conntest.ToClient, int64(100+37*l.ID()), conntest.RST)
			}
		})
		shared := conn.Concat(numberedBatch(t, 0, n/2), nil, numberedBatch(t, n/2, n/2))
		require.Equal(t, n, shared.Messages())
		var received []<-chan error
		for range conns {
			c := b.dial(conn.Config{})
			s := <-ch
			received = append(received, start(func() error { return take(t.Context(), c, 0, 2*n) }))
			require.NoError(t, s.TrySendBatch(shared))
			go func() { _ = give(t.Context(), s, n, n) }()
		}
		for _, r := range received {
			require.NoError(t, <-r)
		}
	})
}

func TestBatchesAndSendsKeepTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, nil, conn.Config{})
		b.net.SetSlice(conntest.ToServer, 11)
		n := 0
		for i := range 40 {
			require.NoError(t, c.TrySendBatch(numberedBatch(t, n, i)))
			n += i
			require.NoError(t, give(t.Context(), c, n, i%3))
			n += i % 3
			if i%10 == 9 {
				b.net.Cut(conntest.RST)
			}
		}
		require.NoError(t, take(t.Context(), s, 0, n))
		require.EqualValues(t, n, c.Stats().Sent)
	})
}

// A batch is accepted whole or not at all.
func TestBatchIsAllOrNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, nil, conn.Config{SendBuffer: 1000})
		b.net.Stall(conntest.Both)
		batch := numberedBatch(t, 0, 30)
		require.NoError(t, c.TrySendBatch(batch))
		require.NoError(t, c.TrySendBatch(numberedBatch(t, 30, 30)))
		require.ErrorIs(t, c.TrySendBatch(numberedBatch(t, 60, 30)), conn.ErrFull)
		require.EqualValues(t, 60, c.Stats().Sent)
		b.net.Heal(conntest.Both)
		require.NoError(t, take(t.Context(), s, 0, 60))
	})
}

func TestBatchThatCanNeverBeSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, nil, conn.Config{SendBuffer: 1000, MaxMessage: 5000})
		var limit *conn.LimitError
		require.ErrorAs(t, c.TrySendBatch(numberedBatch(t, 0, 100)), &limit)
		require.Equal(t, "SendBuffer", limit.Limit)
		long, err := conn.Encode(nil, make([]byte, 5001))
		require.NoError(t, err)
		require.ErrorAs(t, c.TrySendBatch(long), &limit)
		require.Equal(t, conn.LimitError{Limit: "MaxMessage", Got: 5001, Max: 5000}, *limit)

		// A single message passes an empty buffer of any size.
		single, err := conn.Encode(make([]byte, 5000))
		require.NoError(t, err)
		require.NoError(t, c.TrySendBatch(single))
		msg, err := s.Receive(t.Context())
		require.NoError(t, err)
		require.Len(t, msg, 5000)
	})
}

func TestEmptyBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, nil, conn.Config{})
		empty, err := conn.Encode()
		require.NoError(t, err)
		for _, b := range []*conn.Batch{nil, empty, conn.Concat(), conn.Concat(nil), conn.Concat(nil, empty)} {
			require.Zero(t, b.Len())
			require.Zero(t, b.Messages())
			require.NoError(t, c.TrySendBatch(b))
		}
		one := numberedBatch(t, 0, 1)
		require.Same(t, one, conn.Concat(one))
		require.NoError(t, c.TrySendBatch(one))
		require.NoError(t, take(t.Context(), s, 0, 1))
		require.EqualValues(t, 1, c.Stats().Sent)
	})
}

func TestBatchYieldsItsMessages(t *testing.T) {
	b := conn.Concat(numberedBatch(t, 0, 3), nil, numberedBatch(t, 3, 2))
	var got []string
	for m := range b.All() {
		require.Equal(t, len(m), cap(m), "an append would reach the next message")
		got = append(got, string(m))
	}
	require.Equal(t, []string{numbered(0), numbered(1), numbered(2), numbered(3), numbered(4)}, got)
	for m := range b.All() {
		require.Equal(t, numbered(0), string(m))
		break
	}
	for range (*conn.Batch)(nil).All() {
		t.Fatal("a nil batch has no messages")
	}
}

func TestBatchOutsideAProgram(t *testing.T) {
	b := conn.Concat(numberedBatch(t, 0, 3), numberedBatch(t, 3, 2))
	p, err := b.MarshalBinary()
	require.NoError(t, err)
	again, err := conn.ParseBatch(p)
	require.NoError(t, err)
	require.Equal(t, b, again)
	p[0]++
	require.NotEqual(t, b, again, "it has a copy")
	for _, bad := range [][]byte{p, {0}, {0, 0, 0, 1, 0x12}, {0, 0, 0, 0, 0x10}, {0, 0, 0, 2, 0x10}} {
		_, err := conn.ParseBatch(bad)
		require.Error(t, err, "%x", bad)
	}
	empty, err := conn.ParseBatch(nil)
	require.NoError(t, err)
	require.Zero(t, empty.Messages())
}
