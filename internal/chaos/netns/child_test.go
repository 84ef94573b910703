//go:build linux

package netns

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/heartbeat"
	"github.com/longsplice/longsplice/reconnect"
)

// A child is one of the processes under test.
type child struct {
	set    settings
	outMu  sync.Mutex
	out    *json.Encoder
	ctx    context.Context
	stop   context.CancelFunc
	wg     sync.WaitGroup // all that it has started
	mu     sync.Mutex     // covers peers and expect
	peers  map[*conn.Conn]*peer
	expect uint64
}

func childMain(js string) int {
	c := &child{out: json.NewEncoder(os.Stdout), peers: map[*conn.Conn]*peer{}}
	if err := json.Unmarshal([]byte(js), &c.set); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	before := measure()
	c.ctx, c.stop = context.WithCancel(context.Background())
	c.wg.Go(c.watchStalls)
	end := func() {}
	switch c.set.Role {
	case "server":
		end = c.beServer()
	case "client":
		c.beClient()
	}
	for in := json.NewDecoder(os.Stdin); ; {
		var cmd command
		if err := in.Decode(&cmd); err != nil || cmd.Do == "quit" {
			break
		}
		c.obey(cmd)
	}
	c.stop()
	end()
	c.wg.Wait()
	c.emit(event{Ev: evBye, Err: before.leftOver()})
	return 0
}

func (c *child) emit(e event) {
	c.outMu.Lock()
	defer c.outMu.Unlock()
	e.At = machineClock()
	_ = c.out.Encode(e) // nobody is there to be told of a failure
}

func (c *child) bad(format string, args ...any) {
	c.emit(event{Ev: evBad, Err: fmt.Sprintf(format, args...)})
}

func (c *child) obey(cmd command) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch cmd.Do {
	case "send":
		for _, p := range c.peers {
			c.wg.Go(func() { p.send(cmd.N, cmd.Every) })
		}
	case "expect":
		c.expect = cmd.N
		for _, p := range c.peers {
			p.expected = 0
			p.expectLocked()
		}
	case "flush":
		for _, p := range c.peers {
			c.wg.Go(func() {
				if err := p.c.Flush(c.ctx); err != nil {
					c.bad("flush: %v", err)
				}
				c.emit(event{Ev: evFlushed, ID: p.c.ID()})
			})
		}
	case "report":
		report := event{Ev: evReport}
		for _, p := range c.peers {
			s := p.c.Stats()
			report.Peers = append(report.Peers, account{ID: p.c.ID(), Sent: p.sent, Got: p.got, Links: s.Links, Connected: s.Connected})
		}
		c.emit(report)
	case "dial":
		c.wg.Go(func() { c.dial(cmd) })
	}
}

// config is what both roles have in common: a quick heartbeat, quick retries,
// and an event for all that is traced.
func (c *child) config() *conn.Config {
	return &conn.Config{
		Heartbeat:  &heartbeat.Config{Interval: c.set.Interval, Timeout: c.set.Timeout, ProbeAfter: c.set.ProbeAfter},
		MinPing:    -1,
		SessionTTL: c.set.TTL,
		// A dropped SYN is repeated after a second; to dial again is quicker.
		DialTimeout: 400 * time.Millisecond,
		Retry:       reconnect.Policy{InitialDelay: 50 * time.Millisecond, MaxDelay: 200 * time.Millisecond},
		Trace:       c.trace(),
	}
}

// watchStalls tells when the process does not run as it should, as on a machine
// that has too much to do: what was measured then is not the library's doing.
func (c *child) watchStalls() {
	const every, tolerated = 10 * time.Millisecond, 25 * time.Millisecond
	tick := time.NewTicker(every)
	defer tick.Stop()
	for last := machineClock(); ; {
		select {
		case <-tick.C:
		case <-c.ctx.Done():
			return
		}
		now := machineClock()
		if late := now - last - every; late > tolerated {
			c.emit(event{Ev: evStall, Took: late})
		}
		last = now
	}
}

// A measurement is what a process holds.
type measurement struct{ goroutines, files int }

func measure() measurement {
	// The first use of the poller opens descriptors that stay.
	if r, w, err := os.Pipe(); err == nil {
		_, _ = r.Close(), w.Close()
	}
	files, _ := os.ReadDir("/proc/self/fd") // missing is none, before as after
	return measurement{runtime.NumGoroutine(), len(files)}
}

// leftOver says what there is more of than before, after some time to let go.
func (before measurement) leftOver() string {
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		now := measure()
		if now.goroutines <= before.goroutines && now.files <= before.files {
			return ""
		}
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			stacks = stacks[:runtime.Stack(stacks, true)]
			return fmt.Sprintf("%+v, was %+v\n%s", now, before, stacks)
		}
	}
}
