// Package clean takes out of foreign text what a terminal would obey, or what
// would make it show something else than what was written. Value is the one
// place that everything from a peer passes on its way into the client.
package clean

import (
	"unicode"
)

// maxMarks is how many combining marks in a row are shown. Real languages need
// four at the most; more than that is drawn over the lines above and below.
const maxMarks = 4

// Text returns s without control characters, formatting characters that turn
// the direction of writing or are invisible, and invalid UTF-8, which becomes
// U+FFFD. Ends of lines and tabs become spaces: what Text returns is one line.
// An escape sequence loses its ESC, so that what it consisted of can be seen.
func Text(s string) string {
	if plain(s) {
		return s
	}
	return joiners(visible(s))
}

// visible keeps what can be shown, and joiners, which depend on what is kept
// beside them.
func visible(s string) []rune {
	kept := make([]rune, 0, len(s))
	marks := 0
	for _, r := range s { // an invalid byte reads as U+FFFD
		switch {
		case isBreak(r):
			r, marks = ' ', 0
		case r == zwnj || r == zwj:
		case harmful(r):
			continue
		case unicode.Is(unicode.M, r):
			if marks++; marks > maxMarks {
				continue
			}
		default:
			marks = 0
		}
		kept = append(kept, r)
	}
	return kept
}

// isBreak reports whether r ends a line or moves to a column.
func isBreak(r rune) bool {
	switch r {
	case '\t', '\n', '\v', '\f', '\u0085', '\u2028', '\u2029':
		return true
	}
	return false
}

// plain reports whether s consists of printable ASCII, as most of it does.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// harmful reports whether r must never reach a terminal, whatever stands
// beside it.
func harmful(r rune) bool {
	switch {
	case unicode.Is(unicode.Cc, r): // C0, DEL, C1
		return true
	case unicode.Is(unicode.Cf, r): // bidi controls, zero-width spaces, tags, soft hyphens
		return true
	case unicode.Is(unicode.Co, r): // private use: what it looks like, nobody knows
		return true
	case unicode.Is(unicode.Noncharacter_Code_Point, r):
		return true
	case unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r): // fillers that look like nothing
		return true
	}
	return r > variationEnd && unicode.Is(unicode.Variation_Selector, r)
}

// Variation selectors beyond the first sixteen hide data, and choose among
// glyphs that terminals do not have.
const variationEnd = '\uFE0F'
