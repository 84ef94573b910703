package hubtest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
)

func oneOrder(r *rig) error {
	const each = 100
	var sinks []*recorder
	for i := range r.nodes {
		s, feed, err := r.open(i, "room", 0)
		if err != nil {
			return err
		}
		defer feed.Close()
		sinks = append(sinks, s)
	}
	errs := make([]error, len(r.nodes))
	var all sync.WaitGroup
	for i := range r.nodes {
		all.Go(func() { _, errs[i] = r.publish(i, "room", numbers(i*each, each)...) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	n := each * len(r.nodes)
	for _, s := range sinks {
		if err := s.until(r.ctx, fmt.Sprint(n, " values"), func([]record) bool { return len(s.list()) >= n }); err != nil {
			return err
		}
		if !slices.Equal(s.values(), sinks[0].values()) {
			return fmt.Errorf("one node has %v, another %v", sinks[0].values(), s.values())
		}
	}
	for i := range r.nodes {
		mine := slices.DeleteFunc(sinks[0].values(), func(v string) bool { return !slices.Contains(numbers(i*each, each), v) })
		if !slices.Equal(mine, numbers(i*each, each)) {
			return fmt.Errorf("what one node published is delivered as %v", mine)
		}
	}
	return nil
}

func openWhilePublishing(r *rig) error {
	errs := make(chan error, 1)
	go func() {
		_, err := r.publish(0, "room", numbers(0, 300)...)
		errs <- err
	}()
	var sinks []*recorder
	for i := range 10 {
		s, feed, err := r.open(1, "room", 10*i)
		if err != nil {
			return err
		}
		defer feed.Close()
		sinks = append(sinks, s)
	}
	if err := <-errs; err != nil {
		return err
	}
	if _, err := r.publish(0, "room", "last"); err != nil {
		return err
	}
	for _, s := range sinks {
		err := s.until(r.ctx, "the last value", func([]record) bool { return slices.Contains(s.list(), "last") })
		if err != nil {
			return err
		}
		got := s.values()
		if want := append(numbers(301-len(got), len(got)-1), "last"); !slices.Equal(got, want) {
			return fmt.Errorf("delivered %v", got)
		}
		if s.mu.Lock(); s.seeks != 1 {
			s.fail(fmt.Errorf("%d seeks, and nothing was lost", s.seeks))
		}
		s.mu.Unlock()
		if err := s.failure(); err != nil {
			return err
		}
	}
	return nil
}
