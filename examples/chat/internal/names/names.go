// Package names says what may stand in a chat: names of users and rooms, whose
// spellings in other case, width or order of marks are one name, and texts, which
// must not disturb a screen. Letters of one script that look alike are not told
// from each other.
package names

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"
)

// Longest is the length of a name in characters.
const Longest = 32

// The rules, one by one.
var (
	errLength  = errors.New("a name has 1 to 32 characters")
	errLetters = errors.New("a name has letters, digits, '-', '_' and '.', and begins with a letter")
	errMarks   = errors.New("a name has at most two marks on a letter")
	errScripts = errors.New("a name does not mix letters of scripts that look alike")
	errProfile = errors.New("a name has none of the characters that RFC 8265 excludes")
)

// Fold returns the form in which names are compared, or says why s is no name.
// It is that of RFC 8265, UsernameCaseMapped, with case folded as Unicode says:
// names that differ in case, width or composition are the same. Characters that
// are another way to write others, as ligatures are, are not allowed at all.
func Fold(s string) (string, error) {
	if n := utf8.RuneCountInString(s); n == 0 || n > Longest || !utf8.ValidString(s) {
		return "", errLength
	}
	marks := 0
	for i, r := range s {
		switch {
		case unicode.IsLetter(r):
			marks = 0
		case i > 0 && unicode.IsMark(r):
			if marks++; marks > 2 {
				return "", errMarks
			}
		case i > 0 && (unicode.IsDigit(r) || strings.ContainsRune("-_.", r)):
		default:
			return "", errLetters
		}
	}
	if mixed(s) {
		return "", errScripts
	}
	key, err := precis.UsernameCaseMapped.CompareKey(s)
	if err != nil {
		return "", errProfile
	}
	folded := norm.NFKC.String(cases.Fold().String(key))
	if utf8.RuneCountInString(folded) > Longest {
		return "", errLength
	}
	return folded, nil
}

// alike are the scripts with letters that cannot be told from each other's.
var alike = []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee}

func mixed(s string) bool {
	found := 0
	for _, script := range alike {
		if strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(script, r) }) {
			found++
		}
	}
	return found > 1
}

// Text returns what people may be shown of s: without control characters but
// the end of a line, without what turns the direction of writing, and without
// blanks around it.
func Text(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t', r == '\u2028', r == '\u2029':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.TrimSpace(s)
}
