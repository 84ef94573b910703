package chat

import (
	"fmt"

	"github.com/longsplice/longsplice/examples/chat/protocol"
	"github.com/longsplice/longsplice/hub"
)

// gap says that lines are not to be had any more.
func (m *Model) gap(msg protocol.Message) {
	if r := m.find(msg.Room); r != nil && (msg.Users != nil || msg.Count > 0) {
		r.roster(msg.Users, msg.Count)
	}
	if msg.Next == nil {
		return
	}
	from, known := m.next[msg.Room]
	if msg.From != nil {
		from, known = *msg.From, true
	}
	m.next[msg.Room] = *msg.Next
	if known && from != *msg.Next {
		m.missing(msg.Room, from, *msg.Next)
	}
}

// missing marks the place in the room where lines are missing; for the mailbox
// in each conversation, since any of them may have been longer.
func (m *Model) missing(name string, from, next hub.Position) {
	text := "lines may be missing: the room has begun anew"
	if from.Epoch == next.Epoch {
		switch n := int64(next.Offset - from.Offset); {
		case n <= 0:
			return // the client has more than it was told
		case n == 1:
			text = "1 line is missing"
		default:
			text = fmt.Sprintf("%d lines are missing", n)
		}
	}
	mailbox := isMailbox(name)
	for _, r := range m.rooms {
		if !same(r.Name, name) && !(mailbox && r.Private()) {
			continue
		}
		if n := len(r.Items); n > 0 && r.Items[n-1].Kind == Gap && r.Items[n-1].Text == text {
			continue // said already
		}
		r.add(Item{Kind: Gap, At: m.now, Text: text})
		r.started = r.started || from.Epoch != next.Epoch // what is older cannot be asked for any more
		r.doubt("it may be among the missing lines")
		if !mailbox {
			m.do(Tell{r.Title() + ": " + text})
		}
	}
	if mailbox {
		m.do(Tell{"private lines: " + text})
	}
}
