package screen

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/client/internal/chat"
	"github.com/longsplice/longsplice/examples/chat/protocol"
	"github.com/longsplice/longsplice/hub"
)

var update = flag.Bool("update", false, "write the golden screens anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A network takes everything, unless it is told to fail.
type network struct {
	sent []protocol.Message
	fail string // why it takes nothing
	kept string
	woke int
}

func (n *network) Send(m protocol.Message) *chat.Rejected {
	if n.fail != "" {
		return &chat.Rejected{Message: m, Why: n.fail}
	}
	n.sent = append(n.sent, m)
	return nil
}
func (n *network) Keep(name, token string) { n.kept = name + " " + token }
func (n *network) Wake()                   { n.woke++ }
func (n *network) RTT() time.Duration      { return 12 * time.Millisecond }

// A rig is a Screen with a network and a clock of its own.
type rig struct {
	*Screen
	*network
	t   *testing.T
	now time.Time
}

func newRig(t *testing.T, width, height int) *rig {
	r := &rig{network: &network{}, t: t, now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}
	r.Screen = &Screen{
		Model:   chat.New(chat.Config{Name: "ann", Rooms: []string{"lobby", "games"}, Last: 50, Mark: "x"}),
		Session: r.network,
		Keep:    func(string, string) error { return nil },
		Now:     func() time.Time { return r.now },
		Zone:    time.UTC,
	}
	r.Update(tea.WindowSizeMsg{Width: width, Height: height})
	return r
}

// talk is a conversation of three.
func talk(t *testing.T, width, height int) *rig {
	r := newRig(t, width, height)
	r.Update(&chat.LinkChanged{Phase: conn.Connected})
	r.Update(&chat.Began{})
	r.gets(protocol.Message{Op: protocol.Welcome, Name: "ann", Token: "t", Text: "Be kind."})
	r.gets(protocol.Message{Op: protocol.Joined, Room: "lobby", Next: &hub.Position{Epoch: 1, Offset: 7}, Users: []string{"ann", "bob", "carl"}})
	r.gets(protocol.Message{Op: protocol.Joined, Room: "games", Next: &hub.Position{Epoch: 1, Offset: 1}, Users: []string{"ann"}})
	r.now = r.now.Add(-13 * time.Hour)
	r.line("bob", "good evening", false)
	r.now = r.now.Add(13 * time.Hour)
	r.line("bob", "ann: did you see this? It is rather a long line, which no small terminal can show in one row.", false)
	r.line("carl", "waves", true)
	r.gets(protocol.Message{Op: protocol.Gap, Room: "lobby", From: &hub.Position{Epoch: 1, Offset: 10}, Next: &hub.Position{Epoch: 1, Offset: 22}, Users: []string{"ann", "bob", "carl"}})
	r.line("carl", "日本語 and cafe\u0301 are measured right", false)
	r.gets(protocol.Message{Op: protocol.Line, Room: "games", Name: "bob", Text: "anybody here?", At: r.now.UnixMilli()})
	r.gets(protocol.Message{Op: protocol.Line, Room: "user:ann", Name: "bob", To: "ann", Text: "psst", At: r.now.UnixMilli()})
	r.types("I did, thanks")
	r.press("enter")
	r.types("/msg b")
	r.gets(protocol.Message{Op: protocol.Typing, Room: "lobby", Name: "bob"})
	return r
}

func (r *rig) gets(m protocol.Message) { r.Update(&chat.Received{Message: m}) }

func (r *rig) line(name, text string, action bool) {
	r.gets(protocol.Message{Op: protocol.Line, Room: "lobby", Name: name, Text: text, Action: action, At: r.now.UnixMilli()})
}

func (r *rig) types(text string) {
	for _, c := range text {
		r.Update(tea.KeyPressMsg{Code: c, Text: string(c)})
	}
}

// press presses keys by name.
func (r *rig) press(names ...string) (cmd tea.Cmd) {
	codes := map[string]rune{
		"enter": tea.KeyEnter, "tab": tea.KeyTab, "up": tea.KeyUp, "down": tea.KeyDown, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown,
		"esc": tea.KeyEscape, "backspace": tea.KeyBackspace,
	}
	for _, name := range names {
		key := tea.KeyPressMsg{Code: codes[name]}
		if rest, ok := strings.CutPrefix(name, "ctrl+"); ok {
			key = tea.KeyPressMsg{Code: rune(rest[0]), Mod: tea.ModCtrl}
		} else if rest, ok := strings.CutPrefix(name, "alt+"); ok {
			key = tea.KeyPressMsg{Code: rune(rest[0]), Mod: tea.ModAlt}
		}
		require.Equal(r.t, name, key.Keystroke())
		_, cmd = r.Update(key)
	}
	return cmd
}

// screen is what can be read.
func (r *rig) screen() string { return ansi.Strip(r.View().Content) }

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, []byte(got+"\n"), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got+"\n")
}

func TestScreens(t *testing.T) {
	for _, size := range [][2]int{{100, 20}, {80, 16}, {50, 14}, {20, 5}} {
		name := fmt.Sprintf("%dx%d", size[0], size[1])
		t.Run(name, func(t *testing.T) { golden(t, name, talk(t, size[0], size[1]).screen()) })
	}
}

func TestScreenOfALostSession(t *testing.T) {
	r := talk(t, 80, 16)
	r.press("ctrl+u")
	r.types("nobody hears this")
	r.press("enter")
	r.Update(&chat.LinkChanged{Phase: conn.Reconnecting, Attempt: 4, Delay: 3 * time.Second, Why: "connection refused"})
	golden(t, "reconnecting", r.screen())
	r.Update(&chat.Ended{Why: "the server has restarted", Unsent: []string{"x-2"}})
	r.Update(&chat.LinkChanged{Phase: conn.Connected})
	golden(t, "restarted", r.screen())
}

// No row is wider than the terminal, there are as many as it has, and the cursor
// is among them, whatever the size.
func TestAllSizes(t *testing.T) {
	for width := 1; width <= 110; width++ {
		for _, height := range []int{1, 2, 3, 4, 5, 6, 7, 12, 30} {
			r := talk(t, width, height)
			r.press("pgup")
			v := r.View()
			rows := strings.Split(v.Content, "\n")
			require.Len(t, rows, height, "%dx%d", width, height)
			for _, row := range rows {
				require.LessOrEqual(t, ansi.WcWidth.StringWidth(row), width, "%dx%d: %q", width, height, ansi.Strip(row))
			}
			require.Less(t, v.Cursor.X, width)
			require.Less(t, v.Cursor.Y, height)
		}
	}
	talk(t, 0, 0).View()
}

func TestScrolling(t *testing.T) {
	r := newRig(t, 60, 8) // five rows of messages
	r.Update(&chat.Began{})
	r.gets(protocol.Message{Op: protocol.Joined, Room: "lobby", Next: &hub.Position{Epoch: 1, Offset: 101}})
	for i := range 20 {
		r.line("bob", fmt.Sprint("line ", i), false)
	}
	require.Contains(t, r.screen(), "line 19")
	r.press("pgup")
	require.NotContains(t, r.screen(), "line 16")
	require.Contains(t, r.screen(), "line 15")
	before := r.screen()
	r.line("bob", "news", false)
	require.Equal(t, before, r.screen(), "what is read stays where it is")

	r.sent = nil
	r.press("pgup", "pgup", "pgup", "pgup", "pgup")
	require.Equal(t, []protocol.Message{{Op: protocol.History, Room: "lobby", Before: 101, Last: 50}}, r.sent)
	before = r.screen()
	r.gets(protocol.Message{Op: protocol.History, Room: "lobby", Lines: []protocol.Message{{Name: "bob", Text: "older", At: r.now.UnixMilli()}}})
	require.Contains(t, before, "line 0")
	r.press("pgup")
	require.Contains(t, r.screen(), "older")
	r.press("esc")
	require.Contains(t, r.screen(), "news")
}

func TestMoreAreHereThanNamed(t *testing.T) {
	r := talk(t, 100, 20)
	r.gets(protocol.Message{Op: protocol.Who, Room: "lobby", Users: []string{"ann", "bob"}, Count: 5000})
	require.Contains(t, r.screen(), "#lobby  5000 here")
	require.Regexp(t, `│ ann *\n.*│ bob *\n.*│ and 4998 more`, r.screen())
	many := make([]string, 40)
	for i := range many {
		many[i] = fmt.Sprintf("user-%02d", i)
	}
	r.gets(protocol.Message{Op: protocol.Who, Room: "lobby", Users: many, Count: 40})
	require.Regexp(t, `│ user-15 *\n.*│ and 24 more`, r.screen())
}

func TestRooms(t *testing.T) {
	r := talk(t, 80, 16)
	r.press("ctrl+n")
	require.Equal(t, "games", r.Model.Current().Name)
	r.press("ctrl+p")
	require.Equal(t, "lobby", r.Model.Current().Name)
	r.press("alt+3")
	require.Equal(t, "@bob", r.Model.Current().Name)
	r.press("alt+9")
	require.Equal(t, "@bob", r.Model.Current().Name, "there is no ninth room")
}

func TestInput(t *testing.T) {
	r := talk(t, 80, 16)
	r.press("tab")
	require.Contains(t, r.screen(), "> /msg bob ")
	r.types("hi")
	r.press("enter")
	last := r.sent[len(r.sent)-1]
	require.Equal(t, protocol.Message{Op: protocol.Tell, To: "bob", Text: "hi", ID: "x-2"}, last)
	r.press("up", "up")
	require.Contains(t, r.screen(), "> I did, thanks")
	r.Update(tea.PasteMsg{Content: "\x1b[31mtwo\nlines"})
	require.Contains(t, r.screen(), "> I did, thanks[31mtwo lines")
}

func TestTypingIsTold(t *testing.T) {
	r := talk(t, 80, 16)
	r.sent = nil
	r.press("ctrl+u")
	r.types("hello")
	require.Equal(t, []protocol.Message{{Op: protocol.Typing, Room: "lobby"}}, r.sent, "once, not for each key")
}

func TestEnds(t *testing.T) {
	r := talk(t, 80, 16)
	require.Nil(t, r.press("ctrl+d"), "there is text to delete")
	r.press("ctrl+u")
	for _, key := range []string{"ctrl+d", "ctrl+c"} {
		require.Equal(t, tea.Quit(), r.press(key)())
	}
	r.types("/quit")
	require.Equal(t, tea.Quit(), r.press("enter")())
	_, cmd := r.Update(Over{})
	require.Equal(t, tea.Quit(), cmd())
}

func TestWhatIsNotTakenIsNotSent(t *testing.T) {
	r := talk(t, 80, 16)
	r.press("ctrl+u")
	r.fail = "the send buffer is full"
	r.types("x")
	r.press("enter")
	require.Contains(t, r.screen(), "not sent: the send buffer is full")
}

func TestWidthsFollowTheTerminal(t *testing.T) {
	r := talk(t, 80, 16)
	require.Equal(t, ansi.WcWidth, r.method)
	r.Update(tea.ModeReportMsg{Mode: ansi.ModeUnicodeCore, Value: ansi.ModeNotRecognized})
	require.Equal(t, ansi.WcWidth, r.method)
	r.Update(tea.ModeReportMsg{Mode: ansi.ModeUnicodeCore, Value: ansi.ModeReset})
	require.Equal(t, ansi.GraphemeWidth, r.method)
}
