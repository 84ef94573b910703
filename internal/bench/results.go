package main

import (
	"fmt"
	"slices"
	"strings"
)

// Results are all measurements of a race, as they are written to a file.
type results struct {
	Machine  string            `json:"machine"`
	Go       string            `json:"go"`
	Began    string            `json:"began"`
	Took     string            `json:"took"`
	Command  string            `json:"command"`
	Versions map[string]string `json:"versions"` // of the peers' modules
	Stopped  bool              `json:"stopped"`  // before it was done
	Entrants []entrant         `json:"entrants"`
	Cases    []*result         `json:"cases"`
}

// An entrant is what the report says of a peer that took part.
type entrant struct {
	Name    string `json:"name"`
	Without string `json:"without"`
	Tuned   string `json:"tuned"`
}

// A result is what the peers did in one case.
type result struct {
	Work    string          `json:"work"`
	Group   string          `json:"group"`
	Label   string          `json:"label"`
	X       float64         `json:"x"`
	Figures []string        `json:"figures"`
	Peers   map[string]*row `json:"peers"`
	work    *work
}

// A row is one peer's: for each figure the values of all rounds.
type row struct {
	Values   [][]float64 `json:"values"` // by round, and then as the work's figures are
	Faults   Faults      `json:"faults"`
	Failures []string    `json:"failures,omitempty"`
}

func newResults(of []*peer) *results {
	r := new(results)
	for _, p := range of {
		r.Entrants = append(r.Entrants, entrant{p.name, p.without, p.tuned})
	}
	return r
}

func (r *results) row(w *work, p *peer, at where) *row {
	i := slices.IndexFunc(r.Cases, func(c *result) bool {
		return c.Work == w.name && c.Group == at.group && c.Label == at.label
	})
	if i < 0 {
		i = len(r.Cases)
		c := &result{Work: w.name, Group: at.group, Label: at.label, X: at.x, Figures: figureNames(w), Peers: make(map[string]*row), work: w}
		r.Cases = append(r.Cases, c)
	}
	c := r.Cases[i]
	if c.Peers[p.name] == nil {
		c.Peers[p.name] = new(row)
	}
	return c.Peers[p.name]
}

func (r *results) add(w *work, p *peer, at where, f Faults, values []float64) {
	into := r.row(w, p, at)
	for i, v := range values {
		values[i] = rounded(v)
	}
	into.Values = append(into.Values, values)
	into.Faults.add(f)
}

func (r *results) fail(w *work, p *peer, at where, err error) {
	into := r.row(w, p, at)
	into.Failures = append(into.Failures, err.Error())
}

// failures are what no peer had a figure for.
func (r *results) failures() (all []string) {
	for _, c := range r.Cases {
		for name, row := range c.Peers {
			for _, f := range row.Failures {
				all = append(all, fmt.Sprintf("%s, %s: %s: %s", c.Work, c.name(), name, f))
			}
		}
	}
	slices.Sort(all)
	return all
}

// broken says where Longsplice did not keep its promise, which nothing excuses.
func (r *results) broken() (complaints []string) {
	for _, c := range r.Cases {
		for name, row := range c.Peers {
			if p := peerNamed(name); p.promises && (!row.Faults.none() || len(row.Failures) > 0) {
				complaints = append(complaints, fmt.Sprintf("%s, %s: %s%s %s",
					c.Work, c.name(), name, complaint(row.Faults), strings.Join(row.Failures, "; ")))
			}
		}
	}
	slices.Sort(complaints)
	return complaints
}

// complaint says what was wrong, if anything.
func complaint(f Faults) string {
	var b strings.Builder
	for _, c := range []struct {
		n    uint64
		what string
	}{{f.Lost, "lost"}, {f.Repeated, "repeated"}, {f.Broken, "broken"}} {
		if c.n > 0 {
			fmt.Fprintf(&b, ", %s %s", count(int(c.n)), c.what)
		}
	}
	return b.String()
}

// column is one figure's values over the rounds.
func (r *row) column(i int) []float64 {
	col := make([]float64, len(r.Values))
	for round, v := range r.Values {
		col[round] = v[i]
	}
	return col
}
