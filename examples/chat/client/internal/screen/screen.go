// Package screen shows a chat.Model in a terminal and feeds it what the user
// types. It decides nothing about the chat.
package screen

import (
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/longsplice/longsplice/examples/chat/client/internal/chat"
	"github.com/longsplice/longsplice/examples/chat/client/internal/clean"
	"github.com/longsplice/longsplice/examples/chat/client/internal/edit"
	"github.com/longsplice/longsplice/examples/chat/protocol"
)

// A Session is what the screen needs of the network.
type Session interface {
	Send(protocol.Message) *chat.Rejected
	Keep(name, token string)
	Wake()
	RTT() time.Duration
}

// Over ends the program: the session is over for good.
type Over struct{}

// A Screen is a program for Bubble Tea. The events of the Session are sent to it
// as messages.
type Screen struct {
	Model   *chat.Model
	Session Session
	Keep    func(name, token string) error // stores a token
	Now     func() time.Time
	Zone    *time.Location

	input         edit.Line
	width, height int
	method        ansi.Method // how this terminal measures characters
	scroll        int         // rows below those that are shown
	pulse         time.Time   // the last one
}

// tick redraws what changes with time, such as a countdown.
type tick struct{}

const (
	tickEvery  = 250 * time.Millisecond
	pulseEvery = time.Second
)

func ticking() tea.Cmd {
	return tea.Tick(tickEvery, func(time.Time) tea.Msg { return tick{} })
}

// Init begins to tick.
func (s *Screen) Init() tea.Cmd { return ticking() }

// Update takes a key, an event, or what the terminal reports.
func (s *Screen) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case chat.Event:
		return s, s.handle(msg)
	case tick:
		var cmd tea.Cmd
		if now := s.Now(); now.Sub(s.pulse) >= pulseEvery {
			s.pulse = now
			cmd = s.handle(&chat.Pulse{RTT: s.Session.RTT()})
		}
		return s, tea.Batch(cmd, ticking())
	case tea.WindowSizeMsg:
		s.width, s.height = msg.Width, msg.Height
	case tea.ModeReportMsg:
		if msg.Mode == ansi.ModeUnicodeCore && !msg.Value.IsNotRecognized() && !msg.Value.IsPermanentlyReset() {
			s.method = ansi.GraphemeWidth // as the renderer does from now on
		}
	case tea.PasteMsg:
		s.input.Insert(clean.Text(msg.Content))
	case tea.KeyPressMsg:
		return s, s.key(msg)
	case Over:
		return s, tea.Quit
	}
	return s, nil
}

// handle gives an event to the Model and does what it asks for.
func (s *Screen) handle(e chat.Event) (cmd tea.Cmd) {
	defer s.anchor(e)()
	for queue := []chat.Event{e}; len(queue) > 0; queue = queue[1:] {
		more, quit := s.do(s.Model.Handle(queue[0], s.Now()))
		queue = append(queue, more...)
		if quit {
			cmd = s.quit()
		}
	}
	return cmd
}

// quit ends the program.
func (s *Screen) quit() tea.Cmd {
	s.do(s.Model.Leave(s.Now()))
	return tea.Quit
}

// do carries out actions, and returns what came of them.
func (s *Screen) do(actions []chat.Action) (events []chat.Event, quit bool) {
	for _, a := range actions {
		switch a := a.(type) {
		case chat.Send:
			if rejected := s.Session.Send(a.Message); rejected != nil {
				events = append(events, rejected)
			}
		case chat.Keep:
			s.Session.Keep(a.Name, a.Token)
			if err := s.Keep(a.Name, a.Token); err != nil {
				events = append(events, &chat.Garbled{Why: "the token is not kept: " + err.Error()})
			}
		case chat.Wake:
			s.Session.Wake()
		case chat.Quit:
			quit = true
		}
	}
	return events, quit
}
