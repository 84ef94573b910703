package main

import (
	"fmt"
	"strconv"
	"time"
)

// A scale is how large the race is.
type scale struct {
	time   time.Duration // of one turn
	settle time.Duration // until what a turn puts off has been done

	profiles string // where profiles of the servers go, if they are wanted

	members     []int
	fanoutSizes []int

	echoConns []int

	senders     []int
	streamSizes []int

	idleConns int
	idleFor   time.Duration // before they are measured

	stormClients int
	stormEvery   time.Duration // each says something so often
	stormDown    time.Duration // the server is away for so long

	growMembers []int
	growFixed   int   // members, where other things grow
	growRooms   []int // with as many members as are most

	growPublishers []int
	growSizes      []int
}

// full is what figures are taken from. 15,000 connections fit the limit of
// 20,000 open files that many machines have.
func full(long time.Duration) scale {
	return scale{
		time:         long,
		settle:       1500 * time.Millisecond,
		members:      []int{1_000, 10_000},
		fanoutSizes:  []int{16, 128, 4 << 10},
		echoConns:    []int{1, 100},
		senders:      []int{1, 64},
		streamSizes:  []int{16, 64, 1 << 10, 64 << 10},
		idleConns:    15_000,
		idleFor:      5 * time.Second,
		stormClients: 10_000,
		stormEvery:   time.Second,
		stormDown:    4 * time.Second,
		growMembers:  []int{100, 300, 1_000, 3_000, 10_000},
		growFixed:    1_000,
		growRooms:    []int{1, 10, 100, 1_000, 10_000},

		growPublishers: []int{1, 2, 8},
		growSizes:      []int{16, 128, 1 << 10, 8 << 10, 64 << 10},
	}
}

// quick shows that everything works, and nothing else.
func quick() scale {
	return scale{
		time:         40 * time.Millisecond,
		settle:       40 * time.Millisecond,
		members:      []int{50},
		fanoutSizes:  []int{128},
		echoConns:    []int{1, 10},
		senders:      []int{1, 8},
		streamSizes:  []int{64},
		idleConns:    200,
		idleFor:      40 * time.Millisecond,
		stormClients: 50,
		stormEvery:   200 * time.Millisecond,
		stormDown:    400 * time.Millisecond,
		growMembers:  []int{10, 50},
		growFixed:    20,
		growRooms:    []int{4},

		growPublishers: []int{2},
		growSizes:      []int{16, 1 << 10},
	}
}

// turn is how long a fan-out to so many members is measured: many take longer for
// one publication.
func (s scale) turn(members int) time.Duration { return s.time * time.Duration(max(1, members/5000)) }

// count writes 10000 as 10,000.
func count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return count(n) + " " + what + "s"
}

func sizeOf(n int) string {
	if n >= 1<<10 && n%(1<<10) == 0 {
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}

func micros(d time.Duration) float64 { return float64(d) / 1e3 }
func nanos(d time.Duration) float64  { return float64(d) }
