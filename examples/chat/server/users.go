package main

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// users are those who have connections, or had until just now, by folded name.
// What is limited for a user is limited over all connections.
type users struct {
	mu sync.Mutex // covers all below
	m  map[string]*user
}

type user struct {
	name        string
	limiter     *rate.Limiter
	connections int
	rooms       int
}

// enter counts a connection in, and returns nil if there are too many.
func (us *users) enter(name string, s *settings) *user {
	name = fold(name)
	us.mu.Lock()
	defer us.mu.Unlock()
	u := us.m[name]
	if u == nil {
		u = &user{name: name, limiter: rate.NewLimiter(rate.Limit(s.rate), s.burst)}
		us.m[name] = u
	}
	if u.connections >= s.maxConnections {
		return nil
	}
	u.connections++
	return u
}

// leave counts it out. What the user has used up of the rate is remembered until
// it would be full again: coming back makes nobody faster.
func (us *users) leave(u *user) {
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

// room counts a membership in, unless there are too many.
func (us *users) room(u *user, most int) bool {
	us.mu.Lock()
	defer us.mu.Unlock()
	if u.rooms >= most {
		return false
	}
	u.rooms++
	return true
}

func (us *users) leaveRoom(u *user) {
	us.mu.Lock()
	defer us.mu.Unlock()
	u.rooms--
}

// adjust has a change of the settings hold for those who are there.
func (us *users) adjust(s *settings) {
	us.mu.Lock()
	defer us.mu.Unlock()
	for _, u := range us.m {
		u.limiter.SetLimit(rate.Limit(s.rate))
		u.limiter.SetBurst(s.burst)
	}
}
