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
	if most := 4*max(p.cfg.Backlog, p.cfg.History) + r.cfg.Slack; len(l.entries) > most {
		p.fail("%d entries are over %d", len(l.entries), most)
	}
	members, inQueue := 0, 0
	r.Each(func(m *Member[int, *follower]) { members++ })
	there := 0
	for _, f := range p.all {
		if !f.over {
			there++
		}
		if f.m.place == queued {
			inQueue++
		}
	}
	if members != r.Members() || members != there || inQueue != r.queue.len {
		p.fail("members %d, %d there, queued %d, by the room's account %d, %d", members, there, inQueue, r.Members(), r.queue.len)
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

// checkStep compares what the room says of a step with the step.
func (p *play) checkStep() {
	if !p.open && p.r.Pending() {
		p.fail("pending, and no step")
	}
	if p.open && len(p.step.Members) == 0 {
		p.fail("a step for nobody")
	}
	if !p.open {
		return
	}
	served := map[*Member[int, *follower]]bool{}
	for _, m := range p.step.Members {
		if served[m] {
			p.fail("served twice in one step")
		}
		served[m] = true
	}
	for _, f := range p.all {
		if p.r.Served(f.m) != served[f.m] {
			f.fail("served %v", served[f.m])
		}
	}
}

// checkHistory compares the history from a random place with the naive log.
func (p *play) checkHistory() {
	from := p.r.Next()
	from.Offset -= min(uint64(p.pick(12)), from.Offset)
	got, first := p.r.History(from, 1+p.pick(5))
	for i, n := range got {
		h := p.log[n]
		if i == 0 && h.pos != first || h.pos.Offset < from.Offset || p.obsolete(n) {
			p.fail("history from %v begins at %v: %v", from, first, got)
		}
		if i > 0 && !p.keys && h.pos.Offset != first.Offset+uint64(i) {
			p.fail("history from %v has a hole: %v", from, got)
		}
	}
	if len(got) == 0 && first != p.r.Next() {
		p.fail("no history from %v, which begins at %v", from, first)
	}
}

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
