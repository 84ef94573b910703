// Quickstart shows in some seconds what Longsplice is for: a server and a
// client exchange 200,000 messages each way over TCP while a proxy between
// them cuts the connection 200 times, and in the end nothing is lost, doubled
// or out of order.
//
//	go run ./examples/quickstart
//	go run ./examples/quickstart -messages 1000000 -cuts 2000 -seed 7
//
// The cuts strike at random bytes of the stream, in either direction, some as
// a reset (RST) and some as an end (FIN). They are drawn from -seed, so the same
// flags have the same cuts; -v lists them.
//
// Both receivers check what arrives by its content. The last line says what
// they found, and the exit status is 0 only if that is nothing. Ctrl-C ends the
// sending; what was sent until then still arrives and is counted.
//
// To read the program, begin with exchange.go, which is all there is to using
// the library. Then run.go, which puts server, proxy and client together.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
)

// options are what the flags say.
type options struct {
	messages int
	cuts     int
	size     int
	seed     uint64
	duration time.Duration
	verbose  bool
}

func parse(args []string, usage io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	flags.SetOutput(usage)
	flags.IntVar(&o.messages, "messages", 200_000, "send so many messages each way")
	flags.IntVar(&o.cuts, "cuts", 200, "cut the connection so many times")
	flags.IntVar(&o.size, "size", 320, "mean size of a message in bytes, from 64 to 65536")
	flags.Uint64Var(&o.seed, "seed", 1, "draw sizes, contents and cuts from this seed")
	flags.DurationVar(&o.duration, "duration", 0, "stop sending after this long; 0 means when all is sent")
	flags.BoolVar(&o.verbose, "v", false, "list the planned cuts and say what the connection does")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	var err error
	switch {
	case flags.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case o.messages < 1:
		err = errors.New("-messages must be at least 1")
	case o.cuts < 0:
		err = errors.New("-cuts must not be negative")
	case o.size < minMean || o.size > maxMean:
		err = fmt.Errorf("-size must be from %d to %d", minMean, maxMean)
	case o.duration < 0:
		err = errors.New("-duration must not be negative")
	}
	if err != nil {
		fmt.Fprintln(usage, "quickstart:", err)
	}
	return o, err
}

func main() {
	o, err := parse(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		os.Exit(2)
	}
	// The first Ctrl-C ends the sending, a second one the program.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop)
	if err := run(ctx, o, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}
