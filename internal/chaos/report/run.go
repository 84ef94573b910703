package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/longsplice/longsplice/internal/chaos/row"
)

// A Run is what tests said that are rows of the matrix.
type Run struct {
	cases  map[name]*Case
	order  []*Case
	failed []string // tests that are no rows, and packages
}

// name is of a test in a package.
type name struct{ pkg, test string }

// A Case is one test that was marked.
type Case struct {
	Test                string // without its package
	Package             string
	Number              int
	Over                string
	Verdict             string // pass, fail or skip; empty if it did not end
	Detected, Recovered time.Duration
	Lost, Doubled       int
	Memory              int64
	Left, Files         int
	Note                string
	measured            map[string]bool // by attribute
}

// event is one line of go test -json, as cmd/test2json documents it.
type event struct {
	Action, Package, Test, Key, Value string
}

// Read reads the output of go test -json.
func Read(r io.Reader) (*Run, error) {
	run := &Run{cases: map[name]*Case{}}
	for d := json.NewDecoder(r); ; {
		var e event
		if err := d.Decode(&e); errors.Is(err, io.EOF) {
			return run, nil
		} else if err != nil {
			return nil, fmt.Errorf("no output of go test -json: %w", err)
		}
		if err := run.add(e); err != nil {
			return nil, err
		}
	}
}

func (r *Run) add(e event) error {
	at := name{e.Package, e.Test}
	c := r.cases[at]
	switch {
	case e.Action == "attr" && e.Key == row.AttrNumber:
		n, err := strconv.Atoi(e.Value)
		if err != nil {
			return fmt.Errorf("%s: row %q", e.Test, e.Value)
		}
		if c != nil && c.Number != n {
			return fmt.Errorf("%s is row %d and %d", e.Test, c.Number, n)
		}
		c = &Case{Test: e.Test, Package: e.Package, Number: n, measured: map[string]bool{}}
		r.cases[at] = c
		r.order = append(r.order, c)
	case e.Action == "attr" && c != nil:
		return c.measure(e.Key, e.Value)
	case e.Action == "pass" || e.Action == "fail" || e.Action == "skip":
		if c != nil {
			c.Verdict = e.Action
		} else if e.Action == "fail" {
			r.failed = append(r.failed, strings.TrimSuffix(e.Package+"."+e.Test, "."))
		}
	}
	return nil
}

func (c *Case) measure(key, value string) (err error) {
	c.measured[key] = true
	switch key {
	case row.AttrOver:
		c.Over = value
	case row.AttrDetected:
		c.Detected, err = time.ParseDuration(value)
	case row.AttrRecovered:
		c.Recovered, err = time.ParseDuration(value)
	case row.AttrLost:
		c.Lost, err = strconv.Atoi(value)
	case row.AttrDoubled:
		c.Doubled, err = strconv.Atoi(value)
	case row.AttrMemory:
		c.Memory, err = strconv.ParseInt(value, 10, 64)
	case row.AttrLeft:
		c.Left, err = strconv.Atoi(value)
	case row.AttrFiles:
		c.Files, err = strconv.Atoi(value)
	case row.AttrNote:
		c.Note = value
	}
	if err != nil {
		return fmt.Errorf("%s: %s is %q", c.Test, key, value)
	}
	return nil
}
