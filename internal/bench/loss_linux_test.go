package main

import (
	"context"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// faultyEnv makes the children of a test keep bad promises.
const faultyEnv = "BENCH_TEST_FAULT"

// addFaulty adds a peer that promises what Longsplice does, and fails in it at
// each fifth message that an application is given, at either end.
func addFaulty(fault string) *peer {
	spoil := func(give func()) { give() }
	var n atomic.Uint64
	if fault == "drop" {
		patience = 2 * time.Second // it is going to be waited for in vain
	}
	if fault != "none" {
		spoil = func(give func()) {
			switch bad := n.Add(1)%5 == 0; {
			case !bad:
				give()
			case fault == "double":
				give()
				give()
			}
		}
	}
	p := *longsplicePeer
	p.name, p.keep = "faulty", nil
	p.serve = func(addr string, a app) (server, error) {
		return longsplicePeer.serve(addr, func(msg []byte, from sender) (err error) {
			spoil(func() { err = a(msg, from) })
			return err
		})
	}
	receiving := func(to target) target {
		receive := to.receive
		to.receive = func(c client, msg []byte) { spoil(func() { receive(c, msg) }) }
		return to
	}
	dial, keep := longsplicePeer.dial, longsplicePeer.keep
	p.dial = func(ctx context.Context, to target) (client, error) { return dial(ctx, receiving(to)) }
	p.keep = func(ctx context.Context, to target, k keeping) (client, error) { return keep(ctx, receiving(to), k) }
	peers = append(peers, &p)
	return &p
}

// TestALossFailsTheRaceInEveryWork: what a peer that promises loses or doubles is
// found, whatever it has to do, and makes the race fail.
func TestALossFailsTheRaceInEveryWork(t *testing.T) {
	all, wait := peers, patience
	t.Cleanup(func() { peers, patience = all, wait })
	for fault, found := range map[string]string{
		"none":   "",
		"drop":   "lost|not everything has arrived|has not come|are back after",
		"double": "repeated",
	} {
		peers, patience = all, wait
		p := addFaulty(fault)
		t.Setenv(faultyEnv, fault)
		for _, w := range works {
			out := (&plan{works: []*work{w}, peers: []*peer{p}, rounds: 1, scale: tiny(), log: io.Discard}).run(t.Context())
			err := out.verdict()
			if fault == "none" {
				require.NoError(t, err, w.name)
				continue
			}
			require.ErrorContains(t, err, "a promise was not kept", "%s: %s", w.name, fault)
			require.Regexp(t, found, err.Error(), w.name)
		}
	}
}

func init() {
	if fault := os.Getenv(faultyEnv); fault != "" && strings.HasSuffix(os.Args[len(os.Args)-1], childArg) {
		addFaulty(fault)
	}
}
