package room

import "maps"

// take judges a step that the member has taken.
func (f *follower) take(items []Item[int]) {
	for _, item := range items {
		if f.w.cfg.Tells && !f.told && item.Kind != Joined {
			f.fail("kind %d before Joined", item.Kind)
		}
		f.one(item)
	}
}

func (f *follower) one(item Item[int]) {
	w := f.w
	switch item.Kind {
	case Joined:
		if f.told {
			f.fail("joined twice")
		}
		f.told = true
		if item.To != f.pos {
			f.fail("joined at %v", item.To)
		}
		f.see(item.Users)
	case Gap:
		if f.steady {
			f.fail("a gap %v-%v for one who always took all", item.From, item.To)
		}
		f.skim(item.From)
		if item.From != f.pos {
			f.fail("a gap from %v", item.From)
		}
		if !f.beyond && (item.To.Epoch < item.From.Epoch || item.To.Epoch == item.From.Epoch && item.To.Offset < item.From.Offset) {
			f.fail("a gap back to %v", item.To)
		}
		f.beyond, f.pos = false, item.To
		f.next = max(f.last, w.index(item.To))
		f.excused = len(w.log)
		f.see(item.Users)
	case Break:
		i := f.next
		for i < len(w.log) && (w.log[i].kind != Break || w.log[i].pos != item.To) {
			i++
		}
		if i == len(w.log) {
			f.fail("no break to %v has happened", item.To)
			return
		}
		f.cover(i)
		if item.From != f.pos {
			f.fail("a break from %v to %v", item.From, item.To)
		}
		f.see(item.Users)
		f.pos = item.To
	case Value:
		if w.log[item.Value].kind != Value {
			f.fail("%d is no value", item.Value)
		}
		f.cover(item.Value)
		if f.pos != w.log[item.Value].pos {
			f.fail("a value at %v", w.log[item.Value].pos)
		}
		f.pos.Offset++
	case Signal:
		if h := w.log[item.Value]; h.kind != Signal || h.user != "" && h.user != f.m.User || item.Value < f.since {
			f.fail("signal %d is not for it", item.Value)
		}
		f.cover(item.Value)
	case Present:
		f.view[item.User] = true
	case Absent:
		delete(f.view, item.User)
	}
}

// skim goes on to a position as long as nothing is missed by it but obsolete
// values.
func (f *follower) skim(to Position) {
	for i := f.next; i < len(f.w.log) && f.pos.Epoch == to.Epoch && f.pos.Offset < to.Offset; i++ {
		if h := &f.w.log[i]; h.kind == Value {
			if !f.w.obsolete(i) || h.pos != f.pos {
				return
			}
			f.pos.Offset++
		}
	}
}

func (f *follower) see(users []string) {
	clear(f.view)
	for _, u := range users {
		f.view[u] = true
	}
}

// cover accounts for what lies before entry i, of which nothing was offered, and
// for that entry.
func (f *follower) cover(i int) {
	if i < f.next {
		f.fail("entry %d again, or out of order", i)
	}
	for ; f.next < i; f.next++ {
		h := &f.w.log[f.next]
		switch {
		case h.kind == Value && h.pos.Epoch == f.pos.Epoch && h.pos.Offset < f.pos.Offset: // skimmed
		case h.kind == Value && f.w.obsolete(f.next):
			f.pos = Position{h.pos.Epoch, h.pos.Offset + 1}
		case h.kind == Value:
			f.fail("value %d is missing before %d", f.next, i)
		case h.kind == Break && h.pos != f.pos:
			f.fail("break to %v is missing before %d", h.pos, i)
		case h.kind == Signal && (h.user == "" || h.user == f.m.User) && f.next >= f.excused && f.w.cfg.Tells:
			f.fail("signal %d is missing before %d", f.next, i)
		}
	}
	f.next = i + 1
	f.last = f.next
}

// finish judges a member who has been given everything.
func (f *follower) finish() {
	f.cover(len(f.w.log))
	if next := f.w.r.Next(); f.pos != next || f.w.r.Position(f.m) != next {
		f.fail("it ends at %v by the room's account, which is at %v", f.w.r.Position(f.m), next)
	}
	if lag := f.w.r.Lag(f.m); lag != 0 {
		f.fail("it has everything and is %d behind", lag)
	}
	if f.w.cfg.Tells {
		there := map[string]bool{}
		for u := range f.w.users {
			there[u] = true
		}
		if !f.told || !maps.Equal(there, f.view) {
			f.fail("it sees %v where there are %v", f.view, there)
		}
	}
}
