//go:build linux

package netns

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
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

	sockets sockets
	names   names
	hoard   []*os.File
	drain   func(context.Context) error // of a server
	crowd   *crowd
}

func childMain(js string) int {
	c := &child{out: json.NewEncoder(os.Stdout), peers: map[*conn.Conn]*peer{}}
	if err := json.Unmarshal([]byte(js), &c.set); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	_ = os.WriteFile("/proc/self/autogroup", []byte(priority), 0) // not every kernel has it
	terminate := make(chan os.Signal, 1)
	signal.Notify(terminate, syscall.SIGTERM)
	commands := make(chan command)
	go c.hear(commands) // until nobody is there to say anything
	before := row.Hold()
	if c.set.Files > 0 {
		c.limitFiles(c.set.Files)
	}
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
	case "echo":
		end = c.beEcho()
	case "crowd":
		c.beCrowd()
	case "silent":
		end = c.beSilent()
	}
	for running := true; running; {
		select {
		case cmd, ok := <-commands:
			if running = ok && cmd.Do != "quit"; running {
				c.obey(cmd)
			}
		case <-terminate:
			running = false
			c.emit(event{Ev: evDrained, Err: textOf(c.drain(c.ctx))})
		}
	}
	c.stop()
	end()
	c.wg.Wait()
	c.emit(c.bye(before.Over()))
	return 0
}

// hear takes commands from standard input until it ends.
func (c *child) hear(commands chan<- command) {
	defer close(commands)
	for in := json.NewDecoder(os.Stdin); ; {
		var cmd command
		if in.Decode(&cmd) != nil {
			return
		}
		commands <- cmd
	}
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
	case "talk":
		for _, p := range c.peers {
			c.wg.Go(func() { p.talk(cmd.Every) })
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
	case "gone":
		close(c.crowd.gone)
	case "report":
		if c.crowd != nil {
			c.crowd.report(cmd.Since)
			break
		}
		report := event{Ev: evReport, Asked: c.names.count()}
		for _, p := range c.peers {
			report.Peers = append(report.Peers, p.accountLocked())
		}
		c.emit(report)
	case "heap":
		c.emit(event{Ev: evHeap, N: uint64(row.Hold().Heap), Resident: resident(), Took: processorTime()})
	case "name":
		c.names.set(cmd.Addr)
	case "halfclose":
		for cn := range c.peers {
			c.wg.Go(func() { c.halfClose(cn) })
		}
	case "exhaust":
		c.exhaust()
	case "relieve":
		c.relieve()
	case "dial":
		c.wg.Go(func() { c.dial(cmd) })
	}
}

// config is what both roles have in common: a quick heartbeat, quick retries,
// and an event for all that is traced.
func (c *child) config() *conn.Config {
	cfg := c.set.Over.Client(&conn.Config{
		Heartbeat:  &heartbeat.Config{Interval: c.set.Interval, Timeout: c.set.Timeout, ProbeAfter: c.set.ProbeAfter},
		MinPing:    -1,
		SessionTTL: c.set.TTL,
		// A dropped SYN is repeated after a second; to dial again is quicker.
		DialTimeout: cmp.Or(c.set.DialTimeout, 400*time.Millisecond),
		Retry:       reconnect.Policy{InitialDelay: 50 * time.Millisecond, MaxDelay: 200 * time.Millisecond},
		Trace:       c.trace(),

		HandshakeTimeout: c.set.Handshake,
		// Clients that are sent away come back soon.
		ComeBackMin: 200 * time.Millisecond,
		ComeBackMax: time.Second,
	})
	if c.set.Sockets {
		cfg.Dialers = c.dialler()
	}
	return cfg
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
