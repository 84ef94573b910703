package chat

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/longsplice/longsplice/examples/chat/protocol"
)

// A Fate is what is known of a line that the user has entered.
type Fate int

// The fates.
const (
	Held    Fate = iota // not handed to the connection yet: there is no session, or the room is not joined
	Waiting             // handed over, and not back yet
	NotSent             // has certainly not arrived
	Unknown             // may have arrived
)

func (f Fate) String() string {
	switch f {
	case Waiting, Unknown:
		return "may not have arrived"
	}
	return "not sent"
}

// A Pending is a line that the user has entered and that has not come back.
type Pending struct {
	Message protocol.Message
	Since   time.Time
	Fate    Fate
	Why     string // in NotSent and Unknown
}

// say shows a line and sends it as soon as that is possible.
func (m *Model) say(r *Room, text string, action bool) {
	m.serie++
	msg := protocol.Message{Op: protocol.Say, Room: r.Name, Text: text, Action: action, ID: fmt.Sprintf("%s-%d", m.cfg.Mark, m.serie)}
	if r.Private() {
		msg.Op, msg.Room, msg.To = protocol.Tell, "", strings.TrimPrefix(r.Name, "@")
	}
	r.Pending = append(r.Pending, Pending{Message: msg, Since: m.now})
	m.release()
	m.typing = time.Time{}
}

// release hands over the lines that were held, where they can be sent now.
func (m *Model) release() {
	for _, r := range m.rooms {
		if !m.session || !r.Joined && !r.Private() {
			continue
		}
		for i := range r.Pending {
			if p := &r.Pending[i]; p.Fate == Held {
				p.Fate, p.Since = Waiting, m.now
				m.send(p.Message)
			}
		}
	}
}

// confirm ticks off the line of an ID.
func (r *Room) confirm(id string) {
	if id == "" {
		return
	}
	r.Pending = slices.DeleteFunc(r.Pending, func(p Pending) bool { return p.Message.ID == id })
}

// pending finds the line of an ID.
func (m *Model) pending(id string) *Pending {
	for _, r := range m.rooms {
		for i := range r.Pending {
			if r.Pending[i].Message.ID == id && id != "" {
				return &r.Pending[i]
			}
		}
	}
	return nil
}

// doubt is for the lines that were handed over before something was lost.
func (r *Room) doubt(why string) {
	for i := range r.Pending {
		if p := &r.Pending[i]; p.Fate == Waiting {
			p.Fate, p.Why = Unknown, why
		}
	}
}

// ended sorts the pending lines: what the server has certainly not consumed was
// not sent, of the others nobody knows until they come back.
func (m *Model) ended(e *Ended) {
	m.session, m.greeted, m.asked, m.awaited, m.again = false, false, 0, "", nil
	unsent, unknown := 0, 0
	for _, r := range m.rooms {
		r.Joined = false
		clear(r.typing)
		for i := range r.Pending {
			p := &r.Pending[i]
			switch {
			case p.Fate != Waiting:
			case !slices.Contains(e.Unsent, p.Message.ID):
				p.Fate, p.Why = Unknown, "the session was lost"
				unknown++
			case m.cfg.Script:
				p.Fate = Held
			default:
				p.Fate, p.Why = NotSent, "the session was lost"
				unsent++
			}
		}
	}
	m.link.ended(e.Why, m.now)
	m.tell(e.Why)
	if unsent > 0 {
		m.tellf("not sent: %s; /resend sends what is marked so", lines(unsent))
	}
	if unknown > 0 {
		m.tellf("may not have arrived: %s; /resend all sends them once more, if they do not come back", lines(unknown))
	}
}

// rejected is for what the connection has not taken.
func (m *Model) rejected(e *Rejected) {
	if p := m.pending(e.Message.ID); p != nil {
		p.Fate, p.Why = NotSent, e.Why
		if m.cfg.Script && !e.Never {
			p.Fate = Held // until the next pulse
		}
		return
	}
	if e.Message.Op != protocol.Join && e.Message.Op != protocol.Seen && e.Message.Op != protocol.Typing {
		m.tellf("%s: %s", e.Message.Op, e.Why)
	}
}

// Count is how many of the user's lines have a fate.
func (m *Model) Count(fates ...Fate) (n int) {
	for _, r := range m.rooms {
		for _, p := range r.Pending {
			if slices.Contains(fates, p.Fate) {
				n++
			}
		}
	}
	return n
}

// resend sends again what was not sent, and with all what may not have arrived.
func (m *Model) resend(all bool) {
	n := 0
	for _, r := range m.rooms {
		for i := range r.Pending {
			if p := &r.Pending[i]; p.Fate == NotSent || all && p.Fate == Unknown {
				p.Fate, p.Why = Held, ""
				n++
			}
		}
	}
	if n == 0 {
		m.tell("there is nothing to send again")
	}
	m.release()
}

// forget takes the lines away that were not sent.
func (m *Model) forget() {
	for _, r := range m.rooms {
		r.Pending = slices.DeleteFunc(r.Pending, func(p Pending) bool { return p.Fate == NotSent || p.Fate == Unknown })
	}
}

func lines(n int) string {
	if n == 1 {
		return "1 line"
	}
	return fmt.Sprintf("%d lines", n)
}
