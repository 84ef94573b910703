package hubtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

func apart(r *rig) error {
	names := []string{"a", "A", "a:b", "a b", "user:a", "ä/*>.", ""}
	var sinks []*recorder
	for i, name := range names {
		s, feed, err := r.open(i%2, name, 5)
		if err != nil {
			return err
		}
		defer feed.Close()
		sinks = append(sinks, s)
	}
	for i, name := range names {
		if _, err := r.publish((i+1)%2, name, name, "end"); err != nil {
			return err
		}
	}
	for i, name := range names {
		if err := sinks[i].has(r.ctx, name, "end"); err != nil {
			return fmt.Errorf("room %q: %w", name, err)
		}
	}
	return nil
}

func closed(r *rig) error {
	other, fo, err := r.open(1, "room", 0)
	if err != nil {
		return err
	}
	defer fo.Close()
	for i := range 10 {
		s, feed, err := r.open(0, "room", 0)
		if err != nil {
			return err
		}
		errs := make(chan error, 1)
		go func() {
			_, err := r.publish(1, "room", numbers(i*20, 20)...)
			errs <- err
		}()
		feed.Close()
		s.over()
		feed.Close()
		if err := <-errs; err != nil {
			return err
		}
		if err := other.has(r.ctx, numbers(0, (i+1)*20)...); err != nil {
			return err
		}
		if err := s.failure(); err != nil {
			return err
		}
	}
	return nil
}

func reopened(r *rig) error {
	for i := range 5 {
		s, feed, err := r.open(i%2, "room", 3)
		if err != nil {
			return err
		}
		if got, n := s.values(), min(i, 3); !slices.Equal(got, numbers(i-n, n)) {
			feed.Close()
			return fmt.Errorf("opened for the %d. time, and %v were there", i+1, got)
		}
		s.mu.Lock()
		next := s.next
		s.mu.Unlock()
		p, err := r.publish(i%2, "room", fmt.Sprint(i))
		feed.Close()
		if err != nil {
			return err
		}
		if p != next {
			return fmt.Errorf("opened at %v, published at %v", next, p)
		}
	}
	return nil
}

func oneAtATime(r *rig) error {
	s, feed, err := r.open(0, "room", 0)
	if err != nil {
		return err
	}
	defer feed.Close()
	hold := make(chan struct{})
	s.mu.Lock()
	s.hold = hold
	s.mu.Unlock()
	if _, err := r.publish(1, "room", numbers(0, 5)...); err != nil {
		return err
	}
	s.mu.Lock()
	s.hold = nil
	s.mu.Unlock()
	close(hold)
	return s.has(r.ctx, numbers(0, 5)...)
}

func slowSink(r *rig) error {
	slow, fs, err := r.open(0, "room", 0)
	if err != nil {
		return err
	}
	hold := make(chan struct{})
	slow.mu.Lock()
	slow.hold = hold
	slow.mu.Unlock()
	defer fs.Close()
	release := sync.OnceFunc(func() { close(hold) })
	fast, ff, err := r.open(1, "room", 0)
	if err != nil {
		release()
		return err
	}
	defer ff.Close()
	defer release() // before the feeds are closed
	if _, err := r.publish(1, "room", "0"); err != nil {
		return err
	}
	if err := slow.until(r.ctx, "the slow sink to be called", func([]record) bool { return slow.held }); err != nil {
		return err
	}
	if _, err := r.publish(1, "room", numbers(1, 99)...); err != nil {
		return err
	}
	if err := fast.has(r.ctx, numbers(0, 100)...); err != nil {
		return err
	}
	release()
	fast.mu.Lock()
	end := fast.next.Offset
	fast.mu.Unlock()
	// Either it gets everything late, or it is told that something is missing.
	return slow.until(r.ctx, "the last value", func([]record) bool { return slow.next.Offset >= end })
}

func openCancelled(r *rig) error {
	ctx, cancel := context.WithCancel(r.ctx)
	cancel()
	s := newRecorder()
	feed, err := r.nodes[0].Open(ctx, "room", 10, s)
	if err == nil {
		feed.Close() // it was done in no time
	}
	s.over()
	_, err = r.publish(1, "room", "x")
	return errors.Join(err, s.failure())
}
