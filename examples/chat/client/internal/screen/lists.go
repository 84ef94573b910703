package screen

import (
	"fmt"
	"strings"

	"github.com/longsplice/longsplice/examples/chat/client/internal/chat"
)

// roomList is the column of rooms, with numbers for Alt and how much is unread.
func (s *Screen) roomList(width, height int) []string {
	if width == 0 {
		return nil
	}
	rooms := s.Model.Rooms()
	first := 0 // so that the present one is in sight
	for i, r := range rooms {
		if r == s.Model.Current() && i >= height {
			first = i - height + 1
		}
	}
	list := make([]string, height)
	for i := range list {
		if first+i < len(rooms) {
			list[i] = s.roomCell(first+i, rooms[first+i], width)
		} else {
			list[i] = strings.Repeat(" ", width)
		}
	}
	return list
}

func (s *Screen) roomCell(i int, r *chat.Room, width int) string {
	number := "  "
	if i < 9 {
		number = fmt.Sprintf("%d ", i+1)
	}
	unread := " "
	if r.Unread > 0 {
		unread = fmt.Sprintf(" %d ", r.Unread)
	}
	row := number + s.cell(r.Title(), width-len(number)-len(unread)) + unread
	switch {
	case r == s.Model.Current():
		return bar.Styled(row)
	case r.Mention:
		return mention.Styled(row)
	case r.Unread > 0:
		return bold.Styled(row)
	case !r.Joined && !r.Private():
		return dim.Styled(row)
	}
	return row
}

// userList is the column of those who are here.
func (s *Screen) userList(width, height int) []string {
	if width == 0 {
		return nil
	}
	list := make([]string, height)
	r := s.Model.Current()
	if r == nil {
		return list
	}
	named := r.Users
	if r.Count > height || r.Count > len(named) {
		named = named[:min(len(named), height-1)] // the last row says how many more
	}
	for i, name := range named {
		list[i] = nameStyle(name, name == s.Model.Name()).Styled(s.fit(" "+name, width))
	}
	if more := r.Count - len(named); more > 0 {
		list[len(named)] = dim.Styled(s.fit(fmt.Sprintf(" and %d more", more), width))
	}
	return list
}
