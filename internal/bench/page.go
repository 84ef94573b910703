package main

import (
	"bytes"
	_ "embed"
	"html/template"
)

//go:embed page.html
var pageSource string

var pageTemplate = template.Must(template.New("page").Parse(pageSource))

// A section is one work on the page.
type section struct {
	Title, Figure string
	Groups        []group
}

// A group is cases that differ in one thing.
type group struct {
	Name   string
	Curves template.HTML // of more than two cases
	Cases  []panel
}

// A panel is one case.
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
		"Sections": r.sections(),
	})
	return b.Bytes(), err
}

func (r *results) sections() (all []section) {
	for i := 0; i < len(r.Cases); {
		w := r.Cases[i].work
		s := section{Title: w.title, Figure: w.figures[0].String()}
		for i < len(r.Cases) && r.Cases[i].work == w {
			of := r.Cases[i].Group
			var cases []*result
			for i < len(r.Cases) && r.Cases[i].work == w && r.Cases[i].Group == of {
				cases = append(cases, r.Cases[i])
				i++
			}
			s.Groups = append(s.Groups, newGroup(of, cases))
		}
		all = append(all, s)
	}
	return all
}

func newGroup(name string, cases []*result) group {
	g := group{Name: name}
	if len(cases) > 2 {
		g.Curves = curves(cases)
	}
	for _, c := range cases {
		p := panel{Name: c.Label, Bars: bars(c), Head: c.head()}
		for _, l := range c.lines() {
			p.Rows = append(p.Rows, l.cells())
		}
		g.Cases = append(g.Cases, p)
	}
	return g
}
