//go:build linux

package netns

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/heartbeat"
	"github.com/longsplice/longsplice/internal/chaos/row"
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
	before := row.Hold()
	c.ctx, c.stop = context.WithCancel(context.Background())
	c.wg.Go(c.watchStalls)
	end := func() {}
	switch c.set.Role {
	case "server":
		end = c.beServer()
	case "client":
		c.beClient()
	case "proxy":
		end = c.beProxy()
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
	c.emit(c.bye(before.Over()))
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
			report.Peers = append(report.Peers, account{ID: p.c.ID(), Sent: p.sent, Got: p.got, Lost: p.lost, Doubled: p.doubled, Links: s.Links, Connected: s.Connected, RTT: s.RTT})
		}
		c.emit(report)
	case "heap":
		c.emit(event{Ev: evHeap, N: uint64(row.Hold().Heap)})
	case "dial":
		c.wg.Go(func() { c.dial(cmd) })
	}
}

// config is what both roles have in common: a quick heartbeat, quick retries,
// and an event for all that is traced.
func (c *child) config() *conn.Config {
	return c.set.Over.Client(&conn.Config{
		Heartbeat:  &heartbeat.Config{Interval: c.set.Interval, Timeout: c.set.Timeout, ProbeAfter: c.set.ProbeAfter},
		MinPing:    -1,
		SessionTTL: c.set.TTL,
		// A dropped SYN is repeated after a second; to dial again is quicker.
		DialTimeout: cmp.Or(c.set.DialTimeout, 400*time.Millisecond),
		Retry:       reconnect.Policy{InitialDelay: 50 * time.Millisecond, MaxDelay: 200 * time.Millisecond},
		Trace:       c.trace(),
	})
}

// tolerated is how late a process may be without a word.
const tolerated = 25 * time.Millisecond

// watchStalls tells when the process does not run as it should, as on a machine
// that has too much to do: what was measured then is not the library's doing.
func (c *child) watchStalls() {
	const every = 10 * time.Millisecond
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

// bye says what is left over, and if anything is, who it was.
func (c *child) bye(over row.Holdings) event {
	e := event{Ev: evBye, Goroutines: over.Goroutines, Files: over.Files}
	if over.Goroutines > 0 || over.Files > 0 {
		stacks := make([]byte, 1<<20)
		e.Err = string(stacks[:runtime.Stack(stacks, true)])
	}
	return e
}
