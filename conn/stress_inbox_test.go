package conn

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/wire"
)

// inboxRig is an inbox, the chunk that a link reads into, and a plain queue that
// says what the inbox has to hold. Chunks that are let go too early are used again
// at once, and messages in them change.
type inboxRig struct {
	t      testing.TB
	in     inbox
	ch     *chunk
	used   int // of ch
	queue  [][]byte
	hand   []byte // what the application works on, as it came
	lent   []byte // the same, as it was then
	number byte
}

// arrive has the link read a run of frames: messages of the given size, with
// control frames among them.
func (r *inboxRig) arrive(messages, size, control int) {
	var run []byte
	for range messages {
		for range control {
			run = wire.AppendAckReq(run)
		}
		r.number++
		msg := bytes.Repeat([]byte{r.number}, size)
		run = wire.AppendData(run, msg)
		r.queue = append(r.queue, msg)
	}
	if r.ch == nil || len(r.ch.buf)-r.used < len(run) {
		r.letGo()
		r.ch, r.used = newChunk(max(minRead, len(run))), 0
	}
	start := r.used
	r.used += copy(r.ch.buf[start:], run)
	r.in.push(r.ch.buf[start:r.used], messages, r.ch)
}

func (r *inboxRig) letGo() {
	if r.ch != nil {
		r.ch.release()
		r.ch = nil
	}
}

// next has the application ask for the next message.
func (r *inboxRig) next() {
	r.finish()
	msg, ok := r.in.next()
	require.Equal(r.t, len(r.queue) > 0, ok)
	if ok {
		require.Equal(r.t, r.queue[0], msg)
		r.hand, r.lent = msg, r.queue[0]
		r.queue = r.queue[1:]
	}
}

// finish ends the loan of the message in hand, which was good until now.
func (r *inboxRig) finish() {
	want := 0
	if r.lent != nil {
		require.Equal(r.t, r.lent, r.hand, "the message in hand has changed")
		want = wire.HeaderSize + len(r.lent)
	}
	require.Equal(r.t, want, r.in.release())
	r.hand, r.lent = nil, nil
}

func (r *inboxRig) check() {
	require.Equal(r.t, len(r.queue), r.in.unread)
	if r.lent != nil {
		require.Equal(r.t, r.lent, r.hand, "the message in hand has changed")
	}
}

// FuzzInbox compares the inbox with a plain queue.
func FuzzInbox(f *testing.F) {
	f.Add(uint16(1), []byte{0, 3, 10, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0})
	f.Add(uint16(100), bytes.Repeat([]byte{0, 2, 200, 9, 1, 0, 0, 0, 2, 0, 0, 0}, 30))
	f.Add(uint16(5000), bytes.Repeat([]byte{0, 1, 255, 30, 0, 0, 0, 60, 3, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0}, 20))
	f.Fuzz(func(t *testing.T, most uint16, ops []byte) {
		r := &inboxRig{t: t, in: inbox{most: int(most)}}
		for n := 0; len(ops) >= 4 && n < 500; n, ops = n+1, ops[4:] {
			switch ops[0] % 5 {
			case 0:
				r.arrive(int(ops[1]%6), int(ops[2])*int(1+ops[1]/6), int(ops[3]%64))
			case 1:
				r.letGo()
			case 2:
				r.next()
			case 3:
				r.finish()
			case 4:
				if ops[1] < 40 {
					r.in.drop()
					r.queue = nil
				}
			}
			r.check()
		}
		for len(r.queue) > 0 {
			r.next()
		}
		r.next()
		require.Zero(t, r.in.held)
		require.Nil(t, r.in.spare)
		if r.ch != nil {
			require.True(t, r.ch.alone(), "the inbox still refers to a chunk")
		}
		r.letGo()
	})
}
