package main

import (
	"errors"
	"os"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/longsplice/longsplice/internal/chaos/ledger"
)

// perSeat is how many sessions of a seat may be in the books at once: the one
// that is played, and those whose other end is not over yet.
const perSeat = 8

// books is memory that all processes of a run share. What is written there is
// there, whichever of them is killed and when: no pipe has to be emptied first.
type books struct {
	file *os.File
	*totals
	rings   []ring
	records []record
}

// totals is what is counted over all.
type totals struct {
	calm atomic.Bool // no further session shall begin, and those that play shall end

	ids                             atomic.Uint64 // of sessions
	begun, resumed, replayed        atomic.Uint64 // sessions, links after their first, messages on them
	delivered, bytes                atomic.Uint64 // to an application
	flushed                         atomic.Uint64 // calls of Flush that returned nil
	gaps, joined, shared, forgotten atomic.Uint64 // in rooms: gaps told, members, values compared, and those too old to be
	room                            roomFaults
	latencies                       histogram
}

// record is a session's page in the books. Whoever opens it gives it an id that no
// other session has; the auditor closes it, which sets that to zero.
type record struct {
	id        atomic.Uint64
	kind      atomic.Uint32
	began     atomic.Int64  // Unix nanoseconds, as all times here
	due       atomic.Int64  // when both ends shall be over
	client    atomic.Uint32 // the life that plays the client's end
	server    atomic.Uint32 // the life that was reached, 0 as long as none was
	clientEnd atomic.Uint32 // an ending
	serverEnd atomic.Uint32
	clientAt  atomic.Int64
	serverAt  atomic.Int64
	up, down  ledger.Account
}

// sizes of the parts of the file, each of which begins at a multiple of 64.
func bookSizes(records, rooms int) (sizes [3]int, total int) {
	sizes = [3]int{int(unsafe.Sizeof(totals{})), rooms * ringPlaces * int(unsafe.Sizeof(ring{})), records * int(unsafe.Sizeof(record{}))}
	for i := range sizes {
		sizes[i] = (sizes[i] + 63) &^ 63
		total += sizes[i]
	}
	return sizes, total
}

// createBooks opens new books in a file without a name.
func createBooks(seats, rooms int) (*books, error) {
	f, err := os.CreateTemp("", "soak-books-")
	if err != nil {
		return nil, err
	}
	_, total := bookSizes(seats*perSeat, rooms)
	err = errors.Join(os.Remove(f.Name()), f.Truncate(int64(total)))
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return openBooks(f, seats, rooms)
}

// openBooks maps the books that another process has created.
func openBooks(f *os.File, seats, rooms int) (*books, error) {
	sizes, total := bookSizes(seats*perSeat, rooms)
	mem, err := mapShared(f, total)
	if err != nil {
		return nil, err
	}
	at := unsafe.Pointer(unsafe.SliceData(mem))
	b := &books{file: f, totals: (*totals)(at)}
	at = unsafe.Add(at, sizes[0])
	b.rings = unsafe.Slice((*ring)(at), rooms*ringPlaces)
	at = unsafe.Add(at, sizes[1])
	b.records = unsafe.Slice((*record)(at), seats*perSeat)
	return b, nil
}

// take opens a record among those of some seats, or returns -1 if all are in use.
func (b *books) take(from, to int, life uint32) int {
	n := (to - from) * perSeat
	id := b.ids.Add(1)
	for i := range n {
		at := from*perSeat + (int(id)+i)%n
		r := &b.records[at]
		if r.id.CompareAndSwap(0, opening) {
			r.open(id, life)
			return at
		}
	}
	return -1
}

// opening is the id of a record that is being filled in.
const opening = 1<<63 - 1

func (r *record) open(id uint64, life uint32) {
	now := time.Now()
	for _, n := range []*atomic.Uint32{&r.kind, &r.server, &r.clientEnd, &r.serverEnd} {
		n.Store(0)
	}
	r.clientAt.Store(0)
	r.serverAt.Store(0)
	r.client.Store(life)
	r.began.Store(now.UnixNano())
	r.due.Store(now.Add(time.Hour).UnixNano())
	r.up.Open(2 * id)
	r.down.Open(2*id + 1)
	r.id.Store(id)
}

// left notes how one end of the session ended.
func (r *record) clientLeft(how ending) {
	r.clientAt.Store(time.Now().UnixNano())
	r.clientEnd.Store(uint32(how))
}

func (r *record) serverLeft(how ending) {
	r.serverAt.Store(time.Now().UnixNano())
	r.serverEnd.Store(uint32(how))
}
