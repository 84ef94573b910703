package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// width is what fits a terminal of 80 columns: a longer line would wrap, and could
// not be rewritten.
const width = 79

// A show says how far the run is: on a terminal as a line that is rewritten in
// place, elsewhere as a line now and then.
type show struct {
	w        io.Writer
	terminal bool
	drawn    bool
	tick     *time.Ticker
}

func newShow(w io.Writer) *show {
	s := &show{w: w}
	if f, ok := w.(*os.File); ok {
		info, err := f.Stat()
		s.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	s.tick = time.NewTicker(map[bool]time.Duration{true: 250 * time.Millisecond, false: 30 * time.Second}[s.terminal])
	return s
}

func (s *show) show(text string) {
	s.erase()
	if !s.terminal {
		fmt.Fprintln(s.w, text)
		return
	}
	if len(text) > width { // at the end of what it says about one thing
		text = text[:max(strings.LastIndex(text[:min(len(text), width+2)], "  "), 0)]
	}
	fmt.Fprint(s.w, text)
	s.drawn = true
}

// erase returns to the first column and clears the line.
func (s *show) erase() {
	if s.drawn {
		fmt.Fprint(s.w, "\r\x1b[K")
		s.drawn = false
	}
}

func (s *show) stop() {
	s.tick.Stop()
	s.erase()
}
