package heartbeat

import (
	"errors"
	"fmt"
	"time"
)

// ErrDead is matched, with errors.Is, by every error that declares a peer dead.
var ErrDead = errors.New("heartbeat: peer is dead")

// DeadError says why a link was declared dead. Nothing was heard from the peer; whether the peer or the network
// is at fault cannot be known from this side. It matches ErrDead and implements net.Error.
type DeadError struct {
	Silent  time.Duration // since the last inbound byte
	Pings   int           // pings and probes sent since then
	Overdue bool          // found early: a report was overdue, and the probe for it unanswered
}

func (e *DeadError) Error() string {
	what := "pings"
	if e.Pings == 1 {
		what = "ping"
	}
	early := ""
	if e.Overdue {
		early = ", a report overdue"
	}
	return fmt.Sprintf("heartbeat: peer or network silent for %v, %d %s unanswered%s",
		e.Silent.Round(time.Millisecond), e.Pings, what, early)
}

// Is reports whether target is ErrDead.
func (e *DeadError) Is(target error) bool { return target == ErrDead }

// Timeout returns true.
func (e *DeadError) Timeout() bool { return true }

// Temporary returns false: the link does not come back.
func (e *DeadError) Temporary() bool { return false }
