// Package liveline shows how far a program is: on a terminal as one line that
// is rewritten in place, elsewhere as a plain line now and then.
package liveline

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

const (
	redraw  = 100 * time.Millisecond // on a terminal
	columns = 79                     // a longer line would wrap and could not be rewritten
)

// A Line writes to one destination. Its methods may be called concurrently.
type Line struct {
	w        io.Writer
	terminal bool
	every    time.Duration

	mu    sync.Mutex
	drawn bool // the live line stands on the terminal
}

// New returns a Line that writes to w, a plain line each time that every has
// passed unless w is a terminal.
func New(w io.Writer, every time.Duration) *Line {
	l := &Line{w: w, every: every}
	if f, ok := w.(*os.File); ok {
		info, err := f.Stat()
		l.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	if l.terminal {
		l.every = redraw
	}
	return l
}

// Follow shows what text returns, again and again, until the function that it
// returns is called. That removes the live line and waits until it is gone.
func (l *Line) Follow(text func() string) (stop func()) {
	quit, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		tick := time.NewTicker(l.every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				l.show(text())
			case <-quit:
				return
			}
		}
	}()
	var once sync.Once
	return func() {
		once.Do(func() { close(quit) })
		<-gone
		l.mu.Lock()
		defer l.mu.Unlock()
		l.eraseLocked()
	}
}

// Printf writes a line that stays, above the live one.
func (l *Line) Printf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.eraseLocked()
	fmt.Fprintf(l.w, format+"\n", args...) // nobody can be told that this failed
}

func (l *Line) show(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.terminal {
		fmt.Fprintln(l.w, text)
		return
	}
	if runes := []rune(text); len(runes) > columns {
		text = string(runes[:columns])
	}
	l.eraseLocked()
	fmt.Fprint(l.w, text)
	l.drawn = true
}

// eraseLocked returns to the first column and clears to the end of the line.
func (l *Line) eraseLocked() {
	if l.drawn {
		fmt.Fprint(l.w, "\r\x1b[K")
		l.drawn = false
	}
}
