package protocol

import (
	"slices"

	"github.com/longsplice/longsplice/hub"
)

// Of is what the hub tells members, as the chat says it.
func Of(n hub.Notice) Message {
	m := Message{Room: n.Room, Name: n.User, Count: n.Count}
	switch n.Kind {
	case hub.Joined:
		m.Op, m.Next = Joined, &n.Next
	case hub.Gap:
		m.Op, m.From, m.Next = Gap, &n.From, &n.Next
	case hub.Present:
		m.Op = Present
	case hub.Absent:
		m.Op = Absent
	}
	if n.Users != nil {
		m.Users = slices.Sorted(slices.Values(n.Users))
	}
	return m
}
