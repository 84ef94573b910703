package chat

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/longsplice/longsplice/examples/chat/internal/names"
	"github.com/longsplice/longsplice/examples/chat/protocol"
)

// maxItems is how many items of a room are kept in memory.
const maxItems = 5000

// A Room is a room, or a conversation with one other user: then its Name is "@"
// and the user's.
type Room struct {
	Name    string
	Items   []Item
	Pending []Pending // lines of the user that are not confirmed, oldest first
	Users   []string  // who is here, sorted; of a large room only some
	Count   int       // how many are here, at least as many as Users
	Joined  bool
	Unread  int  // lines since the room was last shown
	Mention bool // one of them names the user

	typing  map[string]time.Time // until when
	asking  bool                 // for older lines
	started bool                 // there are no older ones
}

// A Kind is what an Item is.
type Kind int

// The kinds.
const (
	Said Kind = iota // a user's line
	Gap              // lines are missing
	Note             // the client's own words
)

// An Item is a row of a room.
type Item struct {
	Kind    Kind
	At      time.Time
	Name    string // who says it
	To      string // whom a private line is for
	Text    string
	Action  bool
	Own     bool   // the user has said it
	Mention bool   // it names the user
	offset  uint64 // in the room, 0 for what is not a line of it
}

// Private reports whether the room is a conversation.
func (r *Room) Private() bool { return strings.HasPrefix(r.Name, "@") }

// Title is the name as it is shown, "#lobby" or "@bob".
func (r *Room) Title() string {
	if r.Private() {
		return r.Name
	}
	return "#" + r.Name
}

// add appends an item.
func (r *Room) add(i Item) {
	if len(r.Items) >= maxItems {
		r.Items = slices.Delete(r.Items, 0, maxItems/10)
		r.started = false
	}
	r.Items = append(r.Items, i)
}

// room returns the room of a name, and makes one if there is none.
func (m *Model) room(name string) *Room {
	if r := m.find(name); r != nil {
		return r
	}
	r := &Room{Name: name, typing: map[string]time.Time{}}
	m.rooms = append(m.rooms, r)
	return r
}

// find returns the room of a name, or nil.
func (m *Model) find(name string) *Room {
	for _, r := range m.rooms {
		if same(r.Name, name) {
			return r
		}
	}
	return nil
}

// same reports whether two names are the same to the server.
func same(a, b string) bool {
	if a == b || a == "" || b == "" {
		return a == b
	}
	if a[0] == '@' || b[0] == '@' {
		return a[0] == b[0] && same(a[1:], b[1:])
	}
	x, err := names.Fold(a)
	y, err2 := names.Fold(b)
	return err == nil && err2 == nil && x == y
}

// isMailbox reports whether a room of the server is the user's mailbox: nobody
// else's is ever told to this client.
func isMailbox(room string) bool { return strings.HasPrefix(room, protocol.Mailbox("")) }

// of returns the room in which a line of the server is shown.
func (m *Model) of(msg protocol.Message) *Room {
	if isMailbox(msg.Room) {
		other := msg.Name
		if m.mine[other] && msg.To != "" {
			other = msg.To
		}
		return m.room("@" + other)
	}
	return m.find(msg.Room)
}

// drop takes a room away.
func (m *Model) drop(r *Room) {
	i := slices.Index(m.rooms, r)
	m.rooms = slices.Delete(m.rooms, i, i+1)
	if m.current >= i && m.current > 0 {
		m.current--
	}
	delete(m.next, r.Name)
	m.Show(m.current)
}

// Show makes a room the present one. What it holds counts as read.
func (m *Model) Show(i int) {
	if i < 0 || i >= len(m.rooms) {
		return
	}
	m.current = i
	m.rooms[i].Unread, m.rooms[i].Mention = 0, false
}

// Step shows the room that is n places further on.
func (m *Model) Step(n int) {
	if k := len(m.rooms); k > 0 {
		m.Show(((m.current+n)%k + k) % k)
	}
}

// Typing lists who is typing.
func (r *Room) Typing() []string {
	return slices.Sorted(maps.Keys(r.typing))
}

func (r *Room) forgetTyping(now time.Time) {
	for name, until := range r.typing {
		if !until.After(now) {
			delete(r.typing, name)
		}
	}
}

// roster takes over who is here, as far as they are named, and how many.
func (r *Room) roster(users []string, count int) {
	r.Users = sorted(users)
	r.Count = max(count, len(r.Users))
}

// enter and leave keep Users sorted. Who leaves may never have been named.
func (r *Room) enter(name string) {
	if i, found := slices.BinarySearch(r.Users, name); !found {
		r.Users = slices.Insert(r.Users, i, name)
		r.Count++
	}
}

func (r *Room) leave(name string) {
	i, found := slices.BinarySearch(r.Users, name)
	if found {
		r.Users = slices.Delete(r.Users, i, i+1)
	}
	if found || r.Count > len(r.Users) {
		r.Count--
	}
	delete(r.typing, name)
}
