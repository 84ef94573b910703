package chat

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/longsplice/longsplice/examples/chat/protocol"
	"github.com/longsplice/longsplice/hub"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A rig is a Model of ann's, and a clock.
type rig struct {
	*Model
	t   *testing.T
	now time.Time
}

func newRig(t *testing.T, cfg Config) *rig {
	cfg.Name, cfg.Mark = "ann", "x"
	if cfg.Rooms == nil {
		cfg.Rooms = []string{"lobby"}
	}
	return &rig{New(cfg), t, time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}
}

// joined returns one who is in the lobby, where line 10 comes next.
func joined(t *testing.T, cfg Config) *rig {
	r := newRig(t, cfg)
	r.begin()
	r.gets(protocol.Message{Op: protocol.Joined, Room: "lobby", Next: at(10), Users: []string{"bob", "ann"}})
	return r
}

func (r *rig) begin() (sent []protocol.Message) {
	sent = sends(r.Handle(&Began{}, r.now))
	r.gets(protocol.Message{Op: protocol.Welcome, Name: r.Name(), Token: "t"})
	return sent
}

func (r *rig) gets(msg protocol.Message) []Action { return r.Handle(&Received{msg}, r.now) }

func (r *rig) says(line string) []protocol.Message {
	return sends(r.Handle(&Entered{line}, r.now))
}

// line is somebody's line in the lobby.
func (r *rig) line(name, text, id string) []Action {
	return r.gets(protocol.Message{Op: protocol.Line, Room: "lobby", Name: name, Text: text, ID: id, At: r.now.UnixMilli()})
}

func (r *rig) pass(d time.Duration) []Action {
	r.now = r.now.Add(d)
	return r.Handle(&Pulse{}, r.now)
}

func (r *rig) room(name string) *Room {
	r.t.Helper()
	room := r.find(name)
	require.NotNil(r.t, room, name)
	return room
}

// shown is a room's rows in a short form.
func (r *rig) shown(name string) (rows []string) {
	for _, i := range r.room(name).Items {
		switch {
		case i.Kind == Gap:
			rows = append(rows, "-- "+i.Text)
		case i.Kind == Note:
			rows = append(rows, "- "+i.Text)
		case i.Action:
			rows = append(rows, "* "+i.Name+" "+i.Text)
		default:
			rows = append(rows, i.Name+": "+i.Text)
		}
	}
	for _, p := range r.room(name).Pending {
		rows = append(rows, fmt.Sprintf("[%s] %s", [...]string{"held", "waiting", "not sent", "unknown"}[p.Fate], p.Message.Text))
	}
	return rows
}

func sends(actions []Action) (msgs []protocol.Message) {
	for _, a := range actions {
		if s, ok := a.(Send); ok {
			msgs = append(msgs, s.Message)
		}
	}
	return msgs
}

func at(offset uint64) *hub.Position { return &hub.Position{Epoch: 1, Offset: offset} }
