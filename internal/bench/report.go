package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// outputs are the files that a race writes.
type outputs struct{ html, json, markdown string }

// write writes what was asked for.
func (o outputs) write(r *results) error {
	var errs []error
	put := func(name string, make func() ([]byte, error)) {
		if name == "" {
			return
		}
		data, err := make()
		if err == nil {
			err = os.WriteFile(name, data, 0o666)
		}
		errs = append(errs, err)
	}
	put(o.html, r.page)
	put(o.json, r.marshal)
	if o.markdown != "" {
		errs = append(errs, r.writeMarkdown(o.markdown))
	}
	return errors.Join(errs...)
}

// marshal writes one case a line, so that a file of figures can be compared with
// another.
func (r *results) marshal() ([]byte, error) {
	cases := r.Cases
	defer func() { r.Cases = cases }()
	r.Cases = nil
	head, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return nil, err
	}
	lines := make([]string, len(cases))
	for i, c := range cases {
		line, err := json.Marshal(c)
		if err != nil {
			return nil, err
		}
		lines[i] = "\n\t\t" + string(line)
	}
	return []byte(strings.Replace(string(head), `"cases": null`, `"cases": [`+strings.Join(lines, ",")+"\n\t]", 1) + "\n"), nil
}

// readResults reads what marshal wrote.
func readResults(name string) (*results, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	r := new(results)
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, c := range r.Cases {
		i := slices.IndexFunc(works, func(w *work) bool { return w.name == c.Work })
		if i < 0 || !slices.Equal(c.Figures, figureNames(works[i])) {
			return nil, fmt.Errorf("%s: %s was measured by another version of the race", name, c.Work)
		}
		c.work = works[i]
		for p, row := range c.Peers {
			if peerNamed(p) == nil {
				return nil, fmt.Errorf("%s: nobody is called %q", name, p)
			}
			for _, v := range row.Values {
				if len(v) != len(c.Figures) {
					return nil, fmt.Errorf("%s: %s, %s: %s has %d figures of %d", name, c.Work, c.name(), p, len(v), len(c.Figures))
				}
			}
		}
	}
	return r, nil
}

func figureNames(w *work) (all []string) {
	for _, f := range w.figures {
		all = append(all, f.String())
	}
	return all
}

// verdict is an error if Longsplice lost or doubled a message, or failed.
func (r *results) verdict() error {
	if r.Stopped {
		return errors.New("stopped")
	}
	if c := r.broken(); len(c) > 0 {
		return fmt.Errorf("a promise was not kept:\n%s", strings.Join(c, "\n"))
	}
	return nil
}

// unexcused is an error if anybody failed or, but for the storm, lost something:
// with few clients there is no reason to.
func (r *results) unexcused() error {
	all := r.failures()
	for _, c := range r.Cases {
		for name, row := range c.Peers {
			if what := complaint(row.Faults); what != "" && c.work != stormWork {
				all = append(all, fmt.Sprintf("%s, %s: %s%s", c.Work, c.name(), name, what))
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	slices.Sort(all)
	return fmt.Errorf("failed:\n%s", strings.Join(all, "\n"))
}
