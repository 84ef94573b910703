package heartbeat_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/longsplice/longsplice/heartbeat"
)

// foreign is a peer with a line protocol of its own. It answers two pings, and then says nothing any more, though its end stays open.
func foreign(nc net.Conn) {
	lines := bufio.NewScanner(nc)
	for answered := 0; lines.Scan(); {
		if nonce, ok := strings.CutPrefix(lines.Text(), "PING "); ok && answered < 2 {
			fmt.Fprintf(nc, "PONG %s\n", nonce)
			answered++
		}
	}
}

// Any connection can be supervised; here it is a bare line protocol.
func Example() {
	nc, peer := net.Pipe()
	defer peer.Close()
	go foreign(peer)

	died := make(chan error, 1)
	m := heartbeat.New(heartbeat.Config{Interval: 50 * time.Millisecond, Timeout: time.Second},
		func(nonce uint64) { fmt.Fprintf(nc, "PING %x\n", nonce) },
		func(err error) {
			died <- err
			nc.Close() // ends the reading below
		})
	defer m.Close()

	lines := bufio.NewScanner(nc)
	for lines.Scan() {
		m.Heard()
		if answer, ok := strings.CutPrefix(lines.Text(), "PONG "); ok {
			nonce, err := strconv.ParseUint(answer, 16, 64)
			fmt.Println("answered:", err == nil && m.Pong(nonce))
		}
	}
	fmt.Println("dead:", errors.Is(<-died, heartbeat.ErrDead))
	// Output:
	// answered: true
	// answered: true
	// dead: true
}

// A mobile client looks for the longest interval that the path tolerates, and takes what it has learnt to the next link.
func ExampleMonitor_Carry() {
	cfg := heartbeat.Config{
		Mode:        heartbeat.Adaptive,
		MinInterval: time.Minute,
		MaxInterval: 9 * time.Minute,
	}
	ping, dead := func(uint64) {}, func(error) {}

	var learnt time.Duration // zero at first; worth saving when the program ends
	for range 2 {
		m := heartbeat.New(cfg, ping, dead)
		m.Carry(learnt)
		fmt.Println(m.Interval())
		// … the link is used until it ends …
		m.Close()
		learnt = max(m.Interval(), 4*time.Minute) // pretend an hour of silence on a good path
	}
	// Output:
	// 1m0s
	// 4m0s
}

// A peer that talks by itself, such as a market feed, needs no pings: it is judged by its traffic alone.
func ExampleNew_passive() {
	died := make(chan error, 1)
	m := heartbeat.New(heartbeat.Config{Mode: heartbeat.Passive, Timeout: 100 * time.Millisecond},
		nil, func(err error) { died <- err })
	defer m.Close()

	m.Heard() // for each tick of the feed, which then ends
	var silence *heartbeat.DeadError
	fmt.Println(errors.As(<-died, &silence), silence.Pings)
	// Output: true 0
}

// State is the logic alone, for programs that have a timer already, and for tests: here half a minute takes no time.
func ExampleState() {
	var s heartbeat.State
	s.Start(&heartbeat.Config{Interval: 10 * time.Second, Timeout: 30 * time.Second}, 0, 42)

	s.Heard(9 * time.Second) // the last that is ever heard
	for pings := 0; ; {
		now := s.Next() // where the timer would be set
		switch a := s.Poll(now); a.Kind {
		case heartbeat.Ping:
			pings++
		case heartbeat.Dead:
			fmt.Println("dead at", now, "after several pings:", pings > 3)
			return
		}
	}
	// Output: dead at 39s after several pings: true
}
