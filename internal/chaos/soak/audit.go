package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/longsplice/longsplice/internal/chaos/ledger"
)

// The auditor goes through the books as the run goes on: it closes the records of
// sessions that are over at both ends, which it first holds against each other,
// and finds those that should be over and are not.
type auditor struct {
	books *books

	mu       sync.Mutex      // covers what follows
	dead     map[uint32]bool // lives that were killed
	ended    map[uint32]bool // and those of servers that have ended, in whatever way
	outcomes [kinds][endings]uint64
	faults   ledger.Faults // of records that are closed
	stuck    uint64
	unfair   uint64 // sessions that were lost without a cause
	sent     uint64 // messages that were accepted, of records that are closed
	settled  uint64 // of them, told to be consumed
	unsure   uint64 // and to be unknown
	unsent   uint64 // and undelivered
	silent   uint64 // and those whose sender was killed, so that nobody was told
	open     int
	findings []string
	more     int // that are not kept
}

// onItsWay is how long the first message of a client that is gone may take to its
// server.
const onItsWay = time.Minute

// maxFindings is how many are kept in words.
const maxFindings = 100

func newAuditor(b *books) *auditor {
	return &auditor{books: b, dead: map[uint32]bool{}, ended: map[uint32]bool{}}
}

// finding notes something that must not be.
func (a *auditor) finding(format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.findingLocked(format, args...)
}

func (a *auditor) findingLocked(format string, args ...any) {
	if len(a.findings) < maxFindings {
		a.findings = append(a.findings, fmt.Sprintf(format, args...))
	} else {
		a.more++
	}
}

// gone notes that a life was killed, or has ended.
func (a *auditor) gone(life uint32, killed bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended[life] = true
	if killed {
		a.dead[life] = true
	}
}

// sweep gives back what a killed life was about to open.
func (a *auditor) sweep(from, to int) {
	for i := from * perSeat; i < to*perSeat; i++ {
		a.books.records[i].id.CompareAndSwap(opening, 0)
	}
}

// pass goes through all records once. At the last one nothing is waited for any
// more.
func (a *auditor) pass(last bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	a.open = 0
	for i := range a.books.records {
		r := &a.books.records[i]
		if id := r.id.Load(); id == 0 || id == opening {
			continue
		}
		a.open++
		if a.overLocked(r, now, last) {
			a.closeLocked(r)
		} else if now.UnixNano() > r.due.Load() || last {
			a.stuck++
			a.findingLocked("stuck: %s", a.describe(r))
			r.due.Store(now.Add(24 * time.Hour).UnixNano())
		}
	}
}

// overLocked reports whether neither end of a session does anything any more.
func (a *auditor) overLocked(r *record, now time.Time, last bool) bool {
	client, server := ending(r.clientEnd.Load()), r.server.Load()
	crashed := a.dead[r.client.Load()]
	if client == playing && !crashed {
		return false
	}
	switch {
	case client == never:
		return true
	case server == 0:
		// What the client said may still be on its way to a server.
		since := r.clientAt.Load()
		if crashed {
			since = max(since, r.began.Load())
		}
		return last || now.UnixNano()-since > int64(onItsWay)
	}
	return r.serverEnd.Load() != 0 || a.ended[server]
}

// closeLocked holds both ends' books against each other.
func (a *auditor) closeLocked(r *record) {
	client, server := ending(r.clientEnd.Load()), ending(r.serverEnd.Load())
	what := a.describe(r)
	for _, err := range []error{r.up.Audit(), r.down.Audit()} {
		if err != nil {
			a.findingLocked("%s: %v", what, err)
		}
	}
	if a.unfairLocked(r, client, server) {
		a.unfair++
		a.findingLocked("lost without a cause: %s", what)
	}
	for _, acc := range []*ledger.Account{&r.up, &r.down} {
		f := acc.Faults()
		a.faults = add(a.faults, f)
		n := acc.Accepted()
		a.sent += n
		if unknown, undelivered, ok := acc.Reported(); ok {
			a.settled += n - min(n, unknown+undelivered)
			a.unsure += unknown
			a.unsent += undelivered
		} else {
			a.silent += n
		}
	}
	if client == playing {
		client = endings // it was killed
	}
	if client != never {
		a.outcomes[r.kind.Load()%uint32(kinds)][client%endings]++
	}
	r.id.Store(0)
}

// unfairLocked reports whether a session was lost without one of the causes that
// there are: its server was killed or drained, or its client was killed or had
// already gone.
func (a *auditor) unfairLocked(r *record, client, server ending) bool {
	crashed := client == playing
	reached := r.server.Load()
	switch client {
	case restarted:
		if reached != 0 && !a.ended[reached] {
			return true
		}
	case expired, unknown, evicted, gaveUp, broken:
		return true
	}
	switch server {
	case expired:
		return !crashed && r.clientAt.Load() > r.serverAt.Load()
	case restarted, unknown, evicted, gaveUp, broken:
		return true
	}
	return false
}

func (a *auditor) describe(r *record) string {
	return fmt.Sprintf("%v, session %d, for %v, client %v, server %v (life %d), up %d of %d, down %d of %d", kind(r.kind.Load()),
		r.id.Load(), time.Since(time.Unix(0, r.began.Load())).Round(time.Millisecond),
		ending(r.clientEnd.Load()), ending(r.serverEnd.Load()), r.server.Load(),
		r.up.Delivered(), r.up.Accepted(), r.down.Delivered(), r.down.Accepted())
}

func add(a, b ledger.Faults) ledger.Faults {
	return ledger.Faults{Lost: a.Lost + b.Lost, Duplicated: a.Duplicated + b.Duplicated, Reordered: a.Reordered + b.Reordered, Wrong: a.Wrong + b.Wrong}
}

// total is all faults so far, those of sessions that still play and of rooms
// among them.
func (a *auditor) total() ledger.Faults {
	a.mu.Lock()
	defer a.mu.Unlock()
	f := a.faults
	for i := range a.books.records {
		if r := &a.books.records[i]; r.id.Load() != 0 {
			f = add(add(f, r.up.Faults()), r.down.Faults())
		}
	}
	room := &a.books.room
	return add(f, ledger.Faults{Lost: room.lost.Load(), Duplicated: room.duplicated.Load(), Reordered: room.reordered.Load(), Wrong: room.wrong.Load()})
}
