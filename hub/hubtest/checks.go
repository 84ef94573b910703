package hubtest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/longsplice/longsplice/hub"
)

// checks are the suite, in the order of what builds on what.
var checks = []check{
	{"values have consecutive positions", consecutive},
	{"a value is delivered at the position that was returned", samePosition},
	{"an empty room is opened where the next value will be", openEmpty},
	{"opening hands over the last values", openWithHistory},
	{"all nodes get the same order", oneOrder},
	{"opening while others publish misses nothing", openWhilePublishing},
	{"volatile messages take no position", volatile},
	{"who a message is for arrives", addressee},
	{"rooms are apart", apart},
	{"a closed feed is silent", closed},
	{"a room that is opened again goes on", reopened},
	{"a sink is not called concurrently", oneAtATime},
	{"a slow sink delays no other node", slowSink},
	{"opening ends with its context", openCancelled},
}

func consecutive(r *rig) error {
	var last hub.Position
	for i := range 10 {
		p, err := r.publish(i%len(r.nodes), "room", "x")
		if err != nil {
			return err
		}
		if p.Epoch == 0 || p.Offset == 0 || i > 0 && p != (hub.Position{Epoch: last.Epoch, Offset: last.Offset + 1}) {
			return fmt.Errorf("%v comes behind %v", p, last)
		}
		last = p
	}
	return nil
}

func samePosition(r *rig) error {
	a, fa, err := r.open(0, "room", 0)
	if err != nil {
		return err
	}
	defer fa.Close()
	b, fb, err := r.open(1, "room", 0)
	if err != nil {
		return err
	}
	defer fb.Close()
	for i := range 20 {
		v := fmt.Sprint(i)
		p, err := r.publish(i%2, "room", v)
		if err != nil {
			return err
		}
		for _, s := range []*recorder{a, b} {
			if err := s.has(r.ctx, numbers(0, i+1)...); err != nil {
				return err
			}
			if got := s.position(v); got != p {
				return fmt.Errorf("published at %v, delivered at %v", p, got)
			}
		}
	}
	return nil
}

func openEmpty(r *rig) error {
	s, feed, err := r.open(0, "room", 10)
	if err != nil {
		return err
	}
	defer feed.Close()
	s.mu.Lock()
	seeks, next := s.seeks, s.next
	s.mu.Unlock()
	if seeks == 0 {
		return errors.New("open returned before the sink was told where the room stands")
	}
	p, err := r.publish(1, "room", "x")
	if err == nil && p != next {
		err = fmt.Errorf("opened at %v, and the next value is at %v", next, p)
	}
	return err
}

func openWithHistory(r *rig) error {
	last, err := r.publish(0, "room", numbers(0, 20)...)
	if err != nil {
		return err
	}
	for _, n := range []int{0, 1, 5} {
		s, feed, err := r.open(1, "room", n)
		if err != nil {
			return err
		}
		defer feed.Close()
		if got := s.values(); !slices.Equal(got, numbers(20-n, n)) {
			return fmt.Errorf("the last %d values are %v when open returns", n, got)
		}
		if n > 0 && s.position("19") != last {
			return fmt.Errorf("published at %v, in the history at %v", last, s.position("19"))
		}
	}
	return nil
}
