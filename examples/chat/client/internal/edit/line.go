// Package edit is a line of input: a text, a cursor among the characters that a
// person sees (grapheme clusters), the lines entered before, and completion. It
// draws nothing and reads no keys.
package edit

import (
	"strings"
	"unicode"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// A Line is being edited. The zero Line is empty.
type Line struct {
	text string
	at   int // of the cursor: bytes before it, always whole characters

	recall   recall
	complete complete
}

// Text is what has been entered so far.
func (l *Line) Text() string { return l.text }

// Before is what stands before the cursor.
func (l *Line) Before() string { return l.text[:l.at] }

// Set replaces the text, with the cursor behind it.
func (l *Line) Set(text string) {
	l.text, l.at = text, len(text)
	l.complete = complete{}
}

// Insert puts text at the cursor. A combining character joins the one before.
func (l *Line) Insert(text string) { l.replace(l.at, l.at, text) }

// replace puts text in the place of some bytes, and the cursor behind it.
func (l *Line) replace(from, to int, text string) {
	l.text = l.text[:from] + text + l.text[to:]
	l.at = l.boundary(from + len(text))
	l.complete = complete{}
}

// boundary is the first end of a character at or behind a byte.
func (l *Line) boundary(at int) int {
	end := 0
	for g := graphemes.FromString(l.text); end < at && g.Next(); {
		end += len(g.Value())
	}
	return end
}

// Left and Right move the cursor by one character, Home and End to the ends.
func (l *Line) Left()  { l.move(l.previous(l.at)) }
func (l *Line) Right() { l.move(l.boundary(min(l.at+1, len(l.text)))) }
func (l *Line) Home()  { l.move(0) }
func (l *Line) End()   { l.move(len(l.text)) }

// WordLeft and WordRight move it to the next beginning, or end, of a word.
func (l *Line) WordLeft()  { l.move(l.wordStart()) }
func (l *Line) WordRight() { l.move(l.wordEnd()) }

// Backspace and Delete take away the character before, or behind, the cursor.
func (l *Line) Backspace() { l.replace(l.previous(l.at), l.at, "") }
func (l *Line) Delete() {
	at := l.at
	l.replace(at, l.boundary(min(at+1, len(l.text))), "")
}

// CutWord takes away the word before the cursor, CutBefore and CutAfter all
// that stands on one side of it.
func (l *Line) CutWord()   { l.replace(l.wordStart(), l.at, "") }
func (l *Line) CutBefore() { l.replace(0, l.at, "") }
func (l *Line) CutAfter()  { l.replace(l.at, len(l.text), "") }

func (l *Line) move(to int) {
	l.at = to
	l.complete = complete{}
}

// previous is where the character that ends at a byte begins.
func (l *Line) previous(at int) int {
	start, end := 0, 0
	for g := graphemes.FromString(l.text[:at]); g.Next(); {
		start, end = end, end+len(g.Value())
	}
	return start
}

func (l *Line) wordStart() int {
	word := strings.TrimRightFunc(l.text[:l.at], unicode.IsSpace)
	return strings.LastIndexFunc(word, unicode.IsSpace) + 1
}

func (l *Line) wordEnd() int {
	rest := l.text[l.at:]
	skip := len(rest) - len(strings.TrimLeftFunc(rest, unicode.IsSpace))
	if i := strings.IndexFunc(rest[skip:], unicode.IsSpace); i >= 0 {
		return l.at + skip + i
	}
	return len(l.text)
}
