package room

import (
	"maps"
	"slices"
	"time"
)

// A presence is how a user, by any number of members, stands in a room.
type presence struct {
	members int
	until   time.Duration // without members: when the user is gone
}

// come takes note of a user's member. One who comes back within the grace has
// not been away.
func (r *Room[T, H]) come(user string, now time.Duration) {
	if user == "" {
		return
	}
	if p := r.users[user]; p != nil && (p.members > 0 || broken != RuleGrace) {
		p.members++
		return
	}
	if r.users == nil {
		r.users = map[string]*presence{}
	}
	r.users[user] = &presence{members: 1}
	r.roster = nil
	r.announce(Present, user, now)
}

// depart takes note that a user has one member less.
func (r *Room[T, H]) depart(user string, now time.Duration) {
	p := r.users[user]
	if p == nil {
		return
	}
	if p.members--; p.members > 0 && broken != RuleLastMember {
		return
	}
	if r.cfg.Grace <= 0 {
		r.absent(user, now)
		return
	}
	p.until = now + r.cfg.Grace
	r.leaving = append(r.leaving, leaving{user, p.until})
}

// Dismiss ends the grace of a user who has no members left.
func (r *Room[T, H]) Dismiss(user string, now time.Duration) {
	if p := r.users[user]; p != nil && p.members == 0 {
		r.absent(user, now)
	}
}

func (r *Room[T, H]) absent(user string, now time.Duration) {
	delete(r.users, user)
	r.roster = nil
	r.announce(Absent, user, now)
}

func (r *Room[T, H]) announce(k Kind, user string, now time.Duration) {
	if r.cfg.Tells {
		r.log.append(Entry[T]{Kind: k, User: user, at: now})
		r.appended(now)
	}
}

// A leaving is a user who is gone at an instant, unless one comes back.
type leaving struct {
	user string
	at   time.Duration
}

// Tick does what is due. Entries may have been appended by it.
func (r *Room[T, H]) Tick(now time.Duration) {
	n := 0
	for ; n < len(r.leaving) && r.leaving[n].at <= now; n++ {
		gone := r.leaving[n]
		if p := r.users[gone.user]; p != nil && p.members == 0 && (p.until == gone.at || broken == RuleNewGrace) {
			r.absent(gone.user, now)
		}
	}
	r.leaving = slices.Delete(r.leaving, 0, n)
	r.trim(now)
}

// Deadline is when Tick is due, 0 if never.
func (r *Room[T, H]) Deadline() time.Duration {
	var d time.Duration
	if len(r.leaving) > 0 && broken != RuleGraceEnds {
		d = r.leaving[0].at
	}
	if l := &r.log; r.cfg.Age > 0 && len(l.entries) > 0 {
		if at := l.entries[0].at + r.cfg.Age; d == 0 || at < d {
			d = at
		}
	}
	return d
}

// Users are who is present, in no order. One within the grace is. The slice is
// not to be changed.
func (r *Room[T, H]) Users() []string {
	if r.roster == nil && len(r.users) > 0 {
		r.roster = slices.Collect(maps.Keys(r.users))
	}
	return r.roster
}

// tellUsers adds who is present to an item, or only how many if they are too
// many to be named to each member.
func (r *Room[T, H]) tellUsers(item Item[T]) Item[T] {
	if item.Count = len(r.users); item.Count <= r.cfg.Roster || broken == RuleRoster {
		item.Users = r.Users()
	}
	return item
}

// Has reports whether a user is present by a member.
func (r *Room[T, H]) Has(user string) bool {
	p := r.users[user]
	return p != nil && p.members > 0
}

// Expected reports whether a user is within the grace.
func (r *Room[T, H]) Expected() bool { return len(r.leaving) > 0 }
