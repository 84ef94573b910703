package main

import (
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Collections are what collecting garbage has taken of a process so far.
type Collections struct {
	Times  int64
	CPU    time.Duration // of all processors, as the runtime estimates it
	Pauses []time.Duration
	// Pauses are those of the last collections, the newest first. In each the
	// program stands still twice, and this is the sum.
}

// collections asks the runtime without stopping the program.
func collections() (c Collections) {
	var s debug.GCStats
	debug.ReadGCStats(&s)
	cpu := []metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}}
	metrics.Read(cpu)
	c.Times, c.Pauses = s.NumGC, s.Pause
	if cpu[0].Value.Kind() == metrics.KindFloat64 {
		c.CPU = time.Duration(cpu[0].Value.Float64() * float64(time.Second))
	}
	return c
}

// since is what came after an earlier answer.
func (c Collections) since(before Collections) Collections {
	n := c.Times - before.Times
	return Collections{n, c.CPU - before.CPU, c.Pauses[:min(n, int64(len(c.Pauses)))]}
}

// longest is the longest of the pauses.
func (c Collections) longest() (most time.Duration) {
	for _, p := range c.Pauses {
		most = max(most, p)
	}
	return most
}

// Collections is what collecting garbage has taken of the server's process.
func (s *Stand) Collections(_ struct{}, reply *Collections) error {
	*reply = collections()
	return nil
}
