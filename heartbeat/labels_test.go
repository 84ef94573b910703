package heartbeat

import (
	"bytes"
	"runtime/pprof"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheTimersGoroutineIsLabelled(t *testing.T) {
	profiles := make(chan string, 1)
	m := New(Config{Interval: time.Millisecond, Timeout: time.Hour}, func(uint64) {
		var profile bytes.Buffer
		_ = pprof.Lookup("goroutine").WriteTo(&profile, 1) // a Buffer takes all
		select {
		case profiles <- profile.String():
		default:
		}
	}, func(error) {})
	defer m.Close()
	require.Regexp(t, `# labels: \{"longsplice":"heartbeat"\}\n(#.*\n)*#.*heartbeat\.\(\*Monitor\)\.fire\+`, <-profiles)
}
