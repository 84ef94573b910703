package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sample is the result of three rounds on a machine that slows down.
func sample() *results {
	r := newResults(peers)
	r.Machine, r.Go = "two processors", "go1.x"
	at := where{"1,000 members, one message at a time", "128 B", 128}
	for round := range 3 {
		slow := float64(round + 1)
		r.add(fanoutWork, floorPeer, at, Faults{}, []float64{4 * slow, 1, 2, 30, 4})
		r.add(fanoutWork, longsplicePeer, at, Faults{}, []float64{4.4 * slow, 1, 2, 30, 4})
		r.add(fanoutWork, gorillaPeer, at, Faults{}, []float64{6 * slow, 1, 2, 30, 4})
		r.add(fanoutWork, gwsPeer, at, Faults{}, []float64{5.5 * slow, 1, 2, 30, 4})
		r.add(fanoutWork, natsPeer, at, Faults{Lost: 1000}, []float64{8 * slow, 1, 2, 30, 4})
	}
	r.fail(fanoutWork, yamuxPeer, at, errors.New("<out of breath>"))
	return r
}

func TestATableComparesWithTheFloorAndTheBestPeer(t *testing.T) {
	lines := sample().Cases[0].lines()
	var order []string
	for _, l := range lines {
		order = append(order, l.peer.name)
	}
	require.Equal(t, []string{"floor", "longsplice", "gws", "gorilla", "nats", "yamux"}, order)

	ours := lines[1]
	require.InDelta(t, 8.8, ours.median, 1e-9)
	require.InDelta(t, 4.4, ours.least, 1e-9)
	require.InDelta(t, 13.2, ours.most, 1e-9)
	require.InDelta(t, 1.1, ours.floor, 1e-9)
	require.InDelta(t, 0.8, ours.best, 1e-9, "gws is the best peer; the floor and Longsplice are none")
	require.Equal(t, "all once and in order", ours.remark)
	require.Contains(t, lines[4].remark, "3,000 lost")
	require.Contains(t, lines[5].remark, "failed 1 times: <out of breath>")
}

func TestATableIsPrinted(t *testing.T) {
	var b strings.Builder
	require.NoError(t, sample().print(&b))
	out := b.String()
	require.Contains(t, out, fanoutWork.title)
	require.Contains(t, out, "1,000 members, one message at a time, 128 B")
	require.Regexp(t, `longsplice +8\.80 +4\.40–13\.2 +1\.10 +0\.80 +1\.00 +2\.00 +30\.0 +4\.00 +all once and in order`, out)
	require.Regexp(t, `yamux +– `, out)
	require.Contains(t, out, gwsPeer.tuned)
}

func TestABrokenPromiseIsFoundAndAPeersIsNot(t *testing.T) {
	r := sample()
	require.Empty(t, r.broken(), "nats promises nothing")
	r.add(fanoutWork, longsplicePeer, where{label: "x"}, Faults{Repeated: 1}, []float64{1, 1, 1, 1, 1})
	require.Len(t, r.broken(), 1)
	require.Contains(t, r.broken()[0], "1 repeated")
	require.Error(t, r.verdict())
}

func TestThePageIsWhole(t *testing.T) {
	r := sample()
	for _, size := range []float64{16, 4096} {
		r.add(fanoutWork, longsplicePeer, where{r.Cases[0].Group, short(size), size}, Faults{}, []float64{size, 1, 2, 30, 4})
	}
	page, err := r.page()
	require.NoError(t, err)
	out := string(page)
	require.NotContains(t, out, "<out of breath>", "not escaped")
	require.NotContains(t, out, "NaN")
	require.NotRegexp(t, `(src|href)="[^#]|@import|url\(`, out, "it shall need nothing else")

	plots := strings.Count(out, "<svg")
	require.Equal(t, 4, plots, "three cases and their curves")
	for part := range strings.SplitSeq(out, "<svg") {
		svg, _, found := strings.Cut("<svg"+part, "</svg>")
		if !found {
			continue
		}
		for dec := xml.NewDecoder(strings.NewReader(svg + "</svg>")); ; {
			if _, err := dec.Token(); err == io.EOF {
				break
			} else {
				require.NoError(t, err)
			}
		}
	}
}

func TestACaseThatNobodyFinishedIsDrawnAsNothing(t *testing.T) {
	r := newResults(peers)
	r.fail(fanoutWork, yamuxPeer, where{label: "x"}, errors.New("no"))
	require.Empty(t, bars(r.Cases[0]))
	require.Empty(t, curves(r.Cases))
	_, err := r.page()
	require.NoError(t, err)
}
