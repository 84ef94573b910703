package room

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A rig is a room of words whose members are named and answer as they are told.
type rig struct {
	*Room[string, *reader]
	t       *testing.T
	now     time.Duration
	step    Step[string, *reader]
	shared  []Item[string]
	offered int // steps so far
}

type reader struct {
	Member[string, *reader]
	got    []string
	answer func(weight int) Verdict // nil: Taken
}

func (m *reader) String() string { return strings.Join(m.got, " ") }

func newRig(t *testing.T, cfg Config) *rig {
	return &rig{Room: New[string, *reader](cfg, Position{1, 1}), t: t, now: time.Hour}
}

// roomy is a configuration that limits nothing.
func roomy() Config {
	return Config{History: 1000, Backlog: 1000, Slack: 64, Bytes: 1 << 20, Run: 1 << 20, Roster: 100, Tells: true}
}

func (g *rig) join(user string, s Start) *reader {
	m := &reader{}
	m.Handle, m.User = m, user
	g.Join(&m.Member, s, g.now)
	return m
}

func (g *rig) say(words ...string) {
	for _, w := range words {
		g.Append(Entry[string]{Value: w, Size: len(w)}, g.now)
	}
}

func (g *rig) signal(user, word string) {
	g.Append(Entry[string]{Kind: Signal, Value: word, User: user, Size: len(word)}, g.now)
}

func (g *rig) key(key, word string) {
	g.Append(Entry[string]{Value: word, Key: key, Size: len(word)}, g.now)
}

// once carries out one step, and reports whether there was one.
func (g *rig) once() bool {
	if !g.Step(&g.step, g.now) {
		return false
	}
	g.offered++
	items := g.step.Items
	switch {
	case g.step.Same:
		items = g.shared
	case !g.step.Alone():
		g.shared = append([]Item[string]{}, items...)
	}
	for i, m := range g.step.Members {
		g.step.Answers[i] = Taken
		if a := m.Handle.answer; a != nil {
			g.step.Answers[i] = a(len(items))
		}
		if g.step.Answers[i] == Taken {
			for _, item := range items {
				m.Handle.got = append(m.Handle.got, word(item))
			}
		}
	}
	g.Settle(&g.step, g.now)
	return true
}

func (g *rig) run() {
	for n := 0; g.once(); n++ {
		require.Less(g.t, n, 100_000, "no end of steps")
	}
}

func word(i Item[string]) string {
	switch i.Kind {
	case Present:
		return "+" + i.User
	case Absent:
		return "-" + i.User
	case Joined:
		return fmt.Sprintf("[at %d/%d]", i.To.Epoch, i.To.Offset)
	case Gap, Break:
		return fmt.Sprintf("[%d/%d to %d/%d]", i.From.Epoch, i.From.Offset, i.To.Epoch, i.To.Offset)
	}
	return i.Value
}

func always(v Verdict) func(int) Verdict { return func(int) Verdict { return v } }

// atMost takes n items at once.
func atMost(n int) func(int) Verdict {
	return func(items int) Verdict {
		if items > n {
			return TooLarge
		}
		return Taken
	}
}
