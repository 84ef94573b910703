package names

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNamesThatAreTheSame(t *testing.T) {
	for _, same := range [][]string{
		{"ann", "Ann", "ANN", "ａｎｎ"},
		{"zoë", "zoe\u0308", "ZOË"},
		{"жук", "ЖУК"},
		{"σίσυφος", "ΣΊΣΥΦΟΣ"},
	} {
		first, err := Fold(same[0])
		require.NoError(t, err, same[0])
		for _, name := range same[1:] {
			folded, err := Fold(name)
			require.NoError(t, err, name)
			require.Equal(t, first, folded, name)
		}
	}
}

func TestNamesOfAllScripts(t *testing.T) {
	for _, name := range []string{"a", "ann-1_2.x", "हिन्दी", "李小龍", "محمد", "дима", strings.Repeat("x", 32)} {
		_, err := Fold(name)
		require.NoError(t, err, name)
	}
}

func TestNamesThatAreRefused(t *testing.T) {
	for name, want := range map[string]error{
		"":                      errLength,
		strings.Repeat("x", 33): errLength,
		"ann\xff":               errLength,
		"1ann":                  errLetters,
		"-ann":                  errLetters,
		"an n":                  errLetters,
		"ann\n":                 errLetters,
		"ann\x1b[31m":           errLetters,
		"user:ann":              errLetters,
		"ann\u202e":             errLetters,
		"ann\u200b":             errLetters,
		"\u0301ann":             errLetters,
		"a\u0300\u0301\u0302":   errMarks,
		"pаypal":                errScripts, // the first a is Cyrillic
		"αnn":                   errScripts,
		"oﬃce":                  errProfile, // a ligature
		"ann\U0001D41A":         errProfile, // a mathematical a
	} {
		_, err := Fold(name)
		require.Equal(t, want, err, "%q", name)
	}
}

func TestTextsAreStripped(t *testing.T) {
	for s, want := range map[string]string{
		"hello":                     "hello",
		" two\nlines \n":            "two\nlines",
		"a\x1b[2J\x00\u009bb\r\n c": "a[2Jb\n c",
		"in\u202evert\u2066ed":      "inverted",
		"a\tb\u2028c":               "a b c",
		"👩\u200d🚀":                  "👩\u200d🚀",
		"\u200f \x07":               "",
		"bad\xff":                   "bad\uFFFD",
	} {
		require.Equal(t, want, Text(s), "%q", s)
	}
}

func FuzzFoldIsStable(f *testing.F) {
	f.Add("Ann")
	f.Add("ZOË")
	f.Fuzz(func(t *testing.T, s string) {
		folded, err := Fold(s)
		if err != nil {
			return
		}
		again, err := Fold(folded)
		require.NoError(t, err, "%q of %q", folded, s)
		require.Equal(t, folded, again, "%q", s)
		require.Equal(t, folded, Text(folded))
	})
}
