package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"runtime/pprof"
)

// Profiling says what to write, and where.
type Profiling struct {
	File string
	Heap bool // what is in use, rather than what is done from now on
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9]+`)

// profileOf names the file for a peer's server in one case.
func (e *entry) profileOf(at where, kind string) string {
	words := notInNames.ReplaceAllString(e.work.name+" "+at.group+" "+at.label+" "+e.peer.name, "-")
	return filepath.Join(e.scale.profiles, words+"."+kind+".pprof")
}

// profiled runs a turn with a profile of the server's processor time, if profiles
// are wanted. That costs a little; figures of such a race are no figures.
func (e *entry) profiled(ctx context.Context, at where, run func() error) error {
	if e.scale.profiles == "" || e.rig == nil {
		return run()
	}
	name, err := filepath.Abs(e.profileOf(at, "cpu"))
	if err == nil {
		err = e.rig.server.call(ctx, "Stand.Profile", Profiling{File: name}, nil)
	}
	if err != nil {
		return err
	}
	if err := run(); err != nil {
		return err
	}
	return e.rig.server.call(ctx, "Stand.Profile", Profiling{}, nil)
}

// Profile begins a profile of processor time, ends one if there is no name, or
// writes one of the memory in use.
func (s *Stand) Profile(args Profiling, _ *struct{}) error {
	if args.File == "" {
		pprof.StopCPUProfile()
		return s.profile.Close()
	}
	f, err := os.Create(args.File)
	if err != nil {
		return err
	}
	if args.Heap {
		defer f.Close()
		return pprof.WriteHeapProfile(f)
	}
	s.profile = f
	return pprof.StartCPUProfile(f)
}
