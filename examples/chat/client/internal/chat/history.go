package chat

import (
	"time"

	"github.com/longsplice/longsplice/examples/chat/protocol"
)

// page is how many old lines are asked for at once.
const page = 50

// typingEvery is how often the others are told that the user types.
const typingEvery = 3 * time.Second

// Older asks for lines before the first that is shown. It does nothing while an
// answer is awaited or when there are none.
func (m *Model) Older(now time.Time) []Action {
	m.now, m.actions = now, nil
	if r := m.Current(); r != nil && !r.Private() && !r.started {
		m.older(r, page)
	}
	return m.actions
}

func (m *Model) older(r *Room, n int) {
	if r.asking || !m.session || !r.Joined {
		return
	}
	r.asking = true
	m.asked++
	m.send(protocol.Message{Op: protocol.History, Room: r.Name, Before: m.first(r), Last: n})
}

// first is the offset of the oldest line of a room that is known.
func (m *Model) first(r *Room) uint64 {
	for _, i := range r.Items {
		if i.offset > 0 {
			return i.offset
		}
	}
	return m.next[r.Name].Offset
}

// history puts older lines before the others. They end where it was asked for.
func (m *Model) history(msg protocol.Message) {
	m.answered()
	r := m.find(msg.Room)
	if r == nil {
		return
	}
	asked := r.asking
	r.asking = false
	before := m.first(r)
	if len(msg.Lines) == 0 {
		r.started = true
		if asked {
			m.do(Tell{r.Title() + ": there are no older lines"})
		}
		return
	}
	items := make([]Item, 0, len(msg.Lines)+len(r.Items))
	for i, line := range msg.Lines {
		offset := before - min(before-1, uint64(len(msg.Lines)-i))
		item := m.item(line, offset)
		items = append(items, item)
		m.do(Print{r.Title(), item})
		if item.Own {
			r.confirm(line.ID)
		}
	}
	r.Items = append(items, r.Items...)
}

// Types tells the others that the user types, now and then.
func (m *Model) Types(now time.Time) []Action {
	m.now, m.actions = now, nil
	r := m.Current()
	if r == nil || r.Private() || !r.Joined || !m.connected() || now.Sub(m.typing) < typingEvery {
		return nil
	}
	m.typing = now
	m.send(protocol.Message{Op: protocol.Typing, Room: r.Name})
	return m.actions
}
