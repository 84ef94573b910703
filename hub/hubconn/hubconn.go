package hubconn

import (
	"errors"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/hub"
)

// Config returns the part of a hub's configuration that follows from its values
// being batches of messages.
func Config() hub.Config[*conn.Batch] {
	return hub.Config[*conn.Batch]{Merge: conn.Concat, Size: (*conn.Batch).Len}
}

// Member makes a connection a member of rooms. A member whose send buffer is
// full is Busy until there is room. Its memberships end at the first offer after
// its session has ended; the handler of the session should call Sub.Leave when
// it returns, for the others to learn of it at once.
func Member(c *conn.Conn) hub.Member[*conn.Batch] { return member{c} }

type member struct{ c *conn.Conn }

func (m member) Offer(s *hub.Sub[*conn.Batch], b *conn.Batch) hub.Answer {
	switch err := m.c.TrySendBatch(b); err {
	case nil:
		return hub.Taken
	case conn.ErrFull:
		m.c.NotifyWritable(s.Ready)
		return hub.Busy
	default:
		if limit := new(conn.LimitError); errors.As(err, &limit) {
			return hub.TooLarge
		}
		return hub.Gone
	}
}
