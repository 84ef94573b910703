package screen

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/longsplice/longsplice/examples/chat/client/internal/chat"
)

const (
	roomsWidth = 17
	usersWidth = 15
	prompt     = "> "
)

// columns says how wide the lists beside the messages are, 0 where there is no
// place for them.
func (s *Screen) columns() (rooms, users int) {
	if s.width >= 60 && s.height >= 6 {
		rooms = roomsWidth
	}
	if s.width >= 84 && s.height >= 6 {
		users = usersWidth
	}
	return rooms, users
}

// middle is the width of the messages, with one column of air on each side that
// has a list.
func (s *Screen) middle() int {
	rooms, users := s.columns()
	width := s.width - rooms - users
	if rooms > 0 {
		width -= 2
	}
	if users > 0 {
		width -= 2
	}
	return max(1, width)
}

// body is the number of rows for the messages: all but the title, the status and
// the input, as far as there is room for them.
func (s *Screen) body() int { return max(0, s.height-3) }

// View draws everything.
func (s *Screen) View() tea.View {
	if s.width <= 0 || s.height <= 0 {
		return tea.View{AltScreen: true}
	}
	input, cursor := s.prompt()
	all := append([]string{bar.Styled(s.cell(s.title(), s.width))}, s.content()...)
	all = append(all, s.status(), input)
	all = all[max(0, len(all)-s.height):] // the input matters most, then the status
	v := tea.NewView(strings.Join(all, "\n"))
	v.AltScreen = true
	v.Cursor = tea.NewCursor(min(cursor, s.width-1), len(all)-1)
	return v
}

func (s *Screen) title() string {
	r := s.Model.Current()
	if r == nil {
		return " no room: /join one"
	}
	title := " " + r.Title()
	if n := r.Count; n > 0 {
		title += fmt.Sprintf("  %d here", n)
	}
	if rooms, _ := s.columns(); rooms == 0 {
		for i, other := range s.Model.Rooms() {
			if other.Unread > 0 {
				title += fmt.Sprintf("  %d:%s +%d", i+1, other.Title(), other.Unread)
			}
		}
	}
	return title
}

// content is the lists and the messages between them.
func (s *Screen) content() []string {
	body := s.body()
	var rows []string
	if r := s.Model.Current(); r != nil && body > 0 {
		rows = s.rows(r, body+s.scroll)
		s.scroll = min(s.scroll, max(0, len(rows)-body))
		rows = rows[:len(rows)-s.scroll]
		rows = rows[max(0, len(rows)-body):]
	}
	rooms, users := s.columns()
	left, right := s.roomList(rooms, body), s.userList(users, body)
	all := make([]string, body)
	for i := range all {
		row := ""
		if i >= body-len(rows) {
			row = rows[i-(body-len(rows))]
			if s.middle() < 2 {
				row = s.fit(row, 1) // no row of two columns, for a wide character, fits
			}
		}
		if rooms > 0 {
			row = left[i] + dim.Styled("│") + " " + row
		}
		if users > 0 {
			row = s.cell(row, s.width-users-1) + dim.Styled("│") + right[i]
		}
		all[i] = row
	}
	return all
}

// prompt is the input, and the column of the cursor in it.
func (s *Screen) prompt() (row string, cursor int) {
	head := prompt
	if s.width < 10 {
		head = ""
	}
	text, cursor := s.input.Window(s.width-len(head), s.method.StringWidth)
	return head + text, len(head) + cursor
}

// status is the row about the connection.
func (s *Screen) status() string {
	text, health := s.Model.Status(s.Now())
	style, sign := healthStyle(health)
	right := s.hint()
	width := s.width
	if w := s.method.StringWidth(right); right != "" && w+30 < width {
		width -= w
	} else {
		right = ""
	}
	left := sign + " " + text
	if who := s.Model.Name() + "  "; s.method.StringWidth(who+left) <= width {
		rest := strings.Repeat(" ", max(0, width-s.method.StringWidth(who+left)))
		return own.Styled(who) + style.Styled(left) + rest + dim.Styled(right)
	}
	return style.Styled(s.cell(left, width)) + dim.Styled(right)
}

// hint is what else there is to know at present.
func (s *Screen) hint() string {
	if s.scroll > 0 {
		return " ↓ PgDn"
	}
	if n := s.Model.Count(chat.NotSent); n > 0 {
		return fmt.Sprintf(" %d not sent: /resend", n)
	}
	r := s.Model.Current()
	if r == nil {
		return ""
	}
	switch typing := r.Typing(); len(typing) {
	case 0:
		return ""
	case 1:
		return " " + typing[0] + " is typing"
	default:
		return fmt.Sprintf(" %d are typing", len(typing))
	}
}
