//go:build linux

package netns

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/chaos/row"
)

// A server with a crowd of clients is killed, and is back after some seconds as
// another one. The clients wait and retry as they do by default: they come back
// spread out, each is told once what became of its session, and nothing that was
// accepted is lost. The crowds have the machine to themselves, as far as this package
// goes.
//
// How dense the return is depends on the time that the server was away; the tests of
// reconnect play all of them. These two lie where it is 1.6 times as dense as in the
// mean, so that the scatter of so few clients, and a server that takes half a second to
// start, do not matter.
func TestRestartWithACrowd(t *testing.T) {
	exe := sync.OnceValue(func() string { return withoutRace(t) }) // where it comes to that
	stage.Each(t, 15, func(t *testing.T, over stage.Over, r *row.Row) {
		d := &dialogue{t: t, over: over, row: r, net: newPair(t)}
		d.net.exe = exe()
		if over == stage.TCP {
			d.playRestart(10_000, 4800*time.Millisecond)
		} else {
			d.playRestart(2_000, 2600*time.Millisecond)
		}
	})
}

func (d *dialogue) playRestart(clients int, away time.Duration) {
	const limit, toWait = time.Minute, 2 * time.Minute
	t := d.t
	d.serve(settings{Role: "echo", Addr: addr})
	empty := d.memory(d.srv)
	d.cl = d.start(client, settings{Role: "crowd", Addr: addr, Conns: clients})
	d.cl.waitFor(toWait, 0, 1, "all are there", is(evReady))
	full := d.memory(d.srv)

	d.srv.kill()
	killed := machineClock()
	d.cl.tell(command{Do: "gone"})
	d.cl.wait(0, 1, "messages accepted", is(evSent))
	time.Sleep(away - (machineClock() - killed)) // how long it lasts is the case
	mark := d.cl.mark()
	up := d.serve(settings{Role: "echo", Addr: addr})
	back := d.cl.waitFor(toWait, 0, 1, "all are back", is(evBack))[0].At - up

	late, stall := d.cl.late(mark), time.Duration(0)
	for _, e := range d.cl.since(mark) {
		stall = max(stall, e.Took)
	}
	mark = d.cl.mark()
	d.cl.tell(command{Do: "report", Since: up})
	report := d.cl.wait(mark, 1, "report", is(evReport))[0]
	peak, twentieth := peakOf(report.Instants, up)
	each := func(after, before int64) int64 { return (after - before) / int64(clients) }
	d.row.Recovered(back)
	d.row.Memory(int64(full.N) - int64(empty.N))
	d.row.Messages(int(report.Lost), int(report.Doubled))
	d.row.Note("%d clients, away %v, %d dials, peak %.2f × uniform; for each the server has %d bytes of heap, %d resident",
		clients, (up - killed).Round(100*time.Millisecond), report.N, peak, each(int64(full.N), int64(empty.N)), each(full.Resident, empty.Resident))
	t.Logf("the crowd's process did not run for %v at most, and for %v in all; a twentieth is %v", stall, late, twentieth)

	require.LessOrEqual(t, back, limit+late+d.srv.late(0))
	require.Len(t, report.Instants, clients)
	// A process that does not run dials afterwards for all of that time.
	require.LessOrEqual(t, peak, 2*(1+float64(stall)/float64(twentieth)))
	require.EqualValues(t, clients, report.Told, "each is told once")
	require.Zero(t, report.Lost)
	require.Zero(t, report.Doubled)
	d.quit(d.cl, d.srv)
}

// withoutRace is this program without the race detector, which makes it ten times as
// slow: the row is about what a crowd does to a server and not to the detector.
func withoutRace(t *testing.T) string {
	t.Helper()
	if !raceDetector {
		return executable(t)
	}
	exe := filepath.Join(t.TempDir(), "netns.test")
	cmd := exec.Command("go", "test", "-c", "-race=false", "-o", exe, ".")
	cmd.Env = append(os.Environ(), "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return exe
}

// memory is what a process uses.
func (d *dialogue) memory(p *process) event {
	d.t.Helper()
	mark := p.mark()
	p.tell(command{Do: "heap"})
	return p.wait(mark, 1, "heap", is(evHeap))[0]
}

// peakOf is how many times as dense as in the mean the instants are at most, in any
// twentieth of the time from a beginning to the last of them.
func peakOf(instants []time.Duration, begin time.Duration) (peak float64, twentieth time.Duration) {
	const bins = 20
	span := slices.Max(instants) - begin + 1
	counts := make([]int, bins)
	for _, at := range instants {
		counts[int(bins*(at-begin)/span)]++
	}
	return float64(slices.Max(counts)*bins) / float64(len(instants)), span / bins
}

func TestThePeakIsOfTheDensestTwentieth(t *testing.T) {
	even := make([]time.Duration, 1000)
	for i := range even {
		even[i] = time.Hour + time.Duration(i)*time.Millisecond
	}
	peak, _ := peakOf(even, time.Hour)
	require.InDelta(t, 1, peak, 0.03)
	herd := slices.Repeat([]time.Duration{time.Hour + time.Second}, 999)
	peak, twentieth := peakOf(append(herd, time.Hour), time.Hour)
	require.InDelta(t, 20, peak, 0.03)
	require.InDelta(t, 50*time.Millisecond, twentieth, 1)
}
