package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/protocol"
	"github.com/longsplice/longsplice/hub"
)

// A chatParty is a user of examples/chat who is in some rooms and says something
// in each of them in turn. It hears what all members say, itself among them.
type chatParty struct {
	*load
	index   int
	content *content

	turn int // the sender's: the seat that speaks next

	// The receiver's.
	seats map[string]*seat
	order []*seat

	mu    sync.Mutex // covers the login: links are dialled by another goroutine
	login protocol.Login
}

// A seat is a party's place in a room.
type seat struct {
	room    *room
	index   int
	entered bool
	ledgers []ledger     // of all members
	next    hub.Position // of the room's next line
	gaps    uint64       // lines that the server has said are left out
}

func (p *chatParty) config(cfg *conn.Config) {
	cfg.Credential = func(context.Context) ([]byte, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		return json.Marshal(p.login)
	}
}

// begin joins the rooms: in a second session at the places where the first has
// ended.
func (p *chatParty) begin(ctx context.Context, c *conn.Conn) error {
	for _, s := range p.order {
		m := protocol.Message{Op: protocol.Join, Room: s.room.name}
		if s.entered {
			from := s.next
			m.From = &from
		}
		b, err := json.Marshal(m)
		if err != nil {
			return err
		}
		if err := c.Send(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

func (p *chatParty) rooms() []*room {
	var all []*room
	for _, s := range p.order {
		all = append(all, s.room)
	}
	return all
}

func (p *chatParty) say(st stamp) (*stream, []byte) {
	s := p.order[p.turn%len(p.order)]
	p.turn++
	own := &s.room.streams[s.index]
	st.seq = own.take()
	b, err := json.Marshal(protocol.Message{
		Op: protocol.Say, Room: s.room.name, ID: mark{s.index, st}.String(),
		Text: string(p.content.body(s.room.id(s.index), st.seq)),
	})
	if err != nil {
		panic(err) // there is nothing in a Message that JSON does not have
	}
	return own, b
}

func (p *chatParty) hear(msg []byte, now time.Duration) bool {
	var m protocol.Message
	if json.Unmarshal(msg, &m) != nil {
		p.counts.faults.corrupted.Add(1)
		return false
	}
	s := p.seats[m.Room]
	switch {
	case m.Op == protocol.Welcome:
		p.mu.Lock()
		p.login.Token = m.Token
		p.mu.Unlock()
	case m.Op == protocol.Failed:
		return p.refused(s, m)
	case s == nil: // of no room, or of none of ours
	case (m.Op == protocol.Joined || m.Op == protocol.Gap) && m.Next == nil, m.Op == protocol.Gap && m.From == nil:
		p.counts.faults.corrupted.Add(1)
	case m.Op == protocol.Joined:
		s.next = *m.Next
		if !s.entered {
			s.entered = true
			s.room.enter()
		}
	case m.Op == protocol.Gap:
		// A room that began anew does not know how many there were, and those
		// count as lost.
		if m.Next.Epoch == m.From.Epoch && m.Next.Offset > m.From.Offset {
			s.gaps += m.Next.Offset - m.From.Offset
			p.counts.faults.gap.Add(m.Next.Offset - m.From.Offset)
		}
		s.next = *m.Next
	case m.Op == protocol.Line:
		s.next.Offset++
		return p.line(s, m, now)
	}
	return false
}

// line takes what a member has said.
func (p *chatParty) line(s *seat, m protocol.Message, now time.Duration) bool {
	k, ok := readMark(m.ID)
	if !ok || k.member >= len(s.ledgers) || !s.room.streams[k.member].has(k.seq) ||
		m.Text != string(p.content.body(s.room.id(k.member), k.seq)) {
		p.counts.faults.corrupted.Add(1)
		return false
	}
	p.counts.allDelivered.Add(1)
	v := s.ledgers[k.member].arrived(k.seq)
	p.counts.faults.arrived(v)
	if v != doubled {
		p.recorder.arrived(p.index, k.stamp, now)
	}
	return k.member == s.index && k.seq+1 == s.room.streams[s.index].count()
}

// refused takes note of what the server would not do. A line that it refused is
// an answer all the same.
func (p *chatParty) refused(s *seat, m protocol.Message) bool {
	p.counts.errors.add(fmt.Sprintf("refused by the chat: %s (%s)", m.Code, m.Text))
	k, ok := readMark(m.ID)
	if s == nil || !ok {
		return false
	}
	s.room.streams[s.index].excuse(k.seq)
	return true
}

func (p *chatParty) answered() bool {
	for _, s := range p.order {
		if lost := s.ledgers[s.index].lost(&s.room.streams[s.index]); lost > s.gaps {
			return false
		}
	}
	return true
}

// lost is what has not come, without what the server has said is left out.
func (p *chatParty) lost() (n uint64) {
	for _, s := range p.order {
		if !s.entered {
			continue
		}
		var missing uint64
		for i := range s.ledgers {
			missing += s.ledgers[i].lost(&s.room.streams[i])
		}
		n += missing - min(missing, s.gaps)
	}
	return n
}

// abandon excuses the party's own lines that may not have been said. Those of
// others are still to come, in the next session.
func (p *chatParty) abandon() {
	for _, s := range p.order {
		own := &s.room.streams[s.index]
		p.counts.faults.unknown.Add(s.ledgers[s.index].abandon(own))
	}
}
