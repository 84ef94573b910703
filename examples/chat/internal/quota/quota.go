// Package quota counts what users take up, each over all connections.
package quota

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limits of one user.
type Limits struct {
	Rate        float64 // messages each second
	Burst       int     // and at once
	Connections int
	Rooms       int
}

// Users are those who have connections, or had until just now, by name. All
// methods may be called concurrently.
type Users struct {
	mu sync.Mutex // covers all below
	m  map[string]*User
}

// A User is one of them.
type User struct {
	users       *Users
	name        string
	limiter     *rate.Limiter
	connections int
	rooms       int
}

// Enter counts a connection in, and returns nil if there are too many.
func (us *Users) Enter(name string, l Limits) *User {
	us.mu.Lock()
	defer us.mu.Unlock()
	u := us.m[name]
	if u == nil {
		if us.m == nil {
			us.m = map[string]*User{}
		}
		u = &User{users: us, name: name, limiter: rate.NewLimiter(rate.Limit(l.Rate), l.Burst)}
		us.m[name] = u
	}
	if u.connections >= l.Connections {
		return nil
	}
	u.connections++
	return u
}

// Leave counts it out. What the user has used up of the rate is remembered until
// it would be full again: coming back makes nobody faster.
func (u *User) Leave() {
	us := u.users
	us.mu.Lock()
	defer us.mu.Unlock()
	if u.connections--; u.connections > 0 {
		return
	}
	full := float64(u.limiter.Burst()) / float64(u.limiter.Limit())
	time.AfterFunc(time.Duration(full*float64(time.Second)), func() {
		us.mu.Lock()
		defer us.mu.Unlock()
		if u.connections == 0 && us.m[u.name] == u {
			delete(us.m, u.name)
		}
	})
}

// Inherit has a user who is new go on with the rate that another has used up:
// another name makes nobody faster.
func (u *User) Inherit(from *User) {
	u.users.mu.Lock()
	defer u.users.mu.Unlock()
	if u.connections == 1 {
		u.limiter = from.limiter
	}
}

// Refuse returns err, after a while: to be refused shall not be a way to keep the
// server busy.
func (u *User) Refuse(ctx context.Context, err error) error {
	select {
	case <-time.After(50 * time.Millisecond):
	case <-ctx.Done():
	}
	return err
}

func (u *User) limit() *rate.Limiter {
	u.users.mu.Lock()
	defer u.users.mu.Unlock()
	return u.limiter
}

// Allow takes note of a message, and reports whether it was within the rate.
func (u *User) Allow() bool { return u.limit().Allow() }

// Join counts a room in, unless there are too many.
func (u *User) Join(l Limits) bool {
	u.users.mu.Lock()
	defer u.users.mu.Unlock()
	if u.rooms >= l.Rooms {
		return false
	}
	u.rooms++
	return true
}

// Part counts it out.
func (u *User) Part() {
	u.users.mu.Lock()
	defer u.users.mu.Unlock()
	u.rooms--
}

// Adjust has another rate hold for those who are there.
func (us *Users) Adjust(l Limits) {
	us.mu.Lock()
	defer us.mu.Unlock()
	for _, u := range us.m {
		u.limiter.SetLimit(rate.Limit(l.Rate))
		u.limiter.SetBurst(l.Burst)
	}
}
