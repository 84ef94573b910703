package edit

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"
)

func typed(text string) *Line {
	l := &Line{}
	l.Insert(text)
	return l
}

// marked shows the cursor as a bar.
func marked(l *Line) string { return l.text[:l.at] + "|" + l.text[l.at:] }

func TestKeys(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		keys []func(*Line)
		want string
	}{
		"left, insert":           {"ac", []func(*Line){(*Line).Left, func(l *Line) { l.Insert("b") }}, "ab|c"},
		"home, end":              {"ab", []func(*Line){(*Line).Home, (*Line).End}, "ab|"},
		"home, delete":           {"ab", []func(*Line){(*Line).Home, (*Line).Delete}, "|b"},
		"backspace at the start": {"ab", []func(*Line){(*Line).Home, (*Line).Backspace}, "|ab"},
		"delete at the end":      {"ab", []func(*Line){(*Line).Delete, (*Line).Right}, "ab|"},
		"words":                  {"one two  three", []func(*Line){(*Line).WordLeft, (*Line).WordLeft}, "one |two  three"},
		"words, forwards":        {"one two", []func(*Line){(*Line).Home, (*Line).WordRight, (*Line).WordRight}, "one two|"},
		"cut a word":             {"one two ", []func(*Line){(*Line).CutWord}, "one |"},
		"cut before":             {"one two", []func(*Line){(*Line).WordLeft, (*Line).CutBefore}, "|two"},
		"cut after":              {"one two", []func(*Line){(*Line).WordLeft, (*Line).CutAfter}, "one |"},
		"a combining character":  {"e\u0301x", []func(*Line){(*Line).Left, (*Line).Backspace}, "|x"},
		"a family is one":        {"a👩\u200D👩\u200D👧", []func(*Line){(*Line).Left}, "a|👩\u200D👩\u200D👧"},
		"a flag is one":          {"🇩🇪🇫🇷", []func(*Line){(*Line).Backspace}, "🇩🇪|"},
	} {
		t.Run(name, func(t *testing.T) {
			l := typed(c.text)
			for _, key := range c.keys {
				key(l)
			}
			require.Equal(t, c.want, marked(l))
		})
	}
}

func TestCombiningCharacterJoinsTheOneBefore(t *testing.T) {
	l := typed("ex")
	l.Left()
	l.Insert("\u0301")
	require.Equal(t, "e\u0301|x", marked(l))
	l.Home()
	l.Right()
	require.Equal(t, "e\u0301|x", marked(l))
}

func TestRecall(t *testing.T) {
	l := &Line{}
	for _, text := range []string{"one", "two", "two", ""} {
		l.Set(text)
		require.Equal(t, text, l.Enter())
	}
	l.Insert("draft")
	var seen []string
	for range 3 {
		l.Up()
		seen = append(seen, l.Text())
	}
	require.Equal(t, []string{"two", "one", "one"}, seen)
	l.Down()
	l.Down()
	l.Down()
	require.Equal(t, "draft|", marked(l))
}

func TestRecallIsBounded(t *testing.T) {
	l := &Line{}
	for i := range 3 * maxRecall {
		l.Set(strings.Repeat("x", 1+i%7))
		l.Enter()
	}
	require.Len(t, l.recall.lines, maxRecall)
}

func TestComplete(t *testing.T) {
	find := func(before string) (int, []string) {
		from := strings.LastIndex(before, " ") + 1
		if before[from:] == "b" {
			return from, []string{"bert ", "bob "}
		}
		return from, nil
	}
	l := typed("hi b")
	for _, want := range []string{"hi bert |", "hi bob |", "hi bert |"} {
		l.Complete(find)
		require.Equal(t, want, marked(l))
	}
	l.Insert("x")
	l.Complete(find)
	require.Equal(t, "hi bert x|", marked(l), "there is nothing that begins so")
}

func TestWindowFollowsTheCursor(t *testing.T) {
	l := typed("0123456789")
	for _, c := range []struct {
		columns, at int
		text        string
		cursor      int
	}{
		{20, 10, "0123456789", 10}, {5, 10, "6789", 4}, {5, 0, "01234", 0}, {5, 4, "01234", 4}, {5, 5, "12345", 4}, {1, 10, "", 0}, {0, 10, "", 0},
	} {
		l.at = c.at
		text, cursor := l.Window(c.columns, ansi.StringWidth)
		require.Equal(t, c.text, text, "%+v", c)
		require.Equal(t, c.cursor, cursor, "%+v", c)
	}
	text, cursor := typed("日本語").Window(5, ansi.StringWidth)
	require.Equal(t, "本語", text, "a wide character is there as a whole or not at all")
	require.Equal(t, 4, cursor)
}

func FuzzKeys(f *testing.F) {
	f.Add("a👩\u200D👧e\u0301日", []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
	f.Fuzz(func(t *testing.T, text string, keys []byte) {
		l := &Line{}
		moves := []func(*Line){
			(*Line).Left, (*Line).Right, (*Line).Home, (*Line).End, (*Line).WordLeft, (*Line).WordRight, (*Line).Backspace,
			(*Line).Delete, (*Line).CutWord, (*Line).Up, (*Line).Down, func(l *Line) { l.Insert(text) }, func(l *Line) { l.Enter() },
		}
		for _, k := range keys {
			moves[int(k)%len(moves)](l)
			require.LessOrEqual(t, l.at, len(l.text))
			if utf8.ValidString(text) {
				require.True(t, utf8.ValidString(l.text[:l.at]))
			}
			shown, cursor := l.Window(7, ansi.StringWidth)
			require.LessOrEqual(t, cursor, 6)
			if utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || 0x80 <= r && r < 0xa0 }) {
				require.LessOrEqual(t, ansi.StringWidth(shown), 7)
			}
		}
	})
}
