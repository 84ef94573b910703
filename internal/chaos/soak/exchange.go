package main

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/longsplice/longsplice/internal/chaos/ledger"
)

// pause waits before the next message of a rate, and reports whether ctx goes on.
// Now and then nothing is waited for: a burst.
func pause(ctx context.Context, rng *rand.Rand, rate float64) bool {
	d := time.Duration(1.25 * rng.ExpFloat64() / rate * float64(time.Second))
	if rng.IntN(5) == 0 {
		d = 0
	}
	return sleep(ctx, min(d, time.Minute))
}

// sleep reports whether ctx goes on when the time is over.
func sleep(ctx context.Context, d time.Duration) bool {
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	return ctx.Err() == nil
}

// heard counts a message that has arrived at an application. How late it is does
// not count if its reader takes its time.
func (b *books) heard(msg []byte, slowly bool) {
	b.delivered.Add(1)
	b.bytes.Add(uint64(len(msg)))
	if m, ok := ledger.ParseMessage(msg); ok && !slowly {
		b.latencies.add(time.Since(m.Offered))
	}
}

// agree holds a room's value against what others have seen at its position.
func (b *books) agree(r *ring, position uint64, value []byte) {
	switch r.compare(position, value) {
	case agrees:
		b.shared.Add(1)
	case forgotten:
		b.forgotten.Add(1)
	default:
		b.room.judge(r, position, value)
	}
}
