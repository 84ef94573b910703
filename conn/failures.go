package conn

import (
	"sync"
	"time"
)

// failures counts the refused resumptions of each source, so that nobody can
// try tokens for long.
type failures struct {
	perSecond float64 // 0 for no limit

	mu      sync.Mutex // covers what follows
	sources map[string]failure
}

// A failure count leaks away at perSecond.
type failure struct {
	level float64
	at    time.Duration
}

const (
	failureBurst = 10
	// Sources whose count has leaked away are dropped when there are this many.
	maxSources = 4096
)

func (f *failures) init(cfg *Config) {
	f.perSecond = cfg.maxFailedResumes()
	f.sources = map[string]failure{}
}

// permit reports whether a source may try.
func (f *failures) permit(source string) bool {
	if f.perSecond == 0 || source == "" {
		return true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.level(source, clock()) < failureBurst
}

// note counts a failure.
func (f *failures) note(source string) {
	if f.perSecond == 0 || source == "" {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now := clock()
	if len(f.sources) >= maxSources {
		for s := range f.sources {
			if f.level(s, now) == 0 {
				delete(f.sources, s)
			}
		}
		if len(f.sources) >= maxSources { // an attack from everywhere: forget the lot
			clear(f.sources)
		}
	}
	f.sources[source] = failure{level: f.level(source, now) + 1, at: now}
}

func (f *failures) level(source string, now time.Duration) float64 {
	c := f.sources[source]
	return max(0, c.level-(now-c.at).Seconds()*f.perSecond)
}
