package main

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPlotsShowWhatThereIs(t *testing.T) {
	s := span{time.Unix(0, 0), time.Unix(3600, 0)}
	c := curve{name: "a <b>"}
	for i := range 36000 {
		c.at = append(c.at, s.from.Add(time.Duration(i)*time.Second/10))
		c.values = append(c.values, 10+math.Sin(float64(i)/5000))
	}
	xs, ys := c.thin(s)
	require.LessOrEqual(t, len(xs), columns/2+1, "as many as can be seen")
	require.Len(t, ys, len(xs))
	for _, log := range []bool{false, true} {
		p := &plot{title: "t", log: log, curves: []curve{c, {name: "empty"}}, marks: []mark{{at: s.from, name: "server killed"}}}
		a := p.scale(s)
		for _, v := range ys {
			require.GreaterOrEqual(t, a.y(v), float64(plotTop)-0.01)
			require.LessOrEqual(t, a.y(v), float64(plotHeight-plotBottom)+0.01)
		}
		svg := string(p.svg(s))
		require.Contains(t, svg, "a &lt;b&gt;")
		require.Contains(t, svg, "server killed")
		require.NotContains(t, svg, "NaN")
		require.NotContains(t, svg, "Inf")
	}
	require.NotContains(t, (&plot{log: true, curves: []curve{{name: "none"}}}).svg(s), "NaN")
	lanes := string(lanes([]mark{{s.from, "server killed", true}, {s.to, "RST", false}}, s))
	require.Equal(t, 1, strings.Count(lanes, `class="tick heavy"`))
}

func TestBriefDurations(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0s", time.Second: "1s", 90 * time.Second: "1m30s", 10 * time.Minute: "10m", time.Hour: "1h", 90 * time.Minute: "1h30m"} {
		require.Equal(t, want, brief(d))
	}
}
