package hubsim

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// A Schedule is all that a run depends on: what the world is like, and what the
// adversary does in it, move by move. A seed stands for one, and a schedule can
// be shrunk, written to a file and played again.
type Schedule struct {
	Note  []string // why it is kept
	Setup Setup
	Moves []Move
}

// Setup is what the world is like.
type Setup struct {
	Nodes    int  // hubs; more than one share a broker
	Rooms    int  // names of rooms
	Clients  int  // who join, leave and come back
	Crowd    int  // members of the first room who take everything, so that a sweep is long
	Broker   bool // orders what is published
	Personal bool // the last room is that of the first user
	Room     RoomSetup
}

// RoomSetup is how all rooms are kept: see room.Config and hub.Room.
type RoomSetup struct {
	History, Backlog, Slack, Bytes, Run, Roster int
	Age, Grace, Keep, Block                     millis
	Policy                                      policy
	Tells                                       bool
}

type millis int

func (m millis) duration() time.Duration { return time.Duration(m) * time.Millisecond }

// A policy is one of package hub's.
type policy int

const (
	skipAhead policy = iota
	latest
	block
	disconnect
)

var policies = []string{"skip", "latest", "block", "disconnect"}

func (p policy) String() string { return policies[p] }

// A Move is one decision of the adversary. What it means where there is nothing
// to do it to is nothing, so that any part of a schedule is a schedule.
type Move struct {
	Op     Op
	Node   uint8 // which hub is concerned
	Room   uint8 // which of its rooms
	Client uint8
	N      int32 // bytes, milliseconds, or a choice
}

const (
	worldLine = "world nodes=%d rooms=%d clients=%d crowd=%d broker=%t personal=%t\n"
	roomLine  = "room history=%d backlog=%d slack=%d bytes=%d run=%d roster=%d age=%d grace=%d keep=%d block=%d tells=%t policy=%s\n"
	moveLine  = "%s n%d r%d c%d %d\n"
)

func (m Move) String() string {
	return strings.TrimSuffix(fmt.Sprintf(moveLine, m.Op, m.Node, m.Room, m.Client, m.N), "\n")
}

// WriteTo writes the schedule as text: notes, the world, and a line for each
// move with its name, the hub, the room, the client and the number.
func (s *Schedule) WriteTo(out io.Writer) (int64, error) {
	var b strings.Builder
	for _, line := range s.Note {
		fmt.Fprintf(&b, "# %s\n", line)
	}
	u, r := s.Setup, s.Setup.Room
	fmt.Fprintf(&b, worldLine, u.Nodes, u.Rooms, u.Clients, u.Crowd, u.Broker, u.Personal)
	fmt.Fprintf(&b, roomLine, r.History, r.Backlog, r.Slack, r.Bytes, r.Run, r.Roster, r.Age, r.Grace, r.Keep, r.Block, r.Tells, r.Policy)
	for _, m := range s.Moves {
		fmt.Fprintln(&b, m)
	}
	n, err := io.WriteString(out, b.String())
	return int64(n), err
}

// ReadSchedule reads what WriteTo wrote.
func ReadSchedule(in io.Reader) (*Schedule, error) {
	s := &Schedule{}
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if note, ok := strings.CutPrefix(line, "#"); ok {
			s.Note = append(s.Note, strings.TrimSpace(note))
			continue
		}
		if err := s.readLine(line); err != nil {
			return nil, fmt.Errorf("line %d, %q: %w", n, line, err)
		}
	}
	if s.Setup.Nodes == 0 || s.Setup.Clients == 0 || s.Setup.Rooms == 0 || s.Setup.Room.Bytes == 0 {
		return nil, fmt.Errorf("schedule without a world and its rooms")
	}
	return s, lines.Err()
}

func (s *Schedule) readLine(line string) (err error) {
	word, _, _ := strings.Cut(line, " ")
	u, r := &s.Setup, &s.Setup.Room
	switch word {
	case "":
	case "world":
		_, err = fmt.Sscanf(line+"\n", worldLine, &u.Nodes, &u.Rooms, &u.Clients, &u.Crowd, &u.Broker, &u.Personal)
	case "room":
		var name string
		_, err = fmt.Sscanf(line+"\n", roomLine, &r.History, &r.Backlog, &r.Slack, &r.Bytes, &r.Run, &r.Roster, &r.Age, &r.Grace, &r.Keep, &r.Block, &r.Tells, &name)
		if r.Policy = policy(slices.Index(policies, name)); err == nil && r.Policy < 0 {
			err = fmt.Errorf("no policy is called %q", name)
		}
	default:
		var m Move
		var name string
		if _, err = fmt.Sscanf(line+"\n", moveLine, &name, &m.Node, &m.Room, &m.Client, &m.N); err == nil {
			m.Op, err = opNamed(name)
		}
		s.Moves = append(s.Moves, m)
	}
	return err
}
