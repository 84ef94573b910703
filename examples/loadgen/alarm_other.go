//go:build !linux

package main

import "time"

// An alarm is a timer of the runtime's.
type alarm struct {
	timer  *time.Timer
	closed chan struct{}
}

func newAlarm() (alarm, error) {
	a := alarm{time.NewTimer(time.Hour), make(chan struct{})}
	a.timer.Stop()
	return a, nil
}

// set has the alarm go off after d, and at no other time that was set before.
func (a alarm) set(d time.Duration) { a.timer.Reset(d) }

// wait returns true when the alarm has gone off, and false when it is closed.
func (a alarm) wait() bool {
	select {
	case <-a.timer.C:
		return true
	case <-a.closed:
		return false
	}
}

func (a alarm) close() {
	a.timer.Stop()
	close(a.closed)
}
