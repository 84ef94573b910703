package chat

import (
	"slices"
	"time"

	"github.com/longsplice/longsplice/examples/chat/protocol"
	"github.com/longsplice/longsplice/hub"
)

// Leave returns what is to be done before the program ends.
func (m *Model) Leave(now time.Time) []Action {
	m.now, m.actions = now, nil
	m.tellSeen()
	return m.actions
}

// tellSeen tells the server how far the private lines have been shown: up to the
// first in a conversation that has unread ones.
func (m *Model) tellSeen() {
	next, known := m.next[m.mailbox]
	if !known || !m.session {
		return
	}
	for _, r := range m.rooms {
		if !r.Private() || r.Unread == 0 {
			continue
		}
		unread := r.Unread
		for _, i := range slices.Backward(r.Items) {
			if i.Kind == Said && !i.Own && i.offset > 0 {
				if unread--; unread == 0 {
					next.Offset = min(next.Offset, i.offset)
					break
				}
			}
		}
	}
	if next != m.seen && !(next.Epoch == m.seen.Epoch && next.Offset < m.seen.Offset) {
		m.seen = next
		m.send(protocol.Message{Op: protocol.Seen, Next: &hub.Position{Epoch: next.Epoch, Offset: next.Offset}})
	}
}
