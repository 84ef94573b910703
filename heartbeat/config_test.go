package heartbeat

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestConfigResolves(t *testing.T) {
	const s = time.Second
	for name, c := range map[string]struct {
		cfg              *Config
		interval, answer time.Duration
	}{
		"nil":                         {nil, 30 * s, 30 * s},
		"zero":                        {&Config{}, 30 * s, 30 * s},
		"interval alone":              {&Config{Interval: 5 * s}, 5 * s, 5 * s},
		"timeout alone":               {&Config{Timeout: 8 * s}, 4 * s, 4 * s},
		"both":                        {&Config{Interval: 5 * s, Timeout: 20 * s}, 5 * s, 15 * s},
		"timeout below interval":      {&Config{Interval: 20 * s, Timeout: 5 * s}, 2500 * time.Millisecond, 2500 * time.Millisecond},
		"timeout equal to interval":   {&Config{Interval: 6 * s, Timeout: 6 * s}, 3 * s, 3 * s},
		"never judged":                {&Config{Interval: 5 * s, Timeout: -1}, 5 * s, 5 * s},
		"never judged, no interval":   {&Config{Timeout: -1}, 30 * s, 30 * s},
		"too short to be meant":       {&Config{Interval: 1}, time.Millisecond, time.Millisecond},
		"timeout too short":           {&Config{Timeout: 1}, time.Millisecond, time.Millisecond},
		"too long to be added up":     {&Config{Interval: math.MaxInt64}, longest, longest},
		"both too long to be told of": {&Config{Interval: math.MaxInt64, Timeout: math.MaxInt64}, longest / 2, longest / 2},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.interval, c.cfg.interval())
			require.Equal(t, c.answer, c.cfg.answer())
		})
	}
}

func TestConfigBoundsOfAdaptive(t *testing.T) {
	const s = time.Second
	for name, c := range map[string]struct {
		cfg         *Config
		least, most time.Duration
	}{
		"other modes have none":  {&Config{Interval: 5 * s, MinInterval: s, MaxInterval: 9 * s}, 5 * s, 5 * s},
		"defaults":               {&Config{Mode: Adaptive}, 30 * s, 240 * s},
		"negative is zero":       {&Config{Mode: Adaptive, MinInterval: -1, MaxInterval: -1}, 30 * s, 240 * s},
		"given":                  {&Config{Mode: Adaptive, MinInterval: 10 * s, MaxInterval: 20 * s}, 10 * s, 20 * s},
		"the wrong way round":    {&Config{Mode: Adaptive, MinInterval: 10 * s, MaxInterval: 5 * s}, 10 * s, 10 * s},
		"too long to be grown":   {&Config{Mode: Adaptive, MinInterval: math.MaxInt64}, longest, longest},
		"unknown mode is hybrid": {&Config{Mode: 77, MinInterval: 10 * s}, 30 * s, 30 * s},
	} {
		t.Run(name, func(t *testing.T) {
			least, most := c.cfg.bounds()
			require.Equal(t, c.least, least)
			require.Equal(t, c.most, most)
		})
	}
}

func TestConfigProbeAfter(t *testing.T) {
	require.Equal(t, 5*time.Second, (*Config)(nil).probeAfter())
	require.Equal(t, 5*time.Second, (&Config{}).probeAfter())
	require.Equal(t, 2*time.Second, (&Config{ProbeAfter: 2 * time.Second}).probeAfter())
	require.Negative(t, (&Config{ProbeAfter: -time.Second}).probeAfter())
}

func TestModeNames(t *testing.T) {
	require.Equal(t, "hybrid active passive adaptive unknown",
		Hybrid.String()+" "+Active.String()+" "+Passive.String()+" "+Adaptive.String()+" "+Mode(9).String())
}
