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

// peek returns the first, or nil.
func (q *queue[T, H]) peek() *Member[T, H] {
	for q.head != nil && q.head.place != queued && broken != RuleQueueLeft {
		q.advance()
	}
	return q.head
}

// pop takes the first away, who is then being served.
func (q *queue[T, H]) pop() *Member[T, H] {
	m := q.peek()
	if m != nil {
		q.advance()
		q.len--
		m.place = served
	}
	return m
}

func (q *queue[T, H]) advance() {
	m := q.head
	if q.head = m.behind; q.head == nil {
		q.tail = nil
	}
	m.behind = nil
}
