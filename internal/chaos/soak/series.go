package main

import "sync"

// series is what a process held over time.
type series struct {
	mu  sync.Mutex
	all []sample
}

func (s *series) add(v sample) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, v)
}

// list returns what there is so far.
func (s *series) list() []sample {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[:len(s.all):len(s.all)]
}
