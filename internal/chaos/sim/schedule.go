package main

import (
	"bufio"
	"fmt"
	"io"
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
	Clients int       // that share the server
	TTL     millis    // of a session without a link
	Beat    millis    // interval of the heartbeat, 0 for none
	Dead    int       // how many of them may pass in silence
	MinPing millis    // what the server tolerates
	Budget  int       // bytes of messages in one write
	Edge    uint64    // how far from the end of all positions a session begins; 0 for the beginning
	Quiet   bool      // after the heal nobody asks for anything: timers have to do
	Limits  [2]Limits // of the client's end and the server's
}

type millis int

func (m millis) duration() time.Duration { return time.Duration(m) * time.Millisecond }

// Limits are those of session.Limits that differ from end to end.
type Limits struct{ Window, Buffer, Message int }

// A Move is one decision of the adversary. What it means where there is nothing
// to do it to is nothing, so that any part of a schedule is a schedule.
type Move struct {
	Op   Op
	Side uint8 // which end is concerned: client or server
	Slot uint8 // of which client's session
	Back uint8 // which of its links, counted from the newest
	N    int32 // bytes, milliseconds, or a choice
}

func (m Move) String() string {
	return fmt.Sprintf("%s %s%d %d %d", m.Op, sideName(int(m.Side)), m.Slot, m.Back, m.N)
}

const (
	worldLine  = "world clients=%d ttl=%d beat=%d dead=%d minping=%d budget=%d edge=%d quiet=%t\n"
	limitsLine = "%s window=%d buffer=%d message=%d\n"
)

// WriteTo writes the schedule as text: notes, the world, and a line for each
// move with its name, the end that it concerns, the link and the number.
func (s *Schedule) WriteTo(out io.Writer) (int64, error) {
	var b strings.Builder
	for _, line := range s.Note {
		fmt.Fprintf(&b, "# %s\n", line)
	}
	u := s.Setup
	fmt.Fprintf(&b, worldLine, u.Clients, u.TTL, u.Beat, u.Dead, u.MinPing, u.Budget, u.Edge, u.Quiet)
	for side, l := range u.Limits {
		fmt.Fprintf(&b, limitsLine, sideName(side), l.Window, l.Buffer, l.Message)
	}
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
	if s.Setup.Clients == 0 || s.Setup.Limits[server].Window == 0 {
		return nil, fmt.Errorf("schedule without a world and the limits of both ends")
	}
	return s, lines.Err()
}

func (s *Schedule) readLine(line string) error {
	word, _, _ := strings.Cut(line, " ")
	u := &s.Setup
	switch word {
	case "":
		return nil
	case "world":
		_, err := fmt.Sscanf(line+"\n", worldLine, &u.Clients, &u.TTL, &u.Beat, &u.Dead, &u.MinPing, &u.Budget, &u.Edge, &u.Quiet)
		return err
	case sideName(client), sideName(server):
		l := &u.Limits[client]
		if word == sideName(server) {
			l = &u.Limits[server]
		}
		_, err := fmt.Sscanf(line+"\n", limitsLine, &word, &l.Window, &l.Buffer, &l.Message)
		return err
	}
	m, err := readMove(line)
	s.Moves = append(s.Moves, m)
	return err
}

func readMove(line string) (m Move, err error) {
	var name, end string
	if _, err = fmt.Sscanf(line, "%s %s %d %d", &name, &end, &m.Back, &m.N); err != nil {
		return m, err
	}
	if m.Op, err = opNamed(name); err != nil {
		return m, err
	}
	if rest, ok := strings.CutPrefix(end, sideName(server)); ok {
		m.Side, end = server, rest
	}
	_, err = fmt.Sscanf(strings.TrimPrefix(end, sideName(client)), "%d", &m.Slot)
	return m, err
}
