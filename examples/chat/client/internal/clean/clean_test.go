package clean

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestWhatIsTakenOut(t *testing.T) {
	for name, c := range map[string]struct{ in, out string }{
		"nothing of a plain text":      {"Grüße, 世界! naïve e\u0301", "Grüße, 世界! naïve e\u0301"},
		"ESC of a colour":              {"\x1b[31mred\x1b[0m", "[31mred[0m"},
		"a title that is set":          {"\x1b]0;owned\a", "]0;owned"},
		"C1 written as UTF-8":          {"a\u009b31mb", "a31mb"},
		"C1 as a bare byte":            {"a\x9bb", "a\uFFFDb"},
		"DEL and backspace":            {"ab\b\b\x7fc", "abc"},
		"a carriage return":            {"bob: yes\rann: no", "bob: yesann: no"},
		"ends of lines become spaces":  {"a\nb\tc\u2028d", "a b c d"},
		"bidi overrides":               {"abc\u202Ecba\u202C \u2066x\u2069\u200F\u061C", "abccba x"},
		"zero-width space and BOM":     {"a\u200Bn\uFEFFn\u2060", "ann"},
		"a joiner between letters":     {"a\u200Dn\u200Cn", "ann"},
		"not a joiner that is needed":  {"می\u200Cخواهم क्\u200Dष", "می\u200Cخواهم क्\u200Dष"},
		"not the joiner of a family":   {"👩\u200D👧", "👩\u200D👧"},
		"a joiner at the end":          {"👩\u200D", "👩"},
		"tags that hide a text":        {"x\U000E0041\U000E0042", "x"},
		"selectors that hide a text":   {"x\U000E0100\U000E0101", "x"},
		"fillers that look like space": {"\u3164\u115Fa", "a"},
		"towers of marks":              {"z" + strings.Repeat("\u0301", 50), "z" + strings.Repeat("\u0301", maxMarks)},
		"an invalid byte":              {"a\xffb", "a\uFFFDb"},
		"a surrogate":                  {"a\xed\xa0\x80b", "a\uFFFD\uFFFD\uFFFDb"},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.out, Text(c.in)) })
	}
}

func FuzzText(f *testing.F) {
	f.Add("hello")
	f.Add("\x1b[2J\u202E\u009b\xff\u200D👩\u200D👧\n")
	f.Fuzz(func(t *testing.T, s string) {
		got := Text(s)
		require.True(t, utf8.ValidString(got))
		require.Equal(t, got, Text(got), "twice is the same as once")
		for _, r := range got {
			require.False(t, unicode.Is(unicode.Cc, r), "%U", r)
			require.False(t, unicode.Is(unicode.Bidi_Control, r), "%U", r)
			if unicode.Is(unicode.Cf, r) {
				require.Contains(t, []rune{zwj, zwnj}, r)
			}
		}
		require.LessOrEqual(t, len(got), 3*len(s))
	})
}
