package chat

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/client/internal/clean"
	"github.com/longsplice/longsplice/examples/chat/protocol"
	"github.com/longsplice/longsplice/hub"
)

// A Config says how a Model begins.
type Config struct {
	Name  string   // of the user
	Rooms []string // to be in
	Last  int      // how many old lines to ask for in a room that is new to the user

	// Script is for a front end that feeds lines one by one, when the Model is
	// Idle, and shows all as it comes. What has certainly not been sent, and
	// what came too fast, is sent again rather than left to the user.
	Script bool

	// Mark begins the IDs of lines. It is to be unique among all clients.
	// Empty means a random one.
	Mark string
}

// A Model is the state of a client. It is not safe for concurrent use.
type Model struct {
	cfg     Config
	now     time.Time // of the event in hand
	actions []Action  // of the event in hand

	me      string
	mine    map[string]bool // every name that this user has had
	mailbox string          // the room of the private lines
	session bool            // there is one
	greeted bool            // by the server, in this session
	asked   int             // questions that are not answered
	rooms   []*Room
	current int
	awaited string   // the room to show when it has been joined
	again   []string // rooms to join again at the next pulse

	next  map[string]hub.Position // of each room of the server: of the line that comes next
	seen  hub.Position            // what the server was last told of the mailbox
	serie uint64                  // of the last ID

	link   link
	typing time.Time // when the others were last told that the user types
	motd   string    // the last message of the day
}

// New returns a Model in which nothing has happened yet.
func New(cfg Config) *Model {
	if cfg.Mark == "" {
		cfg.Mark = fmt.Sprintf("%08x", rand.Uint32())
	}
	m := &Model{
		cfg: cfg, me: cfg.Name, mine: map[string]bool{cfg.Name: true},
		mailbox: protocol.Mailbox(cfg.Name), next: map[string]hub.Position{},
	}
	for _, name := range cfg.Rooms {
		m.room(name)
	}
	return m
}

// Name is the user's present name.
func (m *Model) Name() string { return m.me }

// Rooms are the rooms and conversations, in the order in which they are shown.
func (m *Model) Rooms() []*Room { return m.rooms }

// Current is the room that is shown, nil if there is none.
func (m *Model) Current() *Room {
	if len(m.rooms) == 0 {
		return nil
	}
	return m.rooms[m.current]
}

// Handle takes an event, cleans it, and returns what is to be done.
func (m *Model) Handle(e Event, now time.Time) []Action {
	clean.Value(e)
	m.now, m.actions = now, nil
	switch e := e.(type) {
	case *Began:
		m.began()
	case *Ended:
		m.ended(e)
	case *Received:
		m.received(e.Message)
	case *Garbled:
		m.tell("the server said something that is not understood: " + e.Why)
	case *Entered:
		m.entered(e.Line)
	case *Rejected:
		m.rejected(e)
	case *LinkChanged:
		m.linkChanged(e)
	case *Pulse:
		m.pulse(e)
	}
	return m.actions
}

// Idle reports whether the server has greeted the user, all that the user has
// entered has come back or failed, and all questions are answered.
func (m *Model) Idle() bool {
	return m.session && m.greeted && m.asked == 0 && m.awaited == "" && m.Count(Held, Waiting) == 0
}

func (m *Model) do(a Action) { m.actions = append(m.actions, a) }

func (m *Model) send(msg protocol.Message) { m.do(Send{msg}) }

// tell puts a line for the user's own eyes into the present room.
func (m *Model) tell(text string) {
	m.do(Tell{text})
	if r := m.Current(); r != nil {
		r.add(Item{Kind: Note, At: m.now, Text: text})
	}
}

func (m *Model) tellf(format string, args ...any) { m.tell(fmt.Sprintf(format, args...)) }

// began joins the rooms, and asks for what was missed meanwhile.
func (m *Model) began() {
	m.session, m.greeted, m.asked, m.again = true, false, 0, nil
	m.join(m.mailbox)
	for _, r := range m.rooms {
		if !r.Private() {
			r.Joined = false
			m.join(r.Name)
		}
	}
}

// join asks for the lines from where the client has counted to, if it has.
func (m *Model) join(name string) {
	msg := protocol.Message{Op: protocol.Join, Room: name}
	if next, known := m.next[name]; known {
		msg.From = &next
	} else if !isMailbox(name) {
		msg.Last = m.cfg.Last
	}
	m.send(msg)
}

func (m *Model) pulse(e *Pulse) {
	m.link.rtt = e.RTT
	for _, r := range m.rooms {
		r.forgetTyping(m.now)
	}
	for _, room := range m.again {
		m.join(room)
	}
	m.again = nil
	m.release()
	m.tellSeen()
}

// connected reports whether there is a link.
func (m *Model) connected() bool {
	return m.link.phase == conn.Connected || m.link.phase == conn.Resumed
}
