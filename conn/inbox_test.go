package conn

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/wire"
)

// arrive pushes a run of messages, with control frames around and between
// them, in a chunk of its own that nobody else keeps.
func arrive(in *inbox, room int, msgs ...string) {
	run := wire.AppendNonce(nil, wire.KindPing, 1)
	for _, m := range msgs {
		run = wire.AppendData(run, []byte(m))
		run = wire.AppendAckReq(run)
	}
	ch := newChunk(max(room, len(run)))
	n := copy(ch.buf, run)
	in.push(ch.buf[:n:n], len(msgs), ch)
	ch.release()
}

func TestInboxGivesMessagesInOrder(t *testing.T) {
	in := &inbox{most: 1 << 20}
	arrive(in, 0, "a", "", "c")
	arrive(in, 0)
	arrive(in, 0, "d")
	require.Equal(t, 4, in.unread)
	for _, want := range []string{"a", "", "c", "d"} {
		msg, ok := in.next()
		require.True(t, ok)
		require.Equal(t, want, string(msg))
		require.Equal(t, wire.HeaderSize+len(want), in.release())
		require.Zero(t, in.release(), "a message is released once")
	}
	_, ok := in.next()
	require.False(t, ok)
	require.Zero(t, in.unread)
	require.Zero(t, in.held)
}

func TestInboxLetsChunksGo(t *testing.T) {
	in := &inbox{most: 1 << 20}
	ch := newChunk(minRead)
	frame := wire.AppendData(nil, []byte("x"))
	n := copy(ch.buf, append(frame, frame...))
	in.push(ch.buf[:len(frame)], 1, ch)
	in.push(ch.buf[len(frame):n], 1, ch)
	require.Equal(t, int32(2), ch.refs.Load(), "runs that lie side by side are one region")
	require.Equal(t, minRead, in.held, "a chunk is counted once")
	for range 2 {
		_, ok := in.next()
		require.True(t, ok)
		in.release()
	}
	require.Equal(t, int32(2), ch.refs.Load(), "the message in hand was in it")
	_, ok := in.next()
	require.False(t, ok)
	require.True(t, ch.alone())
	ch.release()
}

func TestDropKeepsTheMessageInHand(t *testing.T) {
	in := &inbox{most: 1 << 20}
	arrive(in, 0, "in hand", "waits")
	arrive(in, 0, "waits, too")
	msg, ok := in.next()
	require.True(t, ok)
	in.drop()
	for range 10 { // whoever gets memory now does not get that
		ch := newChunk(minRead)
		clear(ch.buf)
		defer ch.release()
	}
	require.Equal(t, "in hand", string(msg))
	require.Zero(t, in.unread)
	in.release()
	_, ok = in.next()
	require.False(t, ok)
	require.Zero(t, in.held)
}

// An application that is always a little behind never empties its inbox: the
// queue must not grow all the same.
func TestInboxThatIsNeverEmptyDoesNotGrow(t *testing.T) {
	in := &inbox{most: 1 << 20}
	arrive(in, 0, "x")
	arrive(in, 0, "x")
	for range 100_000 {
		arrive(in, 0, "x")
		_, ok := in.next()
		require.True(t, ok)
		in.release()
	}
	require.Equal(t, 2, in.unread)
	require.LessOrEqual(t, cap(in.queue), 64)
}

// Against a plain queue, with few and many messages in chunks of all sizes and
// a limit that is reached all the time.
func TestInboxAgainstAModel(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 1))
		in := &inbox{most: 20_000}
		var model []string
		count, data := 0, 0
		for range 2000 {
			if rng.IntN(5) < 2 {
				var run []string
				for range rng.IntN(4) {
					count++
					run = append(run, fmt.Sprintf("%d %s", count, make([]byte, rng.IntN(100))))
				}
				arrive(in, rng.IntN(10_000), run...)
				model = append(model, run...)
				for _, m := range run {
					data += wire.HeaderSize + len(m)
				}
			} else {
				in.release()
				msg, ok := in.next()
				require.Equal(t, len(model) > 0, ok, "seed %d", seed)
				if ok {
					require.Equal(t, model[0], string(msg), "seed %d", seed)
					data -= wire.HeaderSize + len(msg)
					model = model[1:]
				}
			}
			require.Equal(t, len(model), in.unread)
			// Beyond the limit at least a quarter of what is held is messages,
			// but for a chunk at either end.
			require.LessOrEqual(t, in.held, in.most+4*data+40_000, "seed %d", seed)
		}
		for in.unread > 0 {
			in.release()
			_, _ = in.next()
		}
		in.release()
		_, ok := in.next()
		require.False(t, ok)
		require.Zero(t, in.held, "seed %d", seed)
		require.Nil(t, in.spare)
	}
}

func TestReleasedMessagesArePoisonedUnderTheRaceDetector(t *testing.T) {
	in := &inbox{most: 1 << 20}
	arrive(in, 0, "borrowed", "next")
	msg, _ := in.next()
	in.release()
	poisoned := []byte("borrowed")
	poison(poisoned) // does nothing in an ordinary build
	require.Equal(t, poisoned, msg)
	next, ok := in.next()
	require.True(t, ok)
	require.Equal(t, "next", string(next))
}
