package heartbeat

import (
	"time"
	"unsafe"
)

// JumpWallClock makes m see the wall clock jump by d while the monotonic clock goes on. A time.Time with a monotonic
// reading keeps the wall seconds in 33 bits of its first word, above 30 bits of nanoseconds.
func (m *Monitor) JumpWallClock(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	wall := (*uint64)(unsafe.Pointer(&m.origin))
	*wall -= uint64(int64(d/time.Second)) << 30
}

// Origin returns the instant from which m counts.
func (m *Monitor) Origin() time.Time { return m.origin }
