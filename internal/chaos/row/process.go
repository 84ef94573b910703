package row

import (
	"os"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"
)

// patience is how long what a row used may take to be let go of.
const patience = 5 * time.Second

// Holdings is what this process holds.
type Holdings struct {
	Goroutines int
	Files      int // descriptors; 0 where /proc does not tell
	Heap       int64
}

// Hold counts what the process holds now, garbage excluded.
func Hold() Holdings {
	// The first use of the poller opens descriptors that stay.
	if r, w, err := os.Pipe(); err == nil {
		_, _ = r.Close(), w.Close()
	}
	runtime.GC()
	return Holdings{runtime.NumGoroutine(), files(), Heap()}
}

func files() int {
	names, _ := os.ReadDir("/proc/self/fd") // missing is none, before as after
	return len(names)
}

// Heap is how many bytes of memory are in use by objects, dead ones included.
func Heap() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// Alone says that a test has its process to itself: it is not parallel. At its
// end, after the cleanups that it registers from now on, what it left over is
// taken down, and is an error.
func (r *Row) Alone(t *testing.T) {
	before := Hold()
	t.Cleanup(func() {
		over := before.Over()
		r.Left(over.Goroutines, over.Files)
		if over.Goroutines > 0 || over.Files > 0 {
			stacks := make([]byte, 1<<20)
			t.Errorf("left over after %v: %d goroutines, %d files\n%s", patience,
				over.Goroutines, over.Files, stacks[:runtime.Stack(stacks, true)])
		}
	})
}

// Over is what there is more of than before, after some time to let go.
func (before Holdings) Over() Holdings { return before.over(patience) }

func (before Holdings) over(patience time.Duration) Holdings {
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		now := Holdings{Goroutines: runtime.NumGoroutine(), Files: files()}
		over := Holdings{Goroutines: max(0, now.Goroutines-before.Goroutines), Files: max(0, now.Files-before.Files)}
		if over == (Holdings{}) || time.Now().After(deadline) {
			return over
		}
	}
}
