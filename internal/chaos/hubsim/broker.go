package hubsim

import "github.com/longsplice/longsplice/internal/room"

// A broker orders what several hubs publish. It knows nothing of members.
type broker struct {
	rooms []brokerRoom
}

type brokerRoom struct {
	next  room.Position
	log   []int // of this epoch
	feeds []*feed
}

// A feed is what a broker has for a node.
type feed struct {
	node  *node
	queue []packet
}

// A packet is a message, or where the next one is.
type packet struct {
	id   int
	pos  room.Position
	seek bool
}

// attach begins to hand a room to a node.
func (b *broker) attach(l *live) {
	r := &b.rooms[l.number]
	l.feed = &feed{node: l.node}
	r.feeds = append(r.feeds, l.feed)
	first := max(0, len(r.log)-l.setup.Room.History)
	l.seek(room.Position{Epoch: r.next.Epoch, Offset: uint64(first) + 1})
	for i, id := range r.log[first:] {
		l.feed.queue = append(l.feed.queue, packet{id: id, pos: room.Position{Epoch: r.next.Epoch, Offset: uint64(first+i) + 1}})
	}
	l.deliver(l, len(l.feed.queue))
}

// publish appends a message and hands it to all nodes that it reaches.
func (b *broker) publish(w *world, id int) {
	m := &w.msgs[id]
	r := &b.rooms[m.room]
	if !m.volatile {
		m.pos = r.next
		r.log = append(r.log, id)
		r.next.Offset++
	}
	b.hand(w, r, packet{id: id, pos: m.pos})
}

func (b *broker) hand(w *world, r *brokerRoom, p packet) {
	feeds := r.feeds[:0]
	for _, f := range r.feeds {
		if l := f.node.rooms[w.roomOf(r)]; l == nil || l.feed != f {
			continue // that room is no more
		}
		feeds = append(feeds, f)
		if f.node.cut && f.node.lossy {
			w.meet(metLost)
			continue
		}
		f.queue = append(f.queue, p)
	}
	r.feeds = feeds
}

func (w *world) roomOf(r *brokerRoom) int {
	for i := range w.broker.rooms {
		if r == &w.broker.rooms[i] {
			return i
		}
	}
	return -1
}

// deliver has messages of the broker arrive at a node's room.
func (w *world) deliver(l *live, n int) {
	for ; n > 0 && w.failed == nil && w.deliverOne(l, false); n-- {
	}
}

// deliverOne is one message. A node whose room is clogged takes it later, unless
// it cannot wait.
func (w *world) deliverOne(l *live, rushes bool) bool {
	f := l.feed
	if f == nil || len(f.queue) == 0 || l.node.cut {
		return false
	}
	p := f.queue[0]
	if p.seek {
		f.queue = f.queue[1:]
		l.seek(p.pos)
		return true
	}
	m := &w.msgs[p.id]
	switch {
	case l.core.Clogged(m.size) && !rushes:
		l.meet(metClogged)
		return false
	case l.core.Clogged(m.size):
		l.meet(metRushed)
		l.loosen()
	}
	f.queue = f.queue[1:]
	if !m.volatile && p.pos != l.next {
		l.seek(p.pos)
	}
	switch {
	case m.volatile:
		if l.hears(m) && m.size <= w.setup.Room.Bytes {
			l.append(p.id)
		}
	case m.size > w.setup.Room.Bytes:
		w.meet(metHole)
		l.seek(room.Position{Epoch: p.pos.Epoch, Offset: p.pos.Offset + 1})
	default:
		l.append(p.id)
	}
	return true
}

// lose drops messages on their way to a node.
func (w *world) lose(l *live, n int) {
	if l == nil || l.feed == nil || len(l.feed.queue) == 0 {
		return
	}
	w.meet(metLost)
	l.feed.queue = l.feed.queue[min(n, len(l.feed.queue)):]
}

// restartBroker begins another epoch in all rooms.
func (w *world) restartBroker(loses bool) {
	if w.broker == nil {
		return
	}
	w.meet(metNewEpoch)
	for i := range w.broker.rooms {
		r := &w.broker.rooms[i]
		r.next, r.log = w.begin(), nil
		for _, f := range r.feeds {
			if loses {
				f.queue = nil
			}
		}
		w.broker.hand(w, r, packet{pos: r.next, seek: true})
	}
}
