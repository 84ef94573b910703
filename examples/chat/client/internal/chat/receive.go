package chat

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/longsplice/longsplice/examples/chat/protocol"
	"github.com/longsplice/longsplice/hub"
)

// typingLasts is how long somebody counts as typing.
const typingLasts = 6 * time.Second

// received acts on what the server says.
func (m *Model) received(msg protocol.Message) {
	switch msg.Op {
	case protocol.Welcome:
		m.welcome(msg)
	case protocol.Joined:
		m.joined(msg)
	case protocol.Left:
		m.left(msg)
	case protocol.Line:
		m.line(msg)
	case protocol.Gap:
		m.gap(msg)
	case protocol.Present, protocol.Absent:
		m.presence(msg)
	case protocol.Typing:
		if r := m.find(msg.Room); r != nil && !m.mine[msg.Name] {
			r.typing[msg.Name] = m.now.Add(typingLasts)
		}
	case protocol.Who:
		m.who(msg)
	case protocol.Rooms:
		m.listRooms(msg)
	case protocol.History:
		m.history(msg)
	case protocol.Notice:
		m.tell("the server: " + msg.Text)
	case protocol.Failed:
		m.failed(msg)
	}
}

// welcome comes first, and after a change of name.
func (m *Model) welcome(msg protocol.Message) {
	if m.greeted {
		m.answered() // this is what became of /nick
	}
	m.greeted = true
	if msg.Token != "" {
		m.do(Keep{msg.Name, msg.Token})
	}
	if msg.Name != "" && msg.Name != m.me {
		m.me = msg.Name
		m.mine[m.me] = true
		m.tell("you are now " + m.me)
		m.mailbox = protocol.Mailbox(m.me)
		m.join(m.mailbox)
	}
	if msg.Text != "" && msg.Text != m.motd {
		m.motd = msg.Text
		m.tell(msg.Text)
	}
}

// joined comes before the first line of a room.
func (m *Model) joined(msg protocol.Message) {
	if msg.Next != nil {
		if next, known := m.next[msg.Room]; known && next != *msg.Next {
			m.missing(msg.Room, next, *msg.Next)
		}
		m.next[msg.Room] = *msg.Next
	}
	if isMailbox(msg.Room) {
		m.mailbox = msg.Room
		if msg.Next != nil {
			m.seen = *msg.Next
		}
		m.release()
		return
	}
	r := m.room(msg.Room)
	r.Name, r.Joined = msg.Room, true
	r.roster(msg.Users, msg.Count)
	if same(msg.Room, m.awaited) {
		m.awaited = ""
		m.Show(slices.Index(m.rooms, r))
	}
	m.release()
}

func (m *Model) left(msg protocol.Message) {
	m.answered()
	if r := m.find(msg.Room); r != nil {
		m.drop(r)
		m.tell("you have left " + r.Title())
	}
}

// line appends a line to its room, and counts the position.
func (m *Model) line(msg protocol.Message) {
	at, known := m.next[msg.Room]
	if known {
		m.next[msg.Room] = hub.Position{Epoch: at.Epoch, Offset: at.Offset + 1}
	}
	r := m.of(msg)
	if r == nil {
		return // of a room that was left meanwhile
	}
	item := m.item(msg, at.Offset)
	if item.Own {
		r.confirm(msg.ID)
	}
	delete(r.typing, msg.Name)
	r.add(item)
	m.do(Print{r.Title(), item})
	if r != m.Current() && !item.Own && !m.cfg.Script {
		r.Unread++
		r.Mention = r.Mention || item.Mention || r.Private()
	}
}

func (m *Model) item(msg protocol.Message, offset uint64) Item {
	own := m.mine[msg.Name]
	return Item{
		At: time.UnixMilli(msg.At), Name: msg.Name, To: msg.To, Text: msg.Text, Action: msg.Action,
		Own: own, Mention: !own && mentions(msg.Text, m.me), offset: offset,
	}
}

// presence notes who comes and goes.
func (m *Model) presence(msg protocol.Message) {
	r := m.find(msg.Room)
	if r == nil {
		return
	}
	was := slices.Contains(r.Users, msg.Name)
	if msg.Op == protocol.Present {
		r.enter(msg.Name)
		if !was && !m.mine[msg.Name] {
			r.add(Item{Kind: Note, At: m.now, Text: msg.Name + " has come"})
		}
		return
	}
	r.leave(msg.Name)
	if was && !m.mine[msg.Name] {
		r.add(Item{Kind: Note, At: m.now, Text: msg.Name + " has gone"})
	}
}

func (m *Model) who(msg protocol.Message) {
	m.answered()
	if r := m.find(msg.Room); r != nil {
		r.roster(msg.Users, msg.Count)
	}
	users := sorted(msg.Users)
	more := ""
	if n := msg.Count - len(users); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	m.tellf("in #%s: %s%s", msg.Room, strings.Join(users, ", "), more)
}

func (m *Model) listRooms(msg protocol.Message) {
	m.answered()
	if len(msg.Rooms) == 0 {
		m.tell("there are no rooms")
	}
	for _, room := range msg.Rooms {
		m.tellf("#%s: %d here", room.Name, room.Users)
	}
}

// answered counts down the questions under way.
func (m *Model) answered() { m.asked = max(0, m.asked-1) }

func sorted(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}

// mentions reports whether name stands in text as a word.
func mentions(text, name string) bool {
	text, name = strings.ToLower(text), strings.ToLower(name)
	part := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '-' }
	for from := 0; name != ""; {
		i := strings.Index(text[from:], name)
		if i < 0 {
			break
		}
		before := []rune(text[:from+i])
		after := []rune(text[from+i+len(name):])
		if (len(before) == 0 || !part(before[len(before)-1])) && (len(after) == 0 || !part(after[0])) {
			return true
		}
		from += i + len(name)
	}
	return false
}
