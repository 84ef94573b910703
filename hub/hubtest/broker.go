package hubtest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/longsplice/longsplice/hub"
)

// watchdog is how long one check may take.
const watchdog = 20 * time.Second

// TestBroker runs the suite that an implementation of hub.Broker has to pass.
// open is called for each check, and returns two or more nodes' ways to one
// broker which nobody else uses; they may be one value where the broker serves
// the hubs of one process. What they need is released with t.Cleanup.
//
// The checks use rooms of their own, publish a few hundred messages, and give up
// after 20 s each.
func TestBroker(t *testing.T, open func(t *testing.T) []hub.Broker[string]) {
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			if err := runCheck(c, open(t), watchdog); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A check is one thing that is asked of a broker.
type check struct {
	name string
	run  func(r *rig) error
}

// A rig is what a check works with.
type rig struct {
	ctx   context.Context
	nodes []hub.Broker[string]
}

func runCheck(c check, nodes []hub.Broker[string], patience time.Duration) error {
	if len(nodes) < 2 {
		return errors.New("two or more nodes are needed")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- c.run(&rig{ctx, nodes}) }()
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		return nil
	case <-time.After(patience + time.Second):
		return fmt.Errorf("%s: it does not come to an end", c.name)
	}
}

// publish has a node publish messages, and returns the last one's position.
func (r *rig) publish(node int, room string, values ...string) (last hub.Position, err error) {
	for _, v := range values {
		if last, err = r.nodes[node].Publish(r.ctx, room, hub.Message[string]{Value: v}); err != nil {
			return last, fmt.Errorf("publish: %w", err)
		}
	}
	return last, nil
}

// open opens a room at a node.
func (r *rig) open(node int, room string, history int) (*recorder, hub.Feed, error) {
	s := newRecorder()
	feed, err := r.nodes[node].Open(r.ctx, room, history, s)
	if err != nil {
		return nil, nil, fmt.Errorf("open: %w", err)
	}
	if feed == nil {
		return nil, nil, errors.New("open returned neither a feed nor an error")
	}
	return s, feed, nil
}

func numbers(from, n int) []string {
	values := make([]string, n)
	for i := range values {
		values[i] = fmt.Sprint(from + i)
	}
	return values
}
