package chat

import (
	"slices"
	"strconv"
	"strings"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/protocol"
)

// A command is what a line beginning with a slash asks for.
type command struct {
	name string // with the slash
	args string // for people
	help string
	do   func(m *Model, arg string)
}

// commands are in the order in which /help lists them.
var commands []command

func init() { // commands and help refer to each other
	commands = []command{
		{"/help", "", "this list", (*Model).help},
		{"/join", "room", "go to a room, which comes into being if need be", (*Model).joinRoom},
		{"/leave", "[room]", "leave the room, or close the conversation", (*Model).leaveRoom},
		{"/rooms", "", "list the rooms", func(m *Model, _ string) { m.ask(protocol.Message{Op: protocol.Rooms}) }},
		{"/who", "[room]", "list who is here", (*Model).askWho},
		{"/msg", "name text", "say something to one user alone", (*Model).tellUser},
		{"/me", "text", "do something: \"/me waves\"", (*Model).act},
		{"/nick", "name [token]", "take another name", (*Model).nick},
		{"/history", "[lines]", "show older lines", (*Model).askHistory},
		{"/resend", "[all]", "send again what was not sent, with all also what may not have arrived", (*Model).askResend},
		{"/forget", "", "take away what was not sent", func(m *Model, _ string) { m.forget() }},
		{"/quit", "", "end", func(m *Model, _ string) { m.do(Quit{}) }},
	}
}

// entered acts on a line of the user's. Two slashes stand for one that is said.
func (m *Model) entered(line string) {
	if m.link.phase == conn.Reconnecting {
		m.do(Wake{})
	}
	line = strings.TrimSpace(line)
	switch {
	case line == "":
		return
	case strings.HasPrefix(line, "//"):
		line = line[1:]
	case line[0] == '/':
		m.obey(line)
		return
	}
	if r := m.Current(); r != nil {
		m.say(r, line, false)
		return
	}
	m.tell("you are in no room: /join one")
}

func (m *Model) obey(line string) {
	name, arg, _ := strings.Cut(line, " ")
	for _, c := range commands {
		if c.name == name {
			c.do(m, strings.TrimSpace(arg))
			return
		}
	}
	m.tellf("%s is not a command; /help lists them", name)
}

// ask sends what makes sense only now.
func (m *Model) ask(msg protocol.Message) {
	if !m.session {
		m.tell("there is no session at present")
		return
	}
	m.asked++
	m.send(msg)
}

func (m *Model) help(string) {
	for _, c := range commands {
		m.tell(strings.TrimSpace(c.name+" "+c.args) + ": " + c.help)
	}
}

func (m *Model) joinRoom(arg string) {
	name := strings.TrimPrefix(arg, "#")
	switch {
	case name == "":
		m.tell("which room? as in /join lobby")
		return
	case strings.HasPrefix(name, "@"):
		m.room(name)
	case m.find(name) == nil:
		if !m.session {
			m.tell("there is no session at present")
			return
		}
		m.room(name)
		m.awaited = name
		m.join(name)
		return
	}
	m.Show(slices.Index(m.rooms, m.find(name)))
}

func (m *Model) leaveRoom(arg string) {
	r := m.Current()
	if arg != "" {
		r = m.find(strings.TrimPrefix(arg, "#"))
	}
	switch {
	case r == nil:
		m.tell("you are not in that room")
	case r.Private(), !r.Joined:
		m.drop(r)
	default:
		m.ask(protocol.Message{Op: protocol.Leave, Room: r.Name})
	}
}

func (m *Model) askWho(arg string) {
	r := m.Current()
	switch {
	case arg != "":
		m.ask(protocol.Message{Op: protocol.Who, Room: strings.TrimPrefix(arg, "#")})
	case r == nil || r.Private():
		m.tell("which room? as in /who lobby")
	default:
		m.ask(protocol.Message{Op: protocol.Who, Room: r.Name})
	}
}

func (m *Model) tellUser(arg string) {
	name, text, _ := strings.Cut(strings.TrimPrefix(arg, "@"), " ")
	if name == "" {
		m.tell("to whom? as in /msg bob hello")
		return
	}
	r := m.room("@" + name)
	if text = strings.TrimSpace(text); text == "" {
		m.Show(slices.Index(m.rooms, r))
		return
	}
	m.say(r, text, false)
}

func (m *Model) act(arg string) {
	r := m.Current()
	if r == nil || arg == "" {
		m.tell("what? as in /me waves")
		return
	}
	m.say(r, arg, true)
}

func (m *Model) nick(arg string) {
	name, token, _ := strings.Cut(arg, " ")
	if name == "" {
		m.tellf("you are %s", m.me)
		return
	}
	m.ask(protocol.Message{Op: protocol.Nick, Name: name, Token: strings.TrimSpace(token)})
}

func (m *Model) askHistory(arg string) {
	n := page
	if arg != "" {
		var err error
		if n, err = strconv.Atoi(arg); err != nil || n < 1 {
			m.tell("how many lines? as in /history 50")
			return
		}
	}
	if r := m.Current(); r != nil && !r.Private() {
		m.older(r, n)
	}
}

func (m *Model) askResend(arg string) { m.resend(arg == "all") }
