package row

import (
	"fmt"
	"testing"
	"time"
)

// The attributes of a test that is a row.
const (
	AttrNumber    = "fault"           // of the row
	AttrOver      = "fault.over"      // the transport
	AttrDetected  = "fault.detected"  // a duration: from the fault to the last end that noticed
	AttrRecovered = "fault.recovered" // a duration: from the end of the fault to a session that goes on
	AttrLost      = "fault.lost"      // messages
	AttrDoubled   = "fault.doubled"   // messages
	AttrMemory    = "fault.memory"    // bytes of heap that the fault cost at its worst
	AttrLeft      = "fault.left"      // goroutines that were there after it and not before
	AttrFiles     = "fault.files"     // file descriptors, likewise
	AttrNote      = "fault.note"      // whatever else was measured, in a few words
)

// Row is a test that has been marked. Its methods may be called from any goroutine
// of the test, each once.
type Row struct{ t testing.TB }

// Of marks t as a case of a row. Over names the transport, or is empty where
// there is none.
func Of(t testing.TB, number int, over string) *Row {
	t.Helper()
	t.Attr(AttrNumber, fmt.Sprint(number))
	if over != "" {
		t.Attr(AttrOver, over)
	}
	return &Row{t}
}

// Detected says how long after the fault the last end that had to notice it did.
func (r *Row) Detected(d time.Duration) { r.t.Attr(AttrDetected, d.String()) }

// Recovered says how long after the end of the fault the session went on.
func (r *Row) Recovered(d time.Duration) { r.t.Attr(AttrRecovered, d.String()) }

// Messages says how many messages were lost and not reported, and how many were
// delivered twice.
func (r *Row) Messages(lost, doubled int) {
	r.t.Attr(AttrLost, fmt.Sprint(lost))
	r.t.Attr(AttrDoubled, fmt.Sprint(doubled))
}

// Memory says by how many bytes the heap grew at most.
func (r *Row) Memory(bytes int64) { r.t.Attr(AttrMemory, fmt.Sprint(max(0, bytes))) }

// Note says something else that was measured. It is one line.
func (r *Row) Note(format string, args ...any) { r.t.Attr(AttrNote, fmt.Sprintf(format, args...)) }

// Left says how many goroutines and file descriptors were left over.
func (r *Row) Left(goroutines, files int) {
	r.t.Attr(AttrLeft, fmt.Sprint(goroutines))
	r.t.Attr(AttrFiles, fmt.Sprint(files))
}
