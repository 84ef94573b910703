package wire_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/session"
	"github.com/longsplice/longsplice/internal/wire"
)

type conversation struct {
	Name       string   `json:"name"`
	About      string   `json:"about"`
	Test       []string `json:"test"`
	Window     int      `json:"window"`
	MaxMessage int      `json:"max_message"`
	Steps      []*step  `json:"steps"`
}

type step struct {
	Do       string   `json:"do"`
	Link     int      `json:"link,omitempty"`
	From     string   `json:"from,omitempty"`
	Kind     string   `json:"kind,omitempty"`
	Hex      hexBytes `json:"hex,omitempty"`
	Arrives  int      `json:"arrives,omitempty"`
	End      string   `json:"end,omitempty"`
	Messages []string `json:"messages,omitempty"`
	Code     *uint16  `json:"code,omitempty"`
	Comment  string   `json:"comment,omitempty"`
	Client   *place   `json:"client,omitempty"`
	Server   *place   `json:"server,omitempty"`
}

// place is where an end stands after a step.
type place struct {
	Received uint64 `json:"received,string"`
	Consumed uint64 `json:"consumed,string"`
	Sent     uint64 `json:"sent,string"`
	Acked    uint64 `json:"acked,string"`
}

const (
	talkEpoch     = 0x0123456789abcdef
	restartedTalk = 0x1111111122222222
	clientEnd     = "client"
	serverEnd     = "server"
)

// talk is a conversation of two real ends in the making.
type talk struct {
	*testing.T
	conversation

	client *session.Client
	server *session.Session
	entry  *session.Entry
	limits session.Limits
	epoch  uint64
	token  wire.Token // the newest that the server has given
	link   int
	hello  wire.Hello
	gens   map[string]uint64
	inbox  map[string][][]byte // received, not yet consumed
	ready  map[string][][]byte // written, not yet arrived
}

func newTalk(t *testing.T, name, about string, window int, test ...string) *talk {
	limits := session.Limits{Window: window, MaxMessage: 1024, SendBuffer: 1 << 16}
	return &talk{
		T: t, conversation: conversation{Name: name, About: about, Test: test, Window: window, MaxMessage: 1024},
		client: session.NewClient(session.New(limits, session.Pool{})),
		limits: limits, epoch: talkEpoch,
		gens:  map[string]uint64{},
		inbox: map[string][][]byte{}, ready: map[string][][]byte{},
	}
}

func (t *talk) end(name string) *session.Session {
	if name == clientEnd {
		return t.client.Session
	}
	return t.server
}

func other(end string) string {
	if end == clientEnd {
		return serverEnd
	}
	return clientEnd
}

// note records a step and where both ends stand after it.
func (t *talk) note(s step) {
	s.Client = placeOf(t.client.Session)
	if t.server != nil {
		s.Server = placeOf(t.server)
	}
	t.Steps = append(t.Steps, &s)
}

func placeOf(s *session.Session) *place {
	n := s.Count()
	return &place{Received: n.Received, Consumed: n.Consumed, Sent: n.Sent, Acked: n.Acked}
}

// noteFrame records a frame of which the first arrives bytes arrive.
func (t *talk) noteFrame(from string, frame []byte, arrives int, comment string) {
	s := step{Do: "frame", Link: t.link, From: from, Kind: kindName(wire.Kind(frame[4])), Hex: bytes.Clone(frame), Comment: comment}
	if arrives < len(frame) {
		s.Do, s.Arrives = "part", arrives
	}
	t.note(s)
}

func (t *talk) connect(comment string) {
	t.link++
	t.ready = map[string][][]byte{}
	t.hello = t.client.Hello()
	t.note(step{Do: "connect", Link: t.link, Comment: comment})
}

func (t *talk) cut(comment string) {
	for _, end := range []string{clientEnd, serverEnd} {
		if s := t.end(end); s != nil {
			s.Detach(t.gens[end])
		}
	}
	t.note(step{Do: "cut", Link: t.link, Comment: comment})
}

func (t *talk) restart() {
	t.server, t.epoch = nil, restartedTalk
	t.note(step{Do: "restart", End: serverEnd, Comment: "the server is another process now and knows no session of the old one"})
}

// send has an application send messages, with nothing between them.
func (t *talk) send(end, comment string, msgs ...string) {
	for _, m := range msgs {
		require.NoError(t, t.end(end).Append([]byte(m)))
	}
	t.note(step{Do: "send", End: end, Messages: msgs, Comment: comment})
}

// consume has the application of an end take all that has arrived, be done
// with it and wait for more.
func (t *talk) consume(end, comment string) {
	s := t.end(end)
	var msgs []string
	for _, m := range t.inbox[end] {
		s.Consume(wire.HeaderSize+len(m), 1)
		msgs = append(msgs, string(m))
	}
	t.inbox[end] = nil
	t.note(step{Do: "consume", End: end, Messages: msgs, Comment: comment})
}

func (t *talk) flush(end, comment string) {
	t.end(end).Ask()
	t.note(step{Do: "flush", End: end, Comment: comment})
}

func (t *talk) close(end string, code uint16, comment string) {
	t.end(end).Close(code, "")
	t.note(step{Do: "close", End: end, Code: &code, Comment: comment})
}

func (t *talk) ended(end string) {
	require.True(t, t.end(end).Ended())
	if end == serverEnd {
		t.entry.Bury()
	}
	t.note(step{Do: "ended", End: end, Comment: "the session is over at this end"})
}

// write cuts what an end has to write into frames, one write at a time.
func (t *talk) write(from string) {
	s, gen := t.end(from), t.gens[from]
	for len(t.ready[from]) == 0 && s.Pending(gen) {
		_, bufs := s.Next(gen, nil, nil, 64<<10)
		stream := bytes.Join(bufs, nil)
		s.Wrote()
		for len(stream) > 0 {
			_, _, size, ok, err := wire.Cut(stream, 1<<20)
			require.NoError(t, err)
			require.True(t, ok)
			t.ready[from] = append(t.ready[from], stream[:size])
			stream = stream[size:]
		}
	}
}

// flow carries the next frame of an end across, whole.
func (t *talk) flow(from, comment string) {
	t.write(from)
	require.NotEmpty(t, t.ready[from], "%s has nothing to write for %q", from, comment)
	frame := t.ready[from][0]
	t.ready[from] = t.ready[from][1:]
	require.NoError(t, t.apply(other(from), frame))
	t.noteFrame(from, frame, len(frame), comment)
}

// part has only the first n bytes of the next frame arrive.
func (t *talk) part(from string, n int, comment string) {
	t.write(from)
	require.NotEmpty(t, t.ready[from])
	t.noteFrame(from, t.ready[from][0], n, comment)
}

// silent sees to it that an end has nothing left to write.
func (t *talk) silent(ends ...string) {
	for _, end := range ends {
		t.write(end)
		require.Empty(t, t.ready[end], end)
	}
}

// apply has an end apply a whole frame.
func (t *talk) apply(end string, frame []byte) error {
	s, gen := t.end(end), t.gens[end]
	kind, body, size, ok, err := wire.Cut(frame, t.limits.MaxMessage)
	require.NoError(t, err)
	require.True(t, ok)
	if end == serverEnd {
		t.entry.Confirm(gen)
	}
	if kind == wire.KindData {
		if _, err := s.Data(gen, size, 1); err != nil {
			return err
		}
		t.inbox[end] = append(t.inbox[end], bytes.Clone(body))
		return nil
	}
	ev, _, err := s.Control(gen, kind, body, 1)
	if ev == session.EventGoAway {
		s.CloseSend(0, "")
	}
	return err
}
