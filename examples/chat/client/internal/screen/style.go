package screen

import (
	"hash/fnv"

	"github.com/charmbracelet/x/ansi"

	"github.com/longsplice/longsplice/examples/chat/client/internal/chat"
)

// The styles use the sixteen colours that the user has chosen for the terminal.
// Where there are none, the texts and signs say the same.
var (
	dim     = ansi.NewStyle(ansi.AttrFaint)
	bold    = ansi.NewStyle(ansi.AttrBold)
	bar     = ansi.NewStyle(ansi.AttrReverse)
	warning = ansi.NewStyle(ansi.AttrYellowForegroundColor)
	bad     = ansi.NewStyle(ansi.AttrBold, ansi.AttrRedForegroundColor)
	good    = ansi.NewStyle(ansi.AttrGreenForegroundColor)
	own     = ansi.NewStyle(ansi.AttrBold, ansi.AttrCyanForegroundColor)
	mention = ansi.NewStyle(ansi.AttrBold, ansi.AttrYellowForegroundColor)
)

// others are the colours of the other users' names.
var others = []ansi.Style{
	ansi.NewStyle(ansi.AttrGreenForegroundColor),
	ansi.NewStyle(ansi.AttrYellowForegroundColor),
	ansi.NewStyle(ansi.AttrBlueForegroundColor),
	ansi.NewStyle(ansi.AttrMagentaForegroundColor),
	ansi.NewStyle(ansi.AttrBrightGreenForegroundColor),
	ansi.NewStyle(ansi.AttrBrightBlueForegroundColor),
	ansi.NewStyle(ansi.AttrBrightMagentaForegroundColor),
	ansi.NewStyle(ansi.AttrBrightCyanForegroundColor),
}

// nameStyle gives everybody a colour, the same each time.
func nameStyle(name string, mine bool) ansi.Style {
	if mine {
		return own
	}
	h := fnv.New32a()
	h.Write([]byte(name))
	return others[h.Sum32()%uint32(len(others))]
}

func healthStyle(h chat.Health) (ansi.Style, string) {
	switch h {
	case chat.Good:
		return good, "●"
	case chat.Doubtful:
		return warning, "◐"
	}
	return bad, "○"
}
