package edit

import "github.com/clipperhouse/uax29/v2/graphemes"

// Window returns the part of the line that fits into so many columns, so that
// the cursor is within it, and the cursor's column. The widths of characters are
// what measure says. Of one column or less, nothing but the cursor is left.
func (l *Line) Window(columns int, measure func(string) int) (text string, cursor int) {
	type cell struct{ start, width int }
	var before []cell
	end := 0
	for g := graphemes.FromString(l.text[:l.at]); g.Next(); {
		w := measure(g.Value())
		before = append(before, cell{end, w})
		end += len(g.Value())
		cursor += w
	}
	first := 0
	for len(before) > 0 && cursor > columns-1 {
		cursor -= before[0].width
		before = before[1:]
		if len(before) > 0 {
			first = before[0].start
		} else {
			first = l.at
		}
	}
	last, used := l.at, cursor
	for g := graphemes.FromString(l.text[l.at:]); g.Next(); {
		w := measure(g.Value())
		if used+w > columns {
			break
		}
		used += w
		last += len(g.Value())
	}
	return l.text[first:last], cursor
}
