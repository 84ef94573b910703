package edit

// complete is a completion under way: the same key pressed again shows the next
// word.
type complete struct {
	words []string
	next  int
	from  int
}

// Complete replaces the word before the cursor by the first of the words that
// find names, and by the next one when it is called again. find gets what stands
// before the cursor, and returns where in it the word begins.
func (l *Line) Complete(find func(before string) (from int, words []string)) {
	c := l.complete
	if len(c.words) == 0 {
		c.from, c.words = find(l.Before())
		c.next = 0
	}
	if len(c.words) == 0 {
		return
	}
	l.replace(c.from, l.at, c.words[c.next])
	c.next = (c.next + 1) % len(c.words)
	l.complete = c
}
