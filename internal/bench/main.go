package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == childArg {
		child()
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := race(ctx, os.Args[1:])
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// race is the whole program but for its children.
func race(ctx context.Context, args []string) error {
	if !measurable {
		return fmt.Errorf("the race reads processor time and memory from Linux's kernel, and cannot be run on %s", runtime.GOOS)
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	workNames := flags.String("work", names(works, func(w *work) string { return w.name }), "what to race, separated by commas")
	peerNames := flags.String("peers", names(peers, func(p *peer) string { return p.name }), "who takes part, separated by commas")
	rounds := flags.Int("rounds", 5, "how often each peer has its turn; what takes long is content with fewer")
	long := flags.Duration("time", 300*time.Millisecond, "how long a turn is; many members take longer")
	short := flags.Bool("quick", false, "a minute's race of a few clients, whose figures mean nothing")
	members := flags.String("members", "", "how many members a fan-out has, separated by commas, instead of 1000,10000")
	from := flags.String("from", "", "do not race, but report what -json wrote to this file")
	profiles := flags.String("profile", "", "write profiles of the servers into this directory; the figures then mean nothing")
	var to outputs
	flags.StringVar(&to.html, "html", "", "write a page with plots to this file")
	flags.StringVar(&to.json, "json", "", "write all measurements to this file")
	flags.StringVar(&to.markdown, "markdown", "", "replace the race's tables in this document")
	if err := flags.Parse(args); err != nil {
		return err
	}
	p := &plan{rounds: *rounds, scale: full(*long), log: os.Stderr}
	if *short {
		p.rounds, p.scale = 1, quick()
	}
	p.scale.profiles = *profiles
	var err error
	if *members != "" {
		if p.scale.members, err = numbers(*members); err != nil {
			return err
		}
	}
	if p.works, err = chosen(*workNames, works, func(w *work) string { return w.name }); err != nil {
		return err
	}
	if p.peers, err = chosen(*peerNames, peers, func(p *peer) string { return p.name }); err != nil {
		return err
	}
	if *from != "" {
		out, err := readResults(*from)
		if err != nil {
			return err
		}
		return errors.Join(out.print(os.Stdout), to.write(out), out.verdict())
	}
	began := time.Now()
	out := p.run(ctx)
	out.Machine = fmt.Sprintf("%d × %s", runtime.NumCPU(), machine())
	out.Go, out.Versions = runtime.Version(), versions()
	out.Began = began.UTC().Format(time.DateTime) + " UTC"
	out.Command = strings.Join(append([]string{"go run ./internal/bench"}, args...), " ")
	out.Took = time.Since(began).Round(time.Second).String()
	err = errors.Join(out.print(os.Stdout), to.write(out), out.verdict())
	if *short {
		err = errors.Join(err, out.unexcused())
	}
	return err
}

func names[T any](all []T, name func(T) string) string {
	var n []string
	for _, t := range all {
		n = append(n, name(t))
	}
	return strings.Join(n, ",")
}

// chosen picks what list names, in the order of all.
func chosen[T any](list string, all []T, name func(T) string) (some []T, err error) {
	want := strings.Split(list, ",")
	for _, t := range all {
		if i := slices.Index(want, name(t)); i >= 0 {
			some = append(some, t)
			want = slices.Delete(want, i, i+1)
		}
	}
	if len(want) > 0 {
		return nil, fmt.Errorf("unknown: %s; there are %s", strings.Join(want, ", "), names(all, name))
	}
	return some, nil
}

func numbers(list string) (all []int, err error) {
	for _, s := range strings.Split(list, ",") {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is no number of members", s)
		}
		all = append(all, n)
	}
	return all, nil
}

// versions are those of the modules that were built in.
func versions() map[string]string {
	v := make(map[string]string)
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			v[m.Path] = m.Version
		}
	}
	return v
}
