// Package hubconn makes connections of package conn members of a hub.
//
// The values of such a hub are batches of messages: encoded once, merged once, and
// sent by all connections from the same memory. A handler joins its session:
//
//	cfg := hubconn.Config()
//	cfg.Notice = func(n hub.Notice) *conn.Batch { … } // in the application's own words
//	rooms := hub.New(cfg)
//
//	func handle(ctx context.Context, c *conn.Conn) error {
//		sub, err := rooms.Join(ctx, "lobby", hubconn.Member(c), hub.As(c.Identity()))
//		if err != nil {
//			return err
//		}
//		defer sub.Leave()
//		for msg, err := range c.Messages(ctx) {
//			if err != nil {
//				return err
//			}
//			line, err := conn.Encode(msg)
//			if err != nil {
//				return err
//			}
//			if _, err := rooms.Publish(ctx, "lobby", line); err != nil {
//				return err
//			}
//		}
//		return nil
//	}
//
// A membership belongs to the session, not to the link under it: a client that
// loses its link and resumes has not left, and what was published meanwhile is in
// its send buffer.
//
// # Memory
//
// A connection that does not read holds what it has taken, at most
// conn.Config.SendBuffer (1 MiB). Members who fill their buffers while they keep
// up refer to the same bytes, once for all. Members who catch up refer to runs of
// at most hub.Config.MaxRun that they share with those who stand at the same place
// and whose turn is next to theirs; at worst each has runs of its own. So the bound
// is members × SendBuffer, and is reached only by members who all catch up from
// different places and stop reading again. Where that is too much, a smaller
// SendBuffer on the server is the remedy: what does not fit stays in the room's
// log, which is there once.
package hubconn
