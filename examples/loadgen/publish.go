package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// judge counts the errors, and says whether the run has passed.
func (r *report) judge(l *load) {
	r.Errors, r.ErrorsAll = l.counts.errors.byKind(), l.counts.errors.total()
	if of := max(r.Messages.AllSent+r.Messages.Unsent, 1); r.ErrorsAll > 0 {
		r.ErrorRate = float64(r.ErrorsAll) / float64(of)
	}
	r.Passed = r.Verdict == faultCounts{} && !l.maxErrors.exceeded(r.ErrorsAll, r.Messages.AllSent+r.Messages.Unsent) &&
		r.Messages.AllSent > 0
}

// publish writes the report in all of the forms that are asked for, and returns
// nil if the run has passed.
func (r *report) publish(o options, stdout io.Writer) error {
	var errs []error
	if o.json != "" {
		b, err := json.MarshalIndent(r, "", "  ")
		if err == nil {
			err = os.WriteFile(o.json, append(b, '\n'), 0o666)
		}
		errs = append(errs, err)
	}
	if o.html != "" {
		b, err := r.page()
		if err == nil {
			err = os.WriteFile(o.html, b, 0o666)
		}
		errs = append(errs, err)
	}
	r.text(stdout)
	switch {
	case r.Verdict != faultCounts{}:
		errs = append(errs, errors.New("not every message arrived exactly once and in order"))
	case r.Messages.AllSent == 0:
		errs = append(errs, errors.New("nothing was sent"))
	case !r.Passed:
		errs = append(errs, fmt.Errorf("%d errors, and -max-errors is %v", r.ErrorsAll, &o.maxErrors))
	}
	return errors.Join(errs...)
}
