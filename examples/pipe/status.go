package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/internal/liveline"
)

// A status is what the progress line shows.
type status struct {
	verb string // what happens to the bytes

	mu    sync.Mutex
	c     *conn.Conn // the transfer's session, nil before it has begun
	began time.Time  // when that was
	bytes int64
	where string // how the link is

	seen     int64 // bytes when the line was last shown
	lastSeen time.Time
}

func newStatus(verb string) *status { return &status{verb: verb, where: "waiting for the other end"} }

// session begins the account.
func (s *status) session(c *conn.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.c, s.began, s.lastSeen, s.where = c, time.Now(), time.Now(), "linked"
}

func (s *status) add(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes += int64(n)
}

// state notes what a sender's connection does.
func (s *status) state(st conn.State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch st.Phase {
	case conn.Connected, conn.Resumed:
		s.where = "linked"
	case conn.Reconnecting:
		s.where = fmt.Sprintf("trying again: %v: %v", st.Cause, st.Err)
	}
}

// link notes what happens to a receiver's links.
func (s *status) link(c *conn.Conn, up bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case c != s.c:
	case up:
		s.where = "linked"
	default:
		s.where = "the sender is away"
	}
}

// text is the progress line.
func (s *status) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.c == nil {
		return s.where
	}
	now := time.Now()
	rate := float64(s.bytes-s.seen) / now.Sub(s.lastSeen).Seconds()
	s.seen, s.lastSeen = s.bytes, now
	return fmt.Sprintf("%s %s  %s/s  %d resumes  %s", s.verb, liveline.Bytes(s.bytes), liveline.Bytes(rate), s.resumes(), s.where)
}

// String sums a finished transfer up.
func (s *status) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	took := time.Since(s.began)
	return fmt.Sprintf("%.1fs, %s/s, %d resumes", took.Seconds(), liveline.Bytes(float64(s.bytes)/took.Seconds()), s.resumes())
}

func (s *status) resumes() uint64 {
	if links := s.c.Stats().Links; links > 0 {
		return links - 1
	}
	return 0
}
