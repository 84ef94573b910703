package hub

import "context"

// A Message is what goes through a Broker.
type Message[T any] struct {
	Value T

	// Volatile: it takes no position and is not kept. It may be lost.
	Volatile bool

	// To is the one user whom it is for, if not empty. Only volatile messages
	// have it.
	To string
}

// A Broker orders what is published in rooms by several nodes, gives out
// positions, keeps what was published, and hands it to all nodes that have the
// room open. Its methods may be called concurrently. Package hubtest has the
// suite that an implementation has to pass.
type Broker[T any] interface {
	// Publish appends a message to a room, and returns its position unless it
	// is volatile. All nodes get the messages of one room in the order of their
	// positions. On an error that is not ctx's nothing was published. It must
	// not wait for a Sink: it may be called by an Offer, which that may wait for.
	Publish(ctx context.Context, room string, m Message[T]) (Position, error)

	// Open begins to hand a room to a node: first where the room stands, by
	// Sink.Seek with the position of the oldest of the last history messages,
	// or of those to come if there are none; then these, and then all that
	// follow. It returns when the sink has been called for what there was, or
	// with an error, and then the sink is not called any more.
	Open(ctx context.Context, room string, history int, sink Sink[T]) (Feed, error)
}

// A Sink takes a room's messages at a node. Its methods are not called
// concurrently for one feed, and may block while the node is busy.
type Sink[T any] interface {
	// Seek says that the next message will be at p: at the beginning, when
	// messages were lost on the way, and when the room has begun another epoch.
	Seek(p Position)
	// Deliver takes the next message. Unless it is volatile it is at the
	// position behind the last one's, or where Seek said.
	Deliver(m Message[T])
}

// A Feed is an open room at a node. After Close has returned the sink is not
// called any more. Close is idempotent.
type Feed interface{ Close() }
