package hub

import (
	"reflect"
	"runtime"
)

// within calls f. It stands below every Offer on the stack, for withinOffer to
// find.
//
//go:noinline
func within(f func()) {
	f()
	runtime.KeepAlive(f) // no tail call may take this frame away
}

var withinEntry = reflect.ValueOf(within).Pointer()

// withinOffer reports whether the calling goroutine is inside an Offer: there
// it must not wait for one to end. It is asked only where there is something to
// wait for, because it walks the stack.
func withinOffer() bool {
	var pcs [64]uintptr
	for skip := 2; ; skip += len(pcs) {
		n := runtime.Callers(skip, pcs[:])
		for _, pc := range pcs[:n] {
			if f := runtime.FuncForPC(pc - 1); f != nil && f.Entry() == withinEntry {
				return true
			}
		}
		if n < len(pcs) {
			return false
		}
	}
}
