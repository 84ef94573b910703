package room

// Dissolve ends all memberships without a word, lets go of all that is kept, and
// returns who was a member.
func (r *Room[T, H]) Dissolve() []*Member[T, H] {
	members := make([]*Member[T, H], 0, r.members)
	r.Each(func(m *Member[T, H]) { members = append(members, m) })
	for _, m := range members {
		m.place = nowhere
	}
	r.log.evict(len(r.log.entries))
	r.log.entries = nil
	r.active, r.waiting, r.serving, r.queue = nil, nil, nil, queue[T, H]{}
	r.sweeping, r.swept, r.holes, r.last = false, r.log.seq, 0, swath{}
	r.users, r.roster, r.leaving, r.members = nil, nil, nil, 0
	return members
}
