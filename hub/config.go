package hub

import (
	"math"
	"time"

	"github.com/longsplice/longsplice/internal/room"
)

// Config of a Hub. The zero value works: rooms of any values, without notices.
type Config[T any] struct {
	// Rooms is how rooms are kept, and Personal how those are that Personal
	// names. RoomOf, if it is not nil, is asked once for each room when it comes
	// into being, and its answer holds for that room.
	Rooms    Room
	Personal Room
	RoomOf   func(name string) Room

	// Merge makes one value of several, to be offered at once: a concatenation.
	// What it returns is offered to many members and must not be changed by
	// them. Nil means that values are offered one by one.
	Merge func(vs ...T) T

	// Size is what a value takes in memory and on the wire, in bytes. Nil means
	// that each takes one, and a negative size counts as none.
	Size func(v T) int

	// Key names what a value is about in rooms of the policy Latest: a later
	// value of the same key replaces it. A value of the empty key is not
	// replaced.
	Key func(v T) string

	// Notice makes a value of what the hub itself has to tell members, which is
	// then offered in its place among the others. It may be called concurrently,
	// and without locks held. Nil means that nothing is told; a member who has
	// missed values then loses its membership, whatever the policy, since a gap
	// must not be silent. It is called for each gap and each member who joins,
	// and once for all other members.
	Notice func(n Notice) T

	// Broker orders what is published among several nodes and keeps it. Nil
	// means that this hub is the only node and keeps what its rooms say.
	Broker Broker[T]

	// Limits. For each, zero means the default and negative no limit.
	MaxRooms   int // rooms at one time; 100,000
	MaxMembers int // members of one room; 100,000
	MaxName    int // bytes of a room's name, and of a user's; 128
	MaxBytes   int // of values that are kept for all rooms; 1 GiB
	MaxRun     int // bytes of values that are merged for one offer; 64 KiB
}

// A Policy says what becomes of a member who is behind when its next values are
// about to be dropped. Nobody waits for a member who is behind, except under
// Block.
type Policy int

const (
	// SkipAhead: the member goes on behind what was dropped, and is told of the
	// Gap.
	SkipAhead Policy = iota
	// Latest: of values of the same key, the member is given the newest. Only
	// what has no newer value counts as dropped, and is then told as a Gap.
	Latest
	// Block: publishers wait, each for Room.Block at most. After that the member
	// skips ahead, and nobody waits for it until it has caught up. With a Broker
	// it is SkipAhead.
	Block
	// Disconnect: the membership ends, with ErrBehind.
	Disconnect
)

// Room is how a room is kept.
type Room struct {
	// History is how many values are kept for members to come; under Latest,
	// those that have been replaced do not count. Zero means 100, negative none.
	History int

	// Age is how long values and notices are kept, whoever may still have to get
	// them. Zero and negative mean for ever.
	Age time.Duration

	// Backlog is how many values are kept for members who are behind, if that
	// is more than History. Zero means 1,000, less than 16 means 16.
	Backlog int

	// Bytes is what all of that may take, by Config.Size. A larger value is
	// refused. Zero means 4 MiB, negative no limit.
	Bytes int

	// Policy is for members who are further behind than that.
	Policy Policy

	// Block is how long a publisher waits under the policy Block. Zero means 1 s,
	// negative not at all.
	Block time.Duration

	// Grace is how long a user stays present whose last member has left, so that
	// one who comes back with a new connection has not been away. Zero means
	// 10 s, negative none.
	Grace time.Duration

	// Roster is how many users the notices Joined and Gap name. Where more are
	// present they say how many: each member would be sent them all. Zero means
	// 1,000, negative none.
	Roster int

	// Keep is how long a room without members keeps its values, from when the
	// last member left or the last value came. Zero means 10 min, and a day for
	// personal rooms; negative means not at all. A room without members and
	// values is dropped at once, and its next life is another epoch.
	Keep time.Duration
}

func orDefault[N int | time.Duration](n, zero, negative N) N {
	switch {
	case n == 0:
		return zero
	case n < 0:
		return negative
	}
	return n
}

// unlimited is a number that is not reached.
const unlimited = 1 << 30

func (c *Config[T]) maxRooms() int   { return orDefault(c.MaxRooms, 100_000, unlimited) }
func (c *Config[T]) maxMembers() int { return orDefault(c.MaxMembers, 100_000, unlimited) }
func (c *Config[T]) maxName() int    { return orDefault(c.MaxName, 128, unlimited) }
func (c *Config[T]) maxBytes() int   { return orDefault(c.MaxBytes, 1<<30, math.MaxInt) }

// run is how much one offer may merge; 0 means that it is one value.
func (c *Config[T]) run() int {
	if c.Merge == nil {
		return 0
	}
	return orDefault(c.MaxRun, 64<<10, unlimited)
}

// roomConfig is how the room of a name is kept.
func (c *Config[T]) roomConfig(name string) Room {
	r, personal := c.Rooms, isPersonal(name)
	switch {
	case c.RoomOf != nil:
		r = c.RoomOf(name)
	case personal:
		r = c.Personal
	}
	if personal && r.Keep == 0 {
		r.Keep = 24 * time.Hour
	}
	return r
}

func (r Room) core(run int, tells bool) room.Config {
	policy := room.Skip
	if r.Policy == Disconnect || !tells {
		policy = room.Disconnect
	}
	return room.Config{
		History: orDefault(r.History, 100, 0),
		Age:     max(r.Age, 0),
		Backlog: max(orDefault(r.Backlog, 1000, 16), 16),
		Slack:   64,
		Bytes:   r.bytes(),
		Run:     run,
		Policy:  policy,
		Tells:   tells,
		Roster:  orDefault(r.Roster, 1000, -1),
		Grace:   orDefault(r.Grace, 10*time.Second, 0),
	}
}

func (r Room) bytes() int           { return orDefault(r.Bytes, 4<<20, math.MaxInt) }
func (r Room) block() time.Duration { return orDefault(r.Block, time.Second, 0) }
func (r Room) keep() time.Duration  { return orDefault(r.Keep, 10*time.Minute, 0) }
