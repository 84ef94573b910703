package hubsim

import "github.com/longsplice/longsplice/internal/room"

// come takes down that a user has one member more.
func (l *live) come(user string) {
	if user == "" {
		return
	}
	s := l.users[user]
	if s == nil {
		s = &stay{}
		l.users[user] = s
		l.announce(room.Present, user)
	} else if s.members == 0 {
		l.meet(metStayed)
	}
	s.members++
}

// depart takes down that it has one less.
func (l *live) depart(user string) {
	s := l.users[user]
	if s == nil {
		return
	}
	if s.members--; s.members > 0 {
		return
	}
	if s.until = l.now + l.setup.Room.Grace.duration(); l.setup.Room.Grace == 0 {
		l.absent(user)
	}
}

func (l *live) absent(user string) {
	delete(l.users, user)
	l.announce(room.Absent, user)
}

func (l *live) announce(k room.Kind, user string) {
	if l.setup.Room.Tells {
		l.take(said{kind: k, user: user})
		l.loosen()
	}
}

// checkUsers compares who is said to be present with who is.
func (l *live) checkUsers(users []string) {
	ok := len(users) == len(l.users)
	for _, u := range users {
		ok = ok && l.users[u] != nil
	}
	if !ok {
		l.fail("users %q, where there are %d", users, len(l.users))
	}
}

// see takes in who is present.
func (s *sub) see(it *item) {
	if s.blind = it.Count != len(it.Users); s.blind {
		s.l.meet(metUnnamed)
	}
	clear(s.view)
	for _, u := range it.Users {
		s.view[u] = true
	}
}
