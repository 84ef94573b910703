package main

import (
	"fmt"
	"runtime"
	"slices"
	"time"
)

// A report is all that a run has found. It is what -json writes. Times are in
// milliseconds where the name does not say otherwise.
type report struct {
	Command string  `json:"command"`
	Began   string  `json:"began"`
	Machine machine `json:"machine"`
	Stopped bool    `json:"stopped_early"`
	Setup   setup   `json:"setup"`

	Connections connections `json:"connections"`
	Messages    messages    `json:"messages"`
	Throughput  throughput  `json:"throughput"`
	Latency     latency     `json:"latency"`
	Cuts        cuts        `json:"cuts"`

	Errors    map[string]uint64 `json:"errors"`
	ErrorsAll uint64            `json:"errors_all"`
	ErrorRate float64           `json:"error_rate"` // of the messages
	Verdict   faultCounts       `json:"verdict"`
	Passed    bool              `json:"passed"`
	Series    []point           `json:"series"`
}

type machine struct {
	OS    string `json:"os"`
	Arch  string `json:"arch"`
	Cores int    `json:"cores"`
	Go    string `json:"go"`
}

type setup struct {
	Work    string  `json:"work"`
	Target  string  `json:"target"`
	Clients int     `json:"clients"`
	Rooms   int     `json:"rooms,omitempty"`
	Members int     `json:"members,omitempty"` // of the largest room
	Loop    string  `json:"loop"`              // open or closed
	Rate    float64 `json:"rate_per_s,omitempty"`
	Think   string  `json:"think,omitempty"`
	Size    string  `json:"size"`
	Cut     float64 `json:"cut_every_s,omitempty"`
	Ramp    float64 `json:"ramp_s"`
	Warmup  float64 `json:"warmup_s"`
	Length  float64 `json:"measured_s"`      // less than asked for if it was stopped
	Begin   float64 `json:"measured_from_s"` // since the start of the run
	Seed    uint64  `json:"seed"`
}

type connections struct {
	Wanted   int        `json:"wanted"`
	Made     uint64     `json:"made"`
	Ready    int        `json:"ready"` // those that had somebody to talk to
	Connect  quantities `json:"connect"`
	LinkLost uint64     `json:"links_lost"`
}

// messages are those that count: due after the warm-up.
type messages struct {
	Due       uint64 `json:"due,omitempty"` // in an open loop
	Sent      uint64 `json:"sent"`
	Unsent    uint64 `json:"unsent,omitempty"`
	Delivered uint64 `json:"delivered"`
	AllSent   uint64 `json:"all_sent"` // with the ramp and the warm-up, all of which is verified
	All       uint64 `json:"all_delivered"`
}

// throughput is of the time that counts, whenever what was sent or delivered in it
// was due.
type throughput struct {
	Sent      float64 `json:"sent_per_s"`
	Delivered float64 `json:"delivered_per_s"`
}

type latency struct {
	Correction string      `json:"correction"`
	Interval   float64     `json:"expected_interval_ms,omitempty"` // of a closed loop
	Corrected  quantities  `json:"corrected"`
	FromSend   quantities  `json:"from_send"`
	Late       *quantities `json:"sent_late,omitempty"` // in an open loop
	Curves     []curve     `json:"curves"`
}

type cuts struct {
	Cuts     uint64     `json:"cuts"`
	Resumed  uint64     `json:"resumed"`
	Replayed uint64     `json:"replayed"`
	Back     quantities `json:"back_after"`
}

type faultCounts struct {
	SessionsLost uint64 `json:"sessions_lost"`
	Unknown      uint64 `json:"unknown"`
	Gap          uint64 `json:"gap"`
	Lost         uint64 `json:"lost"`
	Doubled      uint64 `json:"doubled"`
	Reordered    uint64 `json:"reordered"`
	Corrupted    uint64 `json:"corrupted"`
}

func (f faultCounts) String() string {
	s := fmt.Sprintf("sessions-lost=%d lost=%d doubled=%d reordered=%d", f.SessionsLost, f.Lost, f.Doubled, f.Reordered)
	if f.Unknown > 0 {
		s += fmt.Sprintf(" unknown=%d", f.Unknown)
	}
	if f.Gap > 0 {
		s += fmt.Sprintf(" gap=%d", f.Gap)
	}
	if f.Corrupted > 0 {
		s += fmt.Sprintf(" corrupted=%d", f.Corrupted)
	}
	return s
}

func (l *load) report(parties []party, s *series) *report {
	c, t := &l.counts, l.recorder.total()
	for _, p := range parties {
		c.faults.lost.Add(p.lost())
	}
	r := &report{
		Command: l.commandLine, Began: l.began.UTC().Format(time.RFC3339), Stopped: l.stopped() < l.end(),
		Machine: machine{runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version()},
		Setup:   l.setup(),
		Connections: connections{
			Wanted: l.clients, Made: c.everUp.Load(), Connect: quantitiesOf(l.connects.histogram()), LinkLost: c.linksLost.Load(),
		},
		Messages: messages{
			Due: c.due.Load(), Sent: c.sent.Load(), Delivered: t.delivered, AllSent: c.allSent.Load(), All: c.allDelivered.Load(),
		},
		Cuts: cuts{c.cuts.Load(), c.resumed.Load(), c.replayed.Load(), quantitiesOf(l.resumes.histogram())},
		Verdict: faultCounts{
			c.faults.sessionsLost.Load(), c.faults.unknown.Load(), c.faults.gap.Load(), c.faults.lost.Load(),
			c.faults.doubled.Load(), c.faults.reordered.Load(), c.faults.corrupted.Load(),
		},
		Series: s.points,
	}
	for _, p := range parties {
		if !slices.ContainsFunc(p.rooms(), func(r *room) bool { return !r.isFull() }) {
			r.Connections.Ready++
		}
	}
	if !l.closed && r.Messages.Due > r.Messages.Sent {
		r.Messages.Unsent = r.Messages.Due - r.Messages.Sent
		c.errors.addN("due and never sent", r.Messages.Unsent)
	}
	if missing := l.clients - int(r.Connections.Made); missing > 0 {
		c.errors.addN("clients that never connected", uint64(missing))
	}
	r.Latency = l.latency(t)
	if secs := r.Setup.Length; secs > 0 {
		r.Throughput = throughput{float64(t.sentThen) / secs, float64(t.deliveredThen) / secs}
	}
	r.judge(l)
	return r
}

func (l *load) setup() setup {
	s := setup{
		Work: l.work, Target: l.target, Clients: l.clients, Loop: "open", Rate: l.rate, Size: l.sizes.String(),
		Cut: l.cut.Seconds(), Ramp: l.ramp.Seconds(), Warmup: l.warmup.Seconds(), Seed: l.seed,
		Length: max(0, l.stopped()-l.begin()).Seconds(),
		Begin:  min(l.begin(), l.stopped()).Seconds(),
	}
	if l.closed {
		s.Loop, s.Think = "closed", l.think.String()
	}
	if l.work == "chat" {
		seats, _ := seating(l.clients, l.rooms, l.members) // the flags have been checked
		s.Rooms = l.rooms
		for _, members := range seats {
			s.Members = max(s.Members, len(members))
		}
	}
	return s
}

// latency makes one of the two corrections for coordinated omission.
func (l *load) latency(t total) latency {
	if !l.closed {
		late := quantitiesOf(t.late)
		return latency{
			Correction: "counted from the time at which the message was due", Corrected: quantitiesOf(t.latency),
			FromSend: quantitiesOf(t.unhurried), Late: &late,
			Curves: []curve{curveOf("from due", t.latency), curveOf("from send", t.unhurried)},
		}
	}
	interval := l.think.mean() + time.Duration(t.unhurried.ValueAtQuantile(50))
	h := corrected(t.unhurried, interval)
	return latency{
		Correction: "by the expected interval of a client: its mean think time and the median latency",
		Interval:   ms(int64(interval)), Corrected: quantitiesOf(h), FromSend: quantitiesOf(t.unhurried),
		Curves: []curve{curveOf("corrected", h), curveOf("as measured", t.unhurried)},
	}
}
