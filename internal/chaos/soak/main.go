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

func parse(args []string, usage io.Writer) (options, error) {
	o := options{trend: 10 * time.Minute}
	flags := flag.NewFlagSet("soak", flag.ContinueOnError)
	flags.SetOutput(usage)
	flags.DurationVar(&o.length, "for", 10*time.Minute, "strike for this long")
	flags.IntVar(&o.clients, "clients", 200, "so many clients at a time")
	flags.Uint64Var(&o.seed, "seed", 1, "draw faults and what clients do from this seed")
	flags.DurationVar(&o.pace, "pace", 2*time.Second, "mean time from one fault to the next; all other times are in proportion")
	flags.Float64Var(&o.rate, "rate", 5, "messages a second of a session, about")
	flags.StringVar(&o.page, "o", "soak.html", "write the page there; empty means none")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	var err error
	limit := fileLimit()
	switch {
	case flags.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case o.length <= 0, o.pace < 10*time.Millisecond, o.rate <= 0:
		err = errors.New("-for and -rate must be positive, -pace at least 10ms")
	case o.clients < 2:
		err = errors.New("-clients must be at least 2")
	case limit > 0 && 3*o.clients > limit:
		err = fmt.Errorf("-clients %d need about %d descriptors in the process of the proxies, and its limit is %d", o.clients, 3*o.clients, limit)
	}
	if err != nil {
		fmt.Fprintln(usage, "soak:", err)
	}
	return o, err
}

func main() {
	if js := os.Getenv(childEnv); js != "" {
		os.Exit(runChild(js))
	}
	o, err := parse(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		os.Exit(2)
	}
	// The first Ctrl-C ends the run early, a second one the program.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop)
	found, err := soak(ctx, o, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(2)
	}
	if !found.good() {
		os.Exit(1)
	}
}

// soak is a whole run. Its error says that there was none.
func soak(ctx context.Context, o options, out io.Writer) (*findings, error) {
	r, err := newRun(o, out)
	if err != nil {
		return nil, err
	}
	defer r.close()
	if err := r.begin(); err != nil {
		return nil, err
	}
	fmt.Fprintf(out, "%d clients in %d processes, 2 servers, %d proxies, seed %d, until %s; Ctrl-C ends it early\n",
		o.clients, len(r.clients), len(r.ways), o.seed, time.Now().Add(o.length).Format(time.DateTime))
	r.play(ctx)
	fmt.Fprintln(out, "no further faults; all sessions come to their end")
	r.settle()
	f := r.findings()
	if o.page != "" {
		page, err := r.page(f)
		if err == nil {
			err = os.WriteFile(o.page, page, 0o644)
		}
		if err != nil {
			return nil, err
		}
		defer fmt.Fprintf(os.Stderr, "the page is %s\n", o.page)
	}
	f.print(out, time.Since(r.began))
	return f, nil
}
