package room

// A queue is first in, first out. Members who have left stay in it until their
// turn comes.
type queue[T, H any] struct {
	head, tail *Member[T, H]
	len        int // without those
}

func (q *queue[T, H]) push(m *Member[T, H]) {
	if m.behind = nil; q.tail == nil {
		q.head = m
	} else {
		q.tail.behind = m
	}
	q.tail = m
	q.len++
}

func (q *queue[T, H]) pop() *Member[T, H] {
	for m := q.head; m != nil; m = q.head {
		if q.head = m.behind; q.head == nil {
			q.tail = nil
		}
		m.behind = nil
		if m.place == queued {
			q.len--
			return m
		}
	}
	return nil
}
