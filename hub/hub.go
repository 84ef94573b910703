package hub

import (
	"context"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"github.com/longsplice/longsplice/internal/room"
)

// A Hub is rooms and their members. All methods may be called concurrently,
// also by a Member's Offer.
type Hub[T any] struct {
	cfg    Config[T]
	seed   maphash.Seed
	origin time.Time // where its instants count from
	shards [64]shard[T]

	rooms  atomic.Int64
	bytes  atomic.Int64 // kept in all rooms
	dead   counters     // of rooms that are no more
	closed atomic.Bool
	over   chan struct{}  // closed when Close has ended all memberships
	tasks  sync.WaitGroup // pumps with a goroutine of their own
	pumps  sync.Pool

	ctx    context.Context // ends with the hub; for the broker
	cancel context.CancelFunc
}

// A shard is part of the rooms. Its lock is taken before a room's.
type shard[T any] struct {
	mu    sync.RWMutex // covers rooms
	rooms map[string]*live[T]
}

// New returns a hub. It has no goroutine until something is published.
func New[T any](cfg Config[T]) *Hub[T] {
	h := &Hub[T]{cfg: cfg, seed: maphash.MakeSeed(), origin: time.Now(), over: make(chan struct{})}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	for i := range h.shards {
		h.shards[i].rooms = map[string]*live[T]{}
	}
	return h
}

// clock is the monotonic instant, which is never 0.
func (h *Hub[T]) clock() time.Duration { return time.Since(h.origin) + 1 }

func (h *Hub[T]) shard(name string) *shard[T] {
	return &h.shards[maphash.String(h.seed, name)%uint64(len(h.shards))]
}

// find returns a room, or nil.
func (h *Hub[T]) find(name string) *live[T] {
	s := h.shard(name)
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.rooms[name]
}

// lock returns a room with its lock held, and makes it if there is none.
func (h *Hub[T]) lock(name string) (*live[T], error) {
	for {
		r := h.find(name)
		if r == nil {
			var err error
			if r, err = h.make(name); err != nil {
				return nil, err
			}
		}
		if r.mu.Lock(); !r.gone {
			return r, nil
		}
		r.mu.Unlock() // it has just been dropped: there is another one, or none
	}
}

func (h *Hub[T]) make(name string) (*live[T], error) {
	cfg := h.cfg.roomConfig(name)
	s := h.shard(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.rooms[name]; r != nil {
		return r, nil
	}
	if h.closed.Load() {
		return nil, ErrClosed
	}
	if n, most := int(h.rooms.Add(1)), h.cfg.maxRooms(); n > most {
		h.rooms.Add(-1)
		return nil, &LimitError{Limit: "MaxRooms", Got: n, Max: most}
	}
	r := &live[T]{hub: h, name: name, cfg: cfg, since: h.clock()}
	r.core = *room.New[T, *Sub[T]](cfg.core(h.cfg.run(), h.cfg.Notice != nil), room.Position(firstPosition()))
	s.rooms[name] = r
	return r, nil
}

// drop forgets a room that nobody needs any more.
func (h *Hub[T]) drop(r *live[T]) {
	s := h.shard(r.name)
	s.mu.Lock()
	r.mu.Lock()
	feed := r.feed
	dropped := !r.gone && r.idleLocked(h.clock())
	r.timerAt = 0
	if dropped {
		r.goneLocked()
		delete(s.rooms, r.name)
	}
	r.unlock()
	s.mu.Unlock()
	if dropped && feed != nil {
		feed.Close()
	}
}

func (h *Hub[T]) checkName(limit, name string) error {
	if most := h.cfg.maxName(); len(name) > most {
		return &LimitError{Limit: limit, Got: len(name), Max: most}
	}
	return nil
}

// each calls f with every room, without locks held.
func (h *Hub[T]) each(f func(r *live[T])) {
	for i := range h.shards {
		s := &h.shards[i]
		s.mu.RLock()
		rooms := make([]*live[T], 0, len(s.rooms))
		for _, r := range s.rooms {
			rooms = append(rooms, r)
		}
		s.mu.RUnlock()
		for _, r := range rooms {
			f(r)
		}
	}
}

// Close ends all memberships with ErrClosed, waits until no Offer is under way
// (unless it is called by one), and drops all rooms. It is idempotent, and
// returns nil.
func (h *Hub[T]) Close() error {
	first := !h.closed.Swap(true)
	if first {
		h.cancel()
		h.each(func(r *live[T]) {
			s := h.shard(r.name)
			s.mu.Lock()
			delete(s.rooms, r.name)
			s.mu.Unlock()
			r.close()
		})
		close(h.over)
	}
	if !withinOffer() {
		<-h.over
		h.tasks.Wait()
	}
	return nil
}
