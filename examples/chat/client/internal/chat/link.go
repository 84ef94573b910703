package chat

import (
	"fmt"
	"math"
	"time"

	"github.com/longsplice/longsplice/conn"
)

const (
	newsLasts = 5 * time.Second // a resumption, or a new session, is told so long
	slow      = 2 * time.Second // an answer that takes longer is worth a word
)

// link is what is known of the connection.
type link struct {
	phase   conn.Phase
	target  string
	attempt int
	until   time.Time // of the present delay
	why     string
	rtt     time.Duration

	sessions int    // so far
	lost     string // why the last one ended, if it was lost
	news     string // of the present link
	newsEnd  time.Time
}

func (l *link) ended(why string, now time.Time) { l.phase, l.lost = conn.Closed, why }

func (m *Model) linkChanged(e *LinkChanged) {
	l := &m.link
	l.phase, l.target, l.attempt, l.why = e.Phase, e.Target, e.Attempt, e.Why
	l.until = m.now.Add(e.Delay)
	switch e.Phase {
	case conn.Connected:
		if l.sessions++; l.sessions > 1 {
			l.news, l.newsEnd = "new session: "+l.lost, m.now.Add(2*newsLasts)
		}
	case conn.Resumed:
		l.news, l.newsEnd = fmt.Sprintf("resumed (%d replayed)", e.Replayed), m.now.Add(newsLasts)
	}
}

// A Health is how the connection is.
type Health int

// From best to worst.
const (
	Good Health = iota
	Doubtful
	Bad
)

// Status says in a line how the connection is, at the time now.
func (m *Model) Status(now time.Time) (string, Health) {
	l := &m.link
	switch l.phase {
	case conn.Connected, conn.Resumed:
		return m.linked(now)
	case conn.Connecting:
		if l.attempt > 1 || l.sessions > 0 {
			return fmt.Sprintf("reconnecting now (attempt %d)", l.attempt), Bad
		}
		return "connecting to " + l.target, Doubtful
	case conn.Reconnecting:
		return fmt.Sprintf("reconnecting in %d s (attempt %d, %s)", seconds(l.until.Sub(now)), l.attempt, l.why), Bad
	case conn.Closed:
		why := l.lost
		if why == "" {
			why = l.why
		}
		return "no session: " + why, Bad
	}
	return "not connected", Doubtful
}

// linked tells of a link that is up, as far as anybody knows.
func (m *Model) linked(now time.Time) (string, Health) {
	l := &m.link
	if since := m.oldest(); !since.IsZero() && now.Sub(since) >= slow {
		return fmt.Sprintf("connected, but no answer for %d s", int(now.Sub(since).Seconds())), Doubtful
	}
	if now.Before(l.newsEnd) {
		return l.news, Good
	}
	if l.rtt <= 0 {
		return "connected", Good
	}
	return "connected, " + short(l.rtt), Good
}

// oldest is since when the user's oldest line on its way has been waiting.
func (m *Model) oldest() (since time.Time) {
	for _, r := range m.rooms {
		for _, p := range r.Pending {
			if p.Fate == Waiting && (since.IsZero() || p.Since.Before(since)) {
				since = p.Since
			}
		}
	}
	return since
}

// seconds rounds up, so that a countdown ends at 1.
func seconds(d time.Duration) int { return int(math.Ceil(max(0, d.Seconds()))) }

// short is a round-trip time for people.
func short(d time.Duration) string {
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}
