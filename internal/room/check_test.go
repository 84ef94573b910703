package room

// check holds the room's own accounts against what is there.
func (p *play) check() {
	r, l := p.r, &p.r.log
	bytes, values, stale := 0, 0, 0
	for i := range l.entries {
		e := &l.entries[i]
		bytes += e.Size
		switch {
		case e.Kind == Value && !p.obsolete(e.Value):
			values++
		case e.Kind != Break:
			stale++
		}
		if i > 0 && l.entries[i-1].seq >= e.seq {
			p.fail("entries out of order")
		}
		if l.find(e.seq) != i {
			p.fail("entry %d is not found", i)
		}
	}
	if bytes != r.Bytes() || values != r.Values() || stale != l.stale {
		p.fail("bytes %d, values %d, stale %d, by the room's account %d, %d, %d",
			bytes, values, stale, r.Bytes(), r.Values(), l.stale)
	}
	if bytes > p.cfg.Bytes {
		p.fail("%d bytes are over the limit of %d", bytes, p.cfg.Bytes)
	}
	if most := 4*max(p.cfg.Backlog, p.cfg.History) + 64; len(l.entries) > most {
		p.fail("%d entries are over %d", len(l.entries), most)
	}
	members, queued := 0, 0
	r.Each(func(m *Member[int, *follower]) { members++ })
	there := 0
	for _, f := range p.all {
		if !f.over {
			there++
		}
		if f.m.place == queued_ {
			queued++
		}
	}
	if members != r.Members() || members != there || queued != r.queue.len {
		p.fail("members %d, %d there, queued %d, by the room's account %d, %d", members, there, queued, r.Members(), r.queue.len)
	}
	users := map[string]bool{}
	for _, u := range r.Users() {
		users[u] = true
	}
	for u, s := range p.users {
		if !users[u] || r.Has(u) != (s.members > 0) {
			p.fail("%s has %d members, by the room's account %v %v", u, s.members, users[u], r.Has(u))
		}
	}
	if len(users) != len(p.users) {
		p.fail("users %v where there are %d", users, len(p.users))
	}
}

const queued_ = queued

// checkRest holds a room in which everybody has everything to its limits.
func (p *play) checkRest() {
	r := p.r
	if r.Values() > p.cfg.History {
		p.fail("at rest %d values are kept, and %d is the history", r.Values(), p.cfg.History)
	}
	if r.sweeping || r.holes > 0 || len(r.waiting) > 0 || r.queue.len > 0 || len(r.active) != r.Members() {
		p.fail("not at rest")
	}
}
