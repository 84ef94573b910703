package main

import (
	"bytes"
	_ "embed"
	"html/template"
)

//go:embed page.html
var pageSource string

var pageTemplate = template.Must(template.New("page").Parse(pageSource))

// A section is one work.
type section struct {
	Title, Figure string
	Groups        []group
}

// A group is cases that differ in one thing.
type group struct {
	Name  string
	cases []*result
}

// A panel is one case on the page.
type panel struct {
	Name string
	Bars template.HTML
	Head []string
	Rows [][]string
}

// page is everything as one page that needs nothing else.
func (r *results) page() ([]byte, error) {
	var b bytes.Buffer
	err := pageTemplate.Execute(&b, map[string]any{
		"Results":  r,
		"Glances":  r.glances(),
		"Sections": r.sections(),
		"Broken":   r.broken(),
	})
	return b.Bytes(), err
}

func (r *results) sections() (all []section) {
	for i := 0; i < len(r.Cases); {
		w := r.Cases[i].work
		s := section{Title: w.title, Figure: w.figures[0].String()}
		for i < len(r.Cases) && r.Cases[i].work == w {
			g := group{Name: r.Cases[i].Group}
			for i < len(r.Cases) && r.Cases[i].work == w && r.Cases[i].Group == g.Name {
				g.cases = append(g.cases, r.Cases[i])
				i++
			}
			s.Groups = append(s.Groups, g)
		}
		all = append(all, s)
	}
	return all
}

// Curves are drawn for more than two cases.
func (g group) Curves() template.HTML {
	if len(g.cases) < 3 {
		return ""
	}
	return curves(g.cases)
}

// Few reports whether the cases are so few that each is shown.
func (g group) Few() bool { return len(g.cases) <= 4 }

// Panels are the cases one by one.
func (g group) Panels() (all []panel) {
	for _, c := range g.cases {
		p := panel{Name: c.Label, Bars: bars(c), Head: c.head()}
		for _, l := range c.lines() {
			p.Rows = append(p.Rows, l.cells())
		}
		all = append(all, p)
	}
	return all
}
