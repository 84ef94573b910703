package screen

import (
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/longsplice/longsplice/examples/chat/client/internal/chat"
)

const (
	clock     = "15:04"
	nameWidth = 10 // of the column of names, where there is room for one
)

// rows are the last rows of a room, at least as many as are asked for if there
// are so many.
func (s *Screen) rows(r *chat.Room, atLeast int) []string {
	pending := s.pendingRows(r)
	blocks, n := [][]string{pending}, len(pending)
	for i := len(r.Items) - 1; i >= 0 && n < atLeast; i-- {
		rows := s.itemRows(r, i)
		blocks, n = append(blocks, rows), n+len(rows)
	}
	slices.Reverse(blocks)
	return slices.Concat(blocks...)
}

// itemRows are the rows of an item, with the day before them if it is the first
// of that day.
func (s *Screen) itemRows(r *chat.Room, i int) []string {
	item := &r.Items[i]
	var rows []string
	if i == 0 || s.day(r.Items[i-1].At) != s.day(item.At) {
		rows = append(rows, dim.Styled(s.rule(s.day(item.At))))
	}
	at := item.At.In(s.Zone).Format(clock)
	switch item.Kind {
	case chat.Gap:
		return append(rows, bad.Styled(s.rule(item.Text)))
	case chat.Note:
		return append(rows, s.block(at, "-", dim, dim, item.Text, dim)...)
	}
	var text ansi.Style
	if item.Mention {
		text = mention
	}
	return append(rows, s.said(at, dim, item.Name, item.Own, item.Action, item.Text, text)...)
}

// pendingRows are the rows of what the user has said and nobody has heard yet.
func (s *Screen) pendingRows(r *chat.Room) (rows []string) {
	for _, p := range r.Pending {
		mark, style, text := "  …  ", dim, p.Message.Text
		switch p.Fate {
		case chat.NotSent:
			mark, style, text = "  ✗  ", bad, text+" (not sent: "+p.Why+")"
		case chat.Unknown:
			mark, style, text = "  ?  ", warning, text+" (may not have arrived: "+p.Why+")"
		}
		rows = append(rows, s.said(mark, style, s.Model.Name(), true, p.Message.Action, text, style)...)
	}
	return rows
}

// said are the rows of what somebody says or does.
func (s *Screen) said(at string, atStyle ansi.Style, name string, mine, action bool, text string, style ansi.Style) []string {
	if action {
		return s.block(at, "*", atStyle, nameStyle(name, mine), name+" "+text, style)
	}
	return s.block(at, name, atStyle, nameStyle(name, mine), text, style)
}

// block is the time, a name in its column, and a text that is wrapped behind it.
// In a narrow terminal the name stands before the text instead.
func (s *Screen) block(at, name string, atStyle, nameStyle ansi.Style, text string, style ansi.Style) []string {
	width := s.middle()
	if width < 5*nameWidth {
		return s.narrow(at, name, nameStyle, text, style, width)
	}
	pad := strings.Repeat(" ", max(0, nameWidth-s.method.StringWidth(name)))
	indent := len(clock) + 1 + max(nameWidth, s.method.StringWidth(name)) + 2
	var rows []string
	for i, row := range s.wrap(text, width-indent) {
		if i == 0 {
			rows = append(rows, atStyle.Styled(at)+" "+pad+nameStyle.Styled(name)+"  "+style.Styled(row))
		} else {
			rows = append(rows, strings.Repeat(" ", indent)+style.Styled(row))
		}
	}
	return rows
}

func (s *Screen) narrow(at, name string, nameStyle ansi.Style, text string, style ansi.Style, width int) []string {
	head := name + " "
	if width >= 30 {
		head = at + " " + head
	}
	rows := s.wrap(head+text, width)
	for i, row := range rows {
		if rest, ok := strings.CutPrefix(row, head); ok && i == 0 {
			rows[i] = nameStyle.Styled(head) + style.Styled(rest)
		} else {
			rows[i] = style.Styled(row)
		}
	}
	return rows
}

// wrap breaks a text into rows, at spaces where it can.
func (s *Screen) wrap(text string, width int) []string {
	return strings.Split(s.method.Wrap(text, max(2, width), ""), "\n")
}

// rule is a line across with a text in it.
func (s *Screen) rule(text string) string {
	text = s.fit(" "+text+" ", s.middle())
	left := s.middle() - s.method.StringWidth(text)
	return strings.Repeat("─", left/2) + text + strings.Repeat("─", left-left/2)
}

// day is the date of an instant, as people say it.
func (s *Screen) day(t time.Time) string { return t.In(s.Zone).Format("Monday, 2 January 2006") }

// fit cuts a text to a width.
func (s *Screen) fit(text string, width int) string {
	return s.method.Truncate(text, max(0, width), "…")
}

// cell cuts or fills a text to a width.
func (s *Screen) cell(text string, width int) string {
	text = s.fit(text, width)
	return text + strings.Repeat(" ", max(0, width-s.method.StringWidth(text)))
}
