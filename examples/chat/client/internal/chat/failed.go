package chat

import "github.com/longsplice/longsplice/examples/chat/protocol"

// failed is the server's word that something was not done.
func (m *Model) failed(msg protocol.Message) {
	why := msg.Text
	if why == "" {
		why = string(msg.Code)
	}
	if p := m.pending(msg.ID); p != nil {
		m.lineFailed(p, msg.Code, why)
		return
	}
	r := m.find(msg.Room)
	tooFast := msg.Code == protocol.TooFast
	switch {
	case tooFast && (isMailbox(msg.Room) || r != nil && !r.Joined):
		m.again = append(m.again, msg.Room) // the user has not asked for it now
		return
	case msg.Room != "":
		m.tellf("#%s: %s", msg.Room, why)
	default:
		m.tell(why)
	}
	m.answered()
	if r != nil {
		r.asking = false
		if !r.Joined {
			m.notJoined(r, why)
		}
	}
}

func (m *Model) lineFailed(p *Pending, code protocol.Code, why string) {
	if m.cfg.Script && code == protocol.TooFast {
		p.Fate = Held // until the next pulse
		return
	}
	p.Fate, p.Why = NotSent, why
	m.do(Tell{"not sent: " + why})
}

// notJoined is for a room that the server does not let the user into.
func (m *Model) notJoined(r *Room, why string) {
	for i := range r.Pending {
		if p := &r.Pending[i]; p.Fate == Held {
			p.Fate, p.Why = NotSent, why
		}
	}
	if same(m.awaited, r.Name) {
		m.awaited = ""
		if len(r.Pending) == 0 {
			m.drop(r)
		}
	}
}
