package hub

import (
	"errors"
	"fmt"
)

var (
	// ErrClosed is returned after Close.
	ErrClosed = errors.New("hub: closed")

	// ErrBehind ends the membership of one who did not take what it was offered
	// for so long that values had to be dropped, where the policy is Disconnect
	// or a gap could not be told.
	ErrBehind = errors.New("hub: member is too far behind")

	// ErrNotOwner is returned by Join for a personal room of another user.
	ErrNotOwner = errors.New("hub: personal room of another user")

	// ErrAbsent is returned by SendTo for a user without a member in the room.
	ErrAbsent = errors.New("hub: no such user in the room")

	// ErrBusy is returned by a Publish that is called by a Member's Offer and
	// would have to wait.
	ErrBusy = errors.New("hub: room is busy, and an offer cannot wait for it")
)

// errLate ends a wait for a node that is behind.
var errLate = errors.New("hub: node is behind")

// A LimitError says that a call would exceed a limit. It did nothing.
type LimitError struct {
	Limit string // the field of Config or Room, as in "MaxRooms"
	Got   int
	Max   int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("hub: %d is over the limit %s of %d", e.Got, e.Limit, e.Max)
}

// A PanicError ends the membership of a Member whose Offer panicked, and of those
// for whom Merge or Notice did.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("hub: panic: %v", e.Value) }
