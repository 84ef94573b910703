package hubtest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/longsplice/longsplice/hub"
)

func volatile(r *rig) error {
	s, feed, err := r.open(0, "room", 0)
	if err != nil {
		return err
	}
	defer feed.Close()
	first, err := r.publish(1, "room", "0")
	if err != nil {
		return err
	}
	heard := func(rs []record) bool { return slices.ContainsFunc(rs, func(r record) bool { return r.Volatile }) }
	for n := 0; ; n++ { // it may be lost, but not always
		p, err := r.nodes[1].Publish(r.ctx, "room", hub.Message[string]{Value: "v", Volatile: true})
		if err != nil || p != (hub.Position{}) {
			return fmt.Errorf("a volatile message was published at %v: %v", p, err)
		}
		second, err := r.publish(1, "room", fmt.Sprint(n+1))
		if err != nil {
			return err
		}
		if second.Offset != first.Offset+uint64(n)+1 {
			return fmt.Errorf("values at %v and, %d later, %v", first, n+1, second)
		}
		if err := s.has(r.ctx, numbers(0, n+2)...); err != nil {
			return err
		}
		if got := s.position(fmt.Sprint(n + 1)); got != second {
			return fmt.Errorf("a value behind it was published at %v, delivered at %v", second, got)
		}
		s.mu.Lock()
		ok := heard(s.records)
		s.mu.Unlock()
		if ok {
			break
		}
		if n > 100 {
			return errors.New("volatile messages never arrive")
		}
	}
	late, feed2, err := r.open(1, "room", 10)
	if err != nil {
		return err
	}
	defer feed2.Close()
	late.mu.Lock()
	defer late.mu.Unlock()
	if heard(late.records) {
		return errors.New("a volatile message was kept")
	}
	return nil
}

func addressee(r *rig) error {
	s, feed, err := r.open(0, "room", 0)
	if err != nil {
		return err
	}
	defer feed.Close()
	want := hub.Message[string]{Value: "v", Volatile: true, To: "ann"}
	for range 100 {
		if _, err := r.nodes[1].Publish(r.ctx, "room", want); err != nil {
			return err
		}
	}
	return s.until(r.ctx, "a message for ann", func(rs []record) bool {
		return slices.ContainsFunc(rs, func(r record) bool { return r.Message == want })
	})
}
