package edit

// maxRecall is how many lines are remembered.
const maxRecall = 500

// recall is the lines that were entered, oldest first, and the way through them.
type recall struct {
	lines []string
	at    int    // of the line shown; len(lines) for the one that is being written
	draft string // the one that is being written
}

// Enter takes the line, which is empty afterwards, and remembers it.
func (l *Line) Enter() string {
	text := l.text
	r := &l.recall
	if n := len(r.lines); text != "" && (n == 0 || r.lines[n-1] != text) {
		r.lines = append(r.lines[max(0, n+1-maxRecall):], text)
	}
	r.at, r.draft = len(r.lines), ""
	l.Set("")
	return text
}

// Up shows the line that was entered before, Down the one after. Behind the last
// one is what was being written.
func (l *Line) Up() {
	r := &l.recall
	if r.at == 0 {
		return
	}
	if r.at == len(r.lines) {
		r.draft = l.text
	}
	r.at--
	l.Set(r.lines[r.at])
}

// Down is described with Up.
func (l *Line) Down() {
	r := &l.recall
	if r.at == len(r.lines) {
		return
	}
	if r.at++; r.at == len(r.lines) {
		l.Set(r.draft)
		return
	}
	l.Set(r.lines[r.at])
}
