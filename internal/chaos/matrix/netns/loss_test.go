//go:build linux

package netns

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// minute is how long a bad path must not look dead, with the heartbeat of patient.
const minute = time.Minute

// patient makes a heartbeat of H = 5 s and D = 3 H of both.
func patient(srv, cl settings) (settings, settings) {
	for _, s := range []*settings{&srv, &cl} {
		s.Interval, s.Timeout = 5*time.Second, 15*time.Second
		s.DialTimeout = 10 * time.Second
	}
	return srv, cl
}

// lives holds both ends to staying on one link for a minute, half under traffic,
// half in silence.
func (d *dialogue) lives() {
	d.t.Helper()
	const every = 100 * time.Millisecond
	end := time.NewTimer(minute)
	defer end.Stop()
	d.send(uint64(minute/2/every), every)
	d.settle()
	<-end.C
	d.send(10, 0)
	d.settle()
	for _, p := range d.both() {
		require.Zero(d.t, p.count(0, is(evDown)), "deaths at %s", p.name)
	}
}

// A tenth of the packets is lost each way.
func TestLossIsNotDeath(t *testing.T) {
	long(t, 8, func(d *dialogue) {
		d.converse(patient(quickServer, quickClient))
		d.net.drop(server, tenth)
		d.net.drop(client, tenth)
		d.lives()
		lost := [2]int{d.net.dropped(server), d.net.dropped(client)}
		d.row.Note("%d packets to the server and %d to the client were lost, no death", lost[0], lost[1])
		require.Positive(d.t, lost[0])
		require.Positive(d.t, lost[1])
		d.net.heal(server)
		d.net.heal(client)
		d.end()
	})
}

// All bytes take 200 ± 200 ms, each way.
func TestDelayIsNotDeath(t *testing.T) {
	long(t, 9, func(d *dialogue) {
		const at = serverIP + ":7001"
		proxy := d.start(server, settings{Role: "proxy", Addr: at, To: addr, Delay: 200 * time.Millisecond, Jitter: 200 * time.Millisecond})
		proxy.wait(0, 1, "listening", is(evListening))
		srv, cl := patient(quickServer, quickClient)
		cl.Addr = at
		d.converse(srv, cl)
		d.lives()
		toClient, toServer := d.report(d.srv)[0].RTT, d.report(d.cl)[0].RTT
		d.row.Note("smoothed round trips of %v and %v, no death", toClient.Round(time.Millisecond), toServer.Round(time.Millisecond))
		require.Greater(d.t, min(toClient, toServer), 100*time.Millisecond, "bytes are delayed")
		d.end()
		proxy.kill()
	})
}
