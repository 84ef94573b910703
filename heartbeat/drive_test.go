package heartbeat

import (
	"slices"
	"time"
)

// event is an action and the instant of the Poll that returned it.
type event struct {
	at time.Duration
	Action
}

// drive polls a State exactly when it asks for it, in virtual time.
type drive struct {
	State
	now    time.Duration
	events []event
	arrive []arrival // what is on its way to us, by instant
	on     func(Action)
	polls  int
}

type arrival struct {
	at time.Duration
	do func()
}

func start(cfg *Config, seed uint64) *drive {
	d := &drive{now: time.Hour}
	d.Start(cfg, d.now, seed)
	return d
}

// later has do done after a delay, as long as run is called for that far.
func (d *drive) later(delay time.Duration, do func()) {
	d.arrive = append(d.arrive, arrival{d.now + delay, do})
	slices.SortStableFunc(d.arrive, func(a, b arrival) int { return int(a.at - b.at) })
}

// run lets time pass, and returns what Poll wanted meanwhile.
func (d *drive) run(long time.Duration) []event {
	end, from := d.now+long, len(d.events)
	for {
		next := d.Next()
		if len(d.arrive) > 0 && d.arrive[0].at <= min(next, end) {
			a := d.arrive[0]
			d.arrive = d.arrive[1:]
			d.now = max(d.now, a.at)
			a.do()
			continue
		}
		if next > end {
			d.now = end
			return d.events[from:]
		}
		d.now = max(d.now, next)
		d.poll()
	}
}

func (d *drive) poll() Action {
	d.polls++
	a := d.Poll(d.now)
	if a.Kind != None {
		d.events = append(d.events, event{d.now, a})
		if d.on != nil {
			d.on(a)
		}
	}
	return a
}

// answering makes the peer answer pings and probes after rtt.
func (d *drive) answering(rtt time.Duration) {
	d.on = func(a Action) {
		if a.Kind != Dead {
			d.later(rtt, func() { d.Pong(a.Nonce, d.now) })
		}
	}
}

func kinds(events []event) (k []Kind) {
	for _, e := range events {
		k = append(k, e.Kind)
	}
	return k
}

func last(events []event) event {
	if len(events) == 0 {
		return event{}
	}
	return events[len(events)-1]
}
