package main

import (
	"runtime"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// longest is the longest time that a histogram tells from longer ones.
const longest = time.Hour

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, int64(longest), 3) // nanoseconds, to three digits
}

// record counts d n times.
func record(h *hdrhistogram.Histogram, d time.Duration, n int64) {
	// It is within the histogram's range, so it is counted.
	_ = h.RecordValues(int64(min(max(d, 0), longest)), n)
}

// A recorder gathers how long messages took. Its methods may be called
// concurrently.
type recorder struct {
	*phases
	shards []shard
}

// A shard is one of several, so that clients do not wait for each other.
type shard struct {
	mu        sync.Mutex              // covers all below
	window    *hdrhistogram.Histogram // all that arrived since the last window
	latency   *hdrhistogram.Histogram // of what counts, from the time that it was due
	unhurried *hdrhistogram.Histogram // the same, from the time that it was sent
	late      *hdrhistogram.Histogram // how much later it was sent than due
	delivered uint64                  // of what counts

	sentThen, deliveredThen uint64 // while it counts, whenever it was due
}

func newRecorder(p *phases) *recorder {
	r := &recorder{phases: p, shards: make([]shard, 2*runtime.GOMAXPROCS(0))}
	for i := range r.shards {
		s := &r.shards[i]
		s.window, s.latency, s.unhurried, s.late = newHistogram(), newHistogram(), newHistogram(), newHistogram()
	}
	return r
}

// sent takes note of a message at the moment of its sending.
func (r *recorder) sent(client int, st stamp) {
	s := &r.shards[client%len(r.shards)]
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.counts(st.sent) {
		s.sentThen++
	}
	if r.counts(st.due) {
		record(s.late, st.sent-st.due, 1)
	}
}

// arrived takes note of a message that has arrived now, for the first time.
func (r *recorder) arrived(client int, st stamp, now time.Duration) {
	s := &r.shards[client%len(r.shards)]
	s.mu.Lock()
	defer s.mu.Unlock()
	record(s.window, now-st.due, 1)
	if r.counts(now) {
		s.deliveredThen++
	}
	if r.counts(st.due) {
		s.delivered++
		record(s.latency, now-st.due, 1)
		record(s.unhurried, now-st.sent, 1)
	}
}

// window returns what has arrived since the last call.
func (r *recorder) window() *hdrhistogram.Histogram {
	all := newHistogram()
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		all.Merge(s.window)
		s.window.Reset()
		s.mu.Unlock()
	}
	return all
}

// A total is what a recorder has gathered.
type total struct {
	latency, unhurried, late *hdrhistogram.Histogram
	delivered                uint64
	sentThen, deliveredThen  uint64
}

func (r *recorder) total() total {
	t := total{latency: newHistogram(), unhurried: newHistogram(), late: newHistogram()}
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		t.latency.Merge(s.latency)
		t.unhurried.Merge(s.unhurried)
		t.late.Merge(s.late)
		t.delivered += s.delivered
		t.sentThen += s.sentThen
		t.deliveredThen += s.deliveredThen
		s.mu.Unlock()
	}
	return t
}

// corrected adds to what a closed loop has measured the messages that it would
// have sent, one each interval, had it not been waiting for a slow answer: an
// answer after 10 intervals stands for ten, that took 10, 9, 8 and so on.
func corrected(h *hdrhistogram.Histogram, interval time.Duration) *hdrhistogram.Histogram {
	c := newHistogram()
	for _, bar := range h.Distribution() {
		if bar.Count == 0 {
			continue
		}
		took := time.Duration(bar.To)
		record(c, took, bar.Count)
		if interval <= 0 {
			continue
		}
		for missing := took - interval; missing >= interval; missing -= interval {
			record(c, missing, bar.Count)
		}
	}
	return c
}

// A stopwatch gathers times that are rare. Its methods may be called concurrently.
type stopwatch struct {
	mu sync.Mutex
	h  *hdrhistogram.Histogram
}

func newStopwatch() *stopwatch { return &stopwatch{h: newHistogram()} }

func (s *stopwatch) record(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	record(s.h, d, 1)
}

func (s *stopwatch) histogram() *hdrhistogram.Histogram {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.h.Clone()
}
