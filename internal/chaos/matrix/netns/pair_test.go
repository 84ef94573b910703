//go:build linux

package netns

import (
	"fmt"
	"regexp"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// The addresses of the two ends, of the network that is set aside for examples.
// Each pair has them to itself.
const (
	serverIP = "192.0.2.1"
	clientIP = "192.0.2.2"
	addr     = serverIP + ":7000"
)

// A side is one of the two namespaces of a pair.
type side int

const (
	server side = iota
	client
)

var pairs atomic.Int64

// A pair is two namespaces and the cable between them.
type pair struct {
	t   *testing.T
	ns  [2]string
	exe string // of the processes, if it is another one than the test's own
}

// newPair makes two namespaces that are joined by a veth pair, and sees to it
// that they go with the test. The veth ends are born inside, so that neither
// their names nor their traffic concern the rest of the machine.
func newPair(t *testing.T) *pair {
	t.Helper()
	requireNetns(t)
	n := pairs.Add(1)
	p := &pair{t: t, ns: [2]string{fmt.Sprintf("%s%d-s", own, n), fmt.Sprintf("%s%d-c", own, n)}}
	for _, ns := range p.ns {
		require.NoError(t, run("", "ip", "netns", "add", ns))
		t.Cleanup(func() {
			if err := run("", "ip", "netns", "del", ns); err != nil {
				t.Errorf("left behind: %v", err)
			}
		})
	}
	require.NoError(t, run("", "ip", "link", "add", "cable", "netns", p.ns[server],
		"type", "veth", "peer", "name", "cable", "netns", p.ns[client]))
	for i, ip := range []string{serverIP, clientIP} {
		require.NoError(t, run("link set lo up\naddr add "+ip+"/24 dev cable\nlink set cable up\n", "ip", "-n", p.ns[i], "-batch", "-"))
		p.nft(side(i), "add table inet chaos; add chain inet chaos in { type filter hook input priority 0; }")
	}
	return p
}

func (p *pair) nft(s side, script string) string {
	p.t.Helper()
	out, err := output(script, "ip", "netns", "exec", p.ns[s], "nft", "-f", "-")
	require.NoError(p.t, err)
	return out
}

// What can be done to what arrives at a side. All of it is dropped on arrival:
// the sender's kernel would notice what is dropped as it leaves.
const (
	everything  = "counter drop"
	tenth       = "numgen random mod 10 == 0 counter drop"
	dials       = "tcp flags & (syn | ack) == syn counter drop"
	withContent = "tcp flags & psh == psh counter drop"
)

// drop has the kernel drop some of what arrives at a side, in place of what it
// did before.
func (p *pair) drop(to side, what string) {
	p.t.Helper()
	p.nft(to, "flush chain inet chaos in; add rule inet chaos in "+what)
}

// heal lets a side have everything again.
func (p *pair) heal(to side) {
	p.t.Helper()
	p.nft(to, "flush chain inet chaos in")
}

var packets = regexp.MustCompile(`counter packets (\d+)`)

// dropped is how many packets were dropped on their way to a side since drop.
func (p *pair) dropped(to side) int {
	p.t.Helper()
	m := packets.FindStringSubmatch(p.nft(to, "list chain inet chaos in"))
	require.NotNil(p.t, m, "nothing is dropped on this side")
	n, err := strconv.Atoi(m[1])
	require.NoError(p.t, err)
	return n
}
