package main

import (
	"fmt"
	"hash/fnv"
	"io"

	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
)

// frameHeader is what the library puts before each message.
const frameHeader = 5

// schedule draws the cuts. Each strikes after a number of bytes that is at most
// an equal share of what is sent one way, and half of that on average, so all of
// them strike before the data has run out.
func schedule(o options, c content) faultproxy.Schedule {
	least := min(total(c, toServer, o.messages), total(c, toClient, o.messages))
	return faultproxy.Schedule{
		Seed: o.seed,
		Cuts: o.cuts,
		Mean: max(1, least/int64(2*max(1, o.cuts))),
	}
}

// total is how many bytes n messages are on the wire.
func total(c content, d direction, n int) (bytes int64) {
	for i := range uint64(n) {
		bytes += int64(frameHeader + c.size(d, i))
	}
	return bytes
}

// fingerprint is a short name of a plan: the same plan, the same name.
func fingerprint(plan []faultproxy.PlannedCut) string {
	h := fnv.New64a()
	for _, cut := range plan {
		fmt.Fprintln(h, cut.Direction, cut.After, cut.How)
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// list writes the first cuts of a plan for people.
func list(w io.Writer, plan []faultproxy.PlannedCut) {
	const most = 10
	for i, cut := range plan[:min(most, len(plan))] {
		fmt.Fprintf(w, "cut %2d: %v after %d bytes %v\n", i+1, cut.How, cut.After, cut.Direction)
	}
	if len(plan) > most {
		fmt.Fprintf(w, "and %d more\n", len(plan)-most)
	}
}

// struck counts the cuts of one direction among the first n of a plan. Links
// draw their cuts in order, so these are the cuts that have struck.
func struck(plan []faultproxy.PlannedCut, n int, d direction) (cuts int) {
	way := faultproxy.ToServer
	if d == toClient {
		way = faultproxy.ToClient
	}
	for _, cut := range plan[:min(n, len(plan))] {
		if cut.Direction == way {
			cuts++
		}
	}
	return cuts
}
