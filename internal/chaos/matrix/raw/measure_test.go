package raw

import (
	"runtime"
	"runtime/metrics"
	"sync"
	"testing"
	"time"
)

// held is how many bytes of memory this process holds, stacks included and
// garbage not, whatever is made while it is counted.
func held() int64 {
	for range 3 { // pools keep what they hold over one collection
		runtime.GC()
	}
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64() + sample[1].Value.Uint64())
}

// steady measures until the measure changes no more, but for a few KiB.
func steady(measure func() int64) (now int64) {
	for last := int64(-1); now>>13 != last>>13; {
		last, now = now, measure()
	}
	return now
}

// atRest waits until what a case before has left behind is let go of, and returns
// what is held then, which is about as much as at rest.
func atRest(t *testing.T, rest int64) int64 {
	t.Helper()
	settled(t, func() bool { return held() < rest+512<<10 }, "what was before is let go of")
	return held()
}

// live is held without stacks, of which the runtime keeps some for the next
// goroutines.
func live() int64 {
	for range 3 {
		runtime.GC()
	}
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// Stalls are the times in which the process did not run as it should. A criterion
// in time allows for them, since they were the machine's doing.
type stalls struct {
	t    *testing.T
	stop func()

	mu    sync.Mutex // covers what follows
	each  []time.Duration
	until []time.Time // each of them ended
}

// A process runs as it should if it is as late as this.
const tolerated = 25 * time.Millisecond

// watch watches for stalls, until it is asked for an excuse.
func watch(t *testing.T) *stalls { return watchFor(t, 10*time.Millisecond, tolerated) }

func watchFor(t *testing.T, every, tolerated time.Duration) *stalls {
	s := &stalls{t: t}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for last := time.Now(); ; {
			select {
			case <-tick.C:
			case <-stop:
				return
			}
			now := time.Now()
			if late := now.Sub(last) - every; late > tolerated {
				s.mu.Lock()
				s.each, s.until = append(s.each, late), append(s.until, now)
				s.mu.Unlock()
			}
			last = now
		}
	})
	s.stop = sync.OnceFunc(func() { close(stop); wg.Wait() })
	t.Cleanup(s.stop)
	return s
}

// excuse is how much later than it should something may be: by how long the process
// did not run, in all, and by what is too little to be noticed.
func (s *stalls) excuse() time.Duration {
	s.stop()
	var sum time.Duration
	for _, late := range s.each {
		sum += late
	}
	if sum > 0 {
		s.t.Logf("the machine is busy, which excuses %v", sum.Round(time.Millisecond))
	}
	return sum + tolerated
}

// during is how long the process did not run from one instant to another, in all.
func (s *stalls) during(from, to time.Time) (sum time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, end := range s.until {
		if end.After(from) && end.Add(-s.each[i]).Before(to) {
			sum += s.each[i]
		}
	}
	return sum
}

// ofHeartbeat is the excuse of a heartbeat's verdict: where a stall was long enough
// to be taken for a suspension of the process, it allows an answer's time anew.
func (s *stalls) ofHeartbeat() time.Duration {
	sum := s.excuse()
	for _, late := range s.each {
		if late > (timeout-interval)/4 {
			sum += timeout - interval
		}
	}
	return sum
}
