package main

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
)

// The race's tables in a document stand between these two lines. What is there is
// replaced, so that the document has the figures of one run and no others.
const (
	tablesBegin = "<!-- The race: written by go run ./internal/bench -from FILE -markdown THIS. Do not edit. -->"
	tablesEnd   = "<!-- The race ends. -->"
)

// putTables replaces the tables in a document.
func putTables(document, tables string) (string, error) {
	before, rest, begins := strings.Cut(document, tablesBegin)
	_, after, ends := strings.Cut(rest, tablesEnd)
	if !begins || !ends {
		return "", fmt.Errorf("it has no lines %q and %q", tablesBegin, tablesEnd)
	}
	return before + tablesBegin + "\n\n" + tables + "\n" + tablesEnd + after, nil
}

// writeMarkdown puts the tables into a file that has a place for them.
func (r *results) writeMarkdown(name string) error {
	old, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	document, err := putTables(string(old), r.markdown())
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return os.WriteFile(name, []byte(document), 0o666)
}

// markdown is all tables of a run.
func (r *results) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s, %s, with `%s`.\n", r.Machine, r.Go, r.Began, r.Command)
	if r.Stopped {
		b.WriteString("**Stopped before it was done.**\n")
	}
	b.WriteString("\n### At a glance\n\n")
	mdRow(&b, "", "floor", "Longsplice", "× floor", "best peer", "", "× best peer")
	mdRule(&b, 7)
	for _, g := range r.glances() {
		mdRow(&b, g.Case+": "+g.Unit, g.Floor, "**"+g.Ours+"**", g.OverFloor, g.BestName, g.Best, g.OverBest)
	}
	for _, s := range r.sections() {
		fmt.Fprintf(&b, "\n### %s\n", s.Title)
		for _, g := range s.Groups {
			if len(g.cases) > 2 {
				g.matrix(&b)
				continue
			}
			for _, c := range g.cases {
				c.table(&b)
			}
		}
	}
	b.WriteString("\n### Who took part\n\n")
	mdRow(&b, "", "without", "set up as")
	mdRule(&b, 3)
	for _, e := range r.Entrants {
		mdRow(&b, e.Name, e.Without, e.Tuned)
	}
	return b.String()
}

// table is one case with all its figures.
func (c *result) table(b *strings.Builder) {
	fmt.Fprintf(b, "\n%s\n\n", upperFirst(c.name()))
	head := c.head()
	mdRow(b, append(head[:len(head)-1:len(head)-1], "beside it")...)
	mdRule(b, len(head))
	for _, l := range c.lines() {
		cells := l.cells()
		cells[0] = mdName(l.peer)
		mdRow(b, cells...)
	}
}

// matrix is cases that differ in one thing, with one figure of each.
func (g group) matrix(b *strings.Builder) {
	w := g.cases[0].work
	fmt.Fprintf(b, "\n%s: %s, × floor\n\n", upperFirst(g.Name), w.figures[0])
	head := []string{""}
	lines := make([]map[*peer]line, len(g.cases))
	for i, c := range g.cases {
		head = append(head, c.Label)
		lines[i] = make(map[*peer]line)
		for _, l := range c.lines() {
			lines[i][l.peer] = l
		}
	}
	mdRow(b, append(head, "beside it")...)
	mdRule(b, len(head)+1)
	for _, p := range peers {
		cells, remarks, there := []string{mdName(p)}, []string(nil), false
		for _, byPeer := range lines {
			l, ok := byPeer[p]
			cell := "–"
			if ok && !math.IsNaN(l.median) {
				if cell = l.spread(); p != floorPeer && !math.IsNaN(l.floor) {
					cell += " ×" + short(l.floor)
				}
			}
			cells = append(cells, cell)
			for _, part := range strings.Split(l.remark, "; ") {
				if ok && part != "" && !slices.Contains(remarks, part) {
					remarks = append(remarks, part)
				}
			}
			there = there || ok
		}
		if there {
			mdRow(b, append(cells, strings.Join(remarks, "; "))...)
		}
	}
	if w == growthWork {
		g.garbage(b, lines)
	}
}

// garbage is all figures of the hub as one thing grows, or of Longsplice where it
// is not there.
func (g group) garbage(b *strings.Builder, lines []map[*peer]line) {
	p := hubPeer
	if _, ok := lines[0][p]; !ok {
		p = longsplicePeer
	}
	fmt.Fprintf(b, "\nAll figures of %s:\n\n", p.name)
	head := []string{"", "× floor"}
	for _, f := range g.cases[0].work.figures {
		head = append(head, f.String())
	}
	mdRow(b, head...)
	mdRule(b, len(head))
	for i, c := range g.cases {
		if l, ok := lines[i][p]; ok {
			cells := []string{c.Label, short(l.floor), l.spread()}
			for _, v := range l.more {
				cells = append(cells, short(v))
			}
			mdRow(b, cells...)
		}
	}
}

func mdName(p *peer) string {
	if p.promises {
		return "**" + p.name + "**"
	}
	return p.name
}

var mdEscape = strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;")

func mdRow(b *strings.Builder, cells ...string) {
	for _, c := range cells {
		b.WriteString("| " + mdEscape.Replace(c) + " ")
	}
	b.WriteString("|\n")
}

func mdRule(b *strings.Builder, columns int) {
	b.WriteString(strings.Repeat("|---", columns) + "|\n")
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
