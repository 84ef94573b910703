package screen

import (
	tea "charm.land/bubbletea/v2"

	"github.com/longsplice/longsplice/examples/chat/client/internal/chat"
	"github.com/longsplice/longsplice/examples/chat/client/internal/clean"
	"github.com/longsplice/longsplice/examples/chat/client/internal/edit"
)

// moves are the keys that edit the line.
var moves = map[string]func(*edit.Line){
	"left": (*edit.Line).Left, "ctrl+b": (*edit.Line).Left,
	"right": (*edit.Line).Right, "ctrl+f": (*edit.Line).Right,
	"home": (*edit.Line).Home, "ctrl+a": (*edit.Line).Home,
	"end": (*edit.Line).End, "ctrl+e": (*edit.Line).End,
	"ctrl+left": (*edit.Line).WordLeft, "alt+left": (*edit.Line).WordLeft, "alt+b": (*edit.Line).WordLeft,
	"ctrl+right": (*edit.Line).WordRight, "alt+right": (*edit.Line).WordRight, "alt+f": (*edit.Line).WordRight,
	"backspace": (*edit.Line).Backspace, "ctrl+h": (*edit.Line).Backspace,
	"delete": (*edit.Line).Delete,
	"ctrl+w": (*edit.Line).CutWord, "alt+backspace": (*edit.Line).CutWord,
	"ctrl+u": (*edit.Line).CutBefore,
	"ctrl+k": (*edit.Line).CutAfter,
	"up":     (*edit.Line).Up, "down": (*edit.Line).Down,
}

// key acts on a key.
func (s *Screen) key(msg tea.KeyPressMsg) tea.Cmd {
	name := msg.Keystroke()
	if move := moves[name]; move != nil {
		move(&s.input)
		return nil
	}
	switch name {
	case "ctrl+c":
		return s.quit()
	case "ctrl+d":
		if s.input.Text() == "" {
			return s.quit()
		}
		s.input.Delete()
	case "ctrl+z":
		return tea.Suspend
	case "ctrl+l":
		return tea.ClearScreen
	case "enter":
		s.scroll = 0
		return s.handle(&chat.Entered{Line: s.input.Enter()})
	case "tab":
		s.input.Complete(s.Model.Complete)
	case "ctrl+n":
		s.show(func() { s.Model.Step(1) })
	case "ctrl+p":
		s.show(func() { s.Model.Step(-1) })
	case "pgup":
		s.scrollBy(max(1, s.body()-1))
	case "pgdown":
		s.scrollBy(-max(1, s.body()-1))
	case "esc":
		s.scroll = 0
	default:
		return s.text(msg, name)
	}
	return nil
}

// text enters characters, or goes to the room of a number.
func (s *Screen) text(msg tea.KeyPressMsg, name string) tea.Cmd {
	if len(name) == len("alt+1") && name[:4] == "alt+" && '1' <= name[4] && name[4] <= '9' {
		s.show(func() { s.Model.Show(int(name[4] - '1')) })
		return nil
	}
	if msg.Text == "" {
		return nil
	}
	s.input.Insert(clean.Text(msg.Text))
	if text := s.input.Text(); text != "" && text[0] != '/' {
		s.do(s.Model.Types(s.Now()))
	}
	return nil
}

// show changes the room.
func (s *Screen) show(change func()) {
	before := s.Model.Current()
	change()
	if s.Model.Current() != before {
		s.scroll = 0
	}
}

// scrollBy moves back in time, or forth. Behind the oldest row older lines are
// asked for.
func (s *Screen) scrollBy(rows int) {
	r := s.Model.Current()
	if r == nil {
		return
	}
	want := max(0, s.scroll+rows)
	all := len(s.rows(r, want+s.body()))
	if rows > 0 && all < want+s.body() {
		s.do(s.Model.Older(s.Now()))
	}
	s.scroll = min(want, max(0, all-s.body()))
}

// anchor keeps what is shown in its place while rows come in below it. The
// function that it returns is called when they have.
func (s *Screen) anchor(chat.Event) func() {
	r := s.Model.Current()
	if s.scroll == 0 || r == nil || len(r.Items) == 0 {
		return func() {}
	}
	last, pending := r.Items[len(r.Items)-1], s.pendingRows(r)
	return func() {
		if s.Model.Current() != r {
			s.scroll = 0
			return
		}
		added := len(s.pendingRows(r)) - len(pending)
		for i := len(r.Items) - 1; i >= 0 && r.Items[i] != last; i-- {
			added += len(s.itemRows(r, i))
		}
		s.scroll = max(0, s.scroll+added)
	}
}
