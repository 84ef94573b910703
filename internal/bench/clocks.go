package main

import (
	"errors"
	"os"
	"time"
)

// Clocks are the processor time that both processes have taken so far.
type Clocks struct{ Server, Crowd time.Duration }

func clocks(server, crowd int) (c Clocks, err error) {
	var errs [2]error
	c.Server, errs[0] = cpuTime(server)
	c.Crowd, errs[1] = cpuTime(crowd)
	return c, errors.Join(errs[:]...)
}

func clocksOf(r *rig) (Clocks, error) { return clocks(r.server.pid(), r.crowd.pid()) }

func (c *Crowd) clocks() (Clocks, error) { return clocks(c.at.PID, os.Getpid()) }

// Cost is what something took.
type Cost struct {
	Clocks
	Wall time.Duration
}

// measure runs f and says what it cost.
func (c *Crowd) measure(f func() error) (cost Cost, err error) {
	before, err := c.clocks()
	if err != nil {
		return cost, err
	}
	began := time.Now()
	if err := f(); err != nil {
		return cost, err
	}
	cost.Wall = time.Since(began)
	cost.Clocks, err = c.clocks()
	cost.Server -= before.Server
	cost.Crowd -= before.Crowd
	return cost, err
}
