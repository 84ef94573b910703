package hubtest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/longsplice/longsplice/hub"
)

// ErrPartitioned is returned by a Node that is cut off from its broker.
var ErrPartitioned = errors.New("hubtest: node is partitioned from its broker")

// A Node is one node's way to a broker, which can be disturbed: it loses and
// delays what is handed to the node, and cuts the node off. As a broker has to,
// it tells the node what is missing, by Sink.Seek. All methods may be called
// concurrently.
type Node[T any] struct {
	broker hub.Broker[T]

	mu     sync.Mutex    // covers all below; not held while anything is called
	healed chan struct{} // closed unless the node is cut off
	lose   int
	delay  time.Duration
}

// NewNode returns an undisturbed way to a broker.
func NewNode[T any](b hub.Broker[T]) *Node[T] {
	n := &Node[T]{broker: b, healed: make(chan struct{})}
	close(n.healed)
	return n
}

// Partition cuts the node off: what is handed to it is lost, and Publish and
// Open fail with ErrPartitioned, until Heal is called.
func (n *Node[T]) Partition() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.cut() {
		n.healed = make(chan struct{})
	}
}

// Heal ends a partition. What was lost in each room is told to the node before
// the next message.
func (n *Node[T]) Heal() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cut() {
		close(n.healed)
	}
}

func (n *Node[T]) cut() bool {
	select {
	case <-n.healed:
		return false
	default:
		return true
	}
}

// Lose loses the next messages that would be handed to the node.
func (n *Node[T]) Lose(messages int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lose += messages
}

// Delay has every message take longer, one after the other.
func (n *Node[T]) Delay(d time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.delay = d
}

// Publish implements hub.Broker.
func (n *Node[T]) Publish(ctx context.Context, room string, m hub.Message[T]) (hub.Position, error) {
	n.mu.Lock()
	cut := n.cut()
	n.mu.Unlock()
	if cut {
		return hub.Position{}, ErrPartitioned
	}
	return n.broker.Publish(ctx, room, m)
}

// Open implements hub.Broker.
func (n *Node[T]) Open(ctx context.Context, room string, history int, sink hub.Sink[T]) (hub.Feed, error) {
	n.mu.Lock()
	cut := n.cut()
	n.mu.Unlock()
	if cut {
		return nil, ErrPartitioned
	}
	return n.broker.Open(ctx, room, history, &disturbed[T]{node: n, sink: sink})
}

// A disturbed sink is called through a Node.
type disturbed[T any] struct {
	node *Node[T]
	sink hub.Sink[T]
	at   hub.Position // of the next message
	lost bool         // the sink does not know
}

func (d *disturbed[T]) Seek(p hub.Position) {
	d.at, d.lost = p, true
	d.catchUp()
}

func (d *disturbed[T]) Deliver(m hub.Message[T]) {
	n := d.node
	n.mu.Lock()
	delay, lose := n.delay, n.cut()
	if !lose && n.lose > 0 {
		n.lose--
		lose = true
	}
	n.mu.Unlock()
	time.Sleep(delay)
	if lose {
		d.lost = d.lost || !m.Volatile
	} else {
		d.catchUp()
		d.sink.Deliver(m)
	}
	if !m.Volatile {
		d.at.Offset++
	}
}

// catchUp tells the sink where the next message is, if it cannot know.
func (d *disturbed[T]) catchUp() {
	n := d.node
	n.mu.Lock()
	cut := n.cut()
	n.mu.Unlock()
	if d.lost && !cut {
		d.lost = false
		d.sink.Seek(d.at)
	}
}
