package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// options are what the flags say.
type options struct {
	target      string
	work        string
	clients     int
	ramp        time.Duration
	patience    time.Duration
	warmup      time.Duration
	length      time.Duration // of what is counted
	drain       time.Duration
	rate        float64 // over all clients; 0 in a closed loop
	arrivals    string
	closed      bool
	think       think
	timeout     time.Duration // of an answer in a closed loop
	sizes       sizes
	cut         time.Duration
	rooms       int
	members     int
	credential  string
	ca          string
	insecure    bool
	seed        uint64
	maxErrors   tolerance
	json, html  string
	commandLine string
}

func (o *options) flags() *flag.FlagSet {
	f := flag.NewFlagSet("loadgen", flag.ContinueOnError)
	f.StringVar(&o.target, "target", "tcp://127.0.0.1:7777", "`server`: tcp://, tls://, ws:// or wss://")
	f.StringVar(&o.work, "work", "echo", "echo (a server that says back each message) or chat (examples/chat/server)")
	f.IntVar(&o.clients, "clients", 100, "connections")
	f.DurationVar(&o.ramp, "ramp", time.Second, "open the connections evenly over this time")
	f.DurationVar(&o.patience, "patience", 10*time.Second, "wait so much longer for clients to be connected, and in a chat for rooms to be full")
	f.DurationVar(&o.warmup, "warmup", time.Second, "after that, do not count what is sent for so long")
	f.DurationVar(&o.length, "for", 10*time.Second, "then count what is sent for so long")
	f.DurationVar(&o.drain, "drain", 10*time.Second, "in the end, wait so long for what has not arrived")
	f.Float64Var(&o.rate, "rate", 100, "messages a second over all clients, sent when they are due whatever has become of those before")
	f.StringVar(&o.arrivals, "arrivals", "uniform", "of the messages of a client: uniform, or poisson")
	f.BoolVar(&o.closed, "closed", false, "each client waits for its answer before it sends again, instead of -rate")
	f.Var(&o.think, "think", "with -closed: pause before the next message, a `time` or a range of times such as 50ms-150ms")
	f.DurationVar(&o.timeout, "timeout", 5*time.Second, "with -closed: an answer that takes longer is an error, and the client goes on")
	o.sizes = sizes{{least: 128, most: 128, weight: 1}}
	f.Var(&o.sizes, "size", "bytes of a message (in chat: of its text): `128`, 64-1024, or weighted 64:90,1024-4096:9,65536:1")
	f.DurationVar(&o.cut, "cut", 0, "cut the link of each client about so often, by a reset or an end; 0 means never")
	f.IntVar(&o.rooms, "rooms", 10, "chat: rooms")
	f.IntVar(&o.members, "members", 0, "chat: members of each room; 0 puts each client in one room")
	f.StringVar(&o.credential, "credential", "", "echo: show this `text` to the server's Authenticate")
	f.StringVar(&o.ca, "ca", "", "trust the certificates in this PEM `file`")
	f.BoolVar(&o.insecure, "insecure", false, "trust any certificate, for trying")
	f.Uint64Var(&o.seed, "seed", 1, "draw sizes, times and cuts from this seed")
	f.Var(&o.maxErrors, "max-errors", "exit with status 1 above so many errors, a `number` or a share of the messages such as 0.1%")
	f.StringVar(&o.json, "json", "", "write the report as JSON to this `file`")
	f.StringVar(&o.html, "html", "", "write the report as one HTML page to this `file`")
	return f
}

func parse(args []string, usage io.Writer) (options, error) {
	var o options
	flags := o.flags()
	flags.SetOutput(usage)
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.commandLine = strings.Join(append([]string{"loadgen"}, args...), " ")
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	err := o.check(given)
	if flags.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if o.closed {
		o.rate = 0
	}
	if err != nil {
		fmt.Fprintln(usage, "loadgen:", err)
	}
	return o, err
}

func (o *options) check(given map[string]bool) error {
	scheme, _, _ := strings.Cut(o.target, "://")
	switch {
	case scheme != "tcp" && scheme != "tls" && scheme != "ws" && scheme != "wss":
		return fmt.Errorf("-target %q does not begin with tcp://, tls://, ws:// or wss://", o.target)
	case o.work != "echo" && o.work != "chat":
		return errors.New("-work is echo or chat")
	case o.clients < 1:
		return errors.New("-clients must be at least 1")
	case min(o.ramp, o.patience, o.warmup, o.cut, o.drain) < 0 || min(o.length, o.timeout) <= 0:
		return errors.New("a duration is negative, or -for or -timeout zero")
	case o.closed && (given["rate"] || given["arrivals"]):
		return errors.New("-rate and -arrivals are for an open loop, without -closed")
	case !o.closed && (given["think"] || given["timeout"]):
		return errors.New("-think and -timeout are for a closed loop, with -closed")
	case !(o.rate > 0 && o.rate <= 1e8):
		return errors.New("-rate must be above 0, and 100 million at most")
	case o.arrivals != "uniform" && o.arrivals != "poisson":
		return errors.New("-arrivals is uniform or poisson")
	case o.work == "echo" && (given["rooms"] || given["members"]):
		return errors.New("-rooms and -members are for -work chat")
	case o.work == "chat" && o.credential != "":
		return errors.New("-credential is for -work echo; in a chat each client logs in by a name of its own")
	}
	return o.checkWork()
}

func (o *options) checkWork() error {
	if o.work == "echo" {
		if o.sizes.least() < header {
			return fmt.Errorf("-size must be at least %d: a message says which one it is", header)
		}
		return nil
	}
	if o.sizes.least() < 1 || o.sizes.most() > 6000 {
		return errors.New("-size must be from 1 to 6000, the longest text that the chat's server can be set to take")
	}
	_, err := seating(o.clients, o.rooms, o.members)
	return err
}

// planned is how long the run is to take.
func (o *options) planned() time.Duration { return o.ramp + o.warmup + o.length }

// A tolerance is how many errors are accepted.
type tolerance struct {
	count uint64
	share float64 // of the messages, if it is above zero
}

func (t *tolerance) String() string {
	if t.share > 0 {
		return strconv.FormatFloat(t.share*100, 'g', -1, 64) + "%"
	}
	return strconv.FormatUint(t.count, 10)
}

func (t *tolerance) Set(s string) error {
	if share, ok := strings.CutSuffix(s, "%"); ok {
		v, err := strconv.ParseFloat(share, 64)
		if err != nil || !(v > 0 && v <= 100) {
			return errors.New("a share is above 0% and at most 100%")
		}
		*t = tolerance{share: v / 100}
		return nil
	}
	n, err := strconv.ParseUint(s, 10, 64)
	*t = tolerance{count: n}
	return err
}

// exceeded reports whether errors are too many for so many messages.
func (t tolerance) exceeded(errors, messages uint64) bool {
	if t.share > 0 {
		return float64(errors) > t.share*float64(messages)
	}
	return errors > t.count
}
