package heartbeat

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// FuzzEstimate compares the estimator with the arithmetic of RFC 6298, section 2,
// in floating point.
func FuzzEstimate(f *testing.F) {
	f.Add([]byte{0, 10, 1, 0, 0, 200, 255, 255})
	f.Add([]byte{0, 0, 0, 0, 0, 1, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, samples []byte) {
		const alpha, beta, k = 1.0 / 8, 1.0 / 4, 4 // 2.3, 2.2
		var e estimate
		var srtt, rttvar float64
		require.Equal(t, time.Second, e.rto(), "2.1")
		for n := 0; len(samples) >= 2; samples = samples[2:] {
			r := time.Duration(int(samples[0])<<8|int(samples[1])) * 1700 * time.Microsecond // up to 111 s
			e.add(r)
			m := float64(max(r, 1)) // a clock that is too coarse measures no time
			if n++; n == 1 {
				srtt, rttvar = m, m/2 // 2.2
			} else {
				rttvar = (1-beta)*rttvar + beta*math.Abs(srtt-m) // 2.3, before the next
				srtt = (1-alpha)*srtt + alpha*m
			}
			// Integers are cut at each step: the errors of a geometric series.
			require.InDelta(t, srtt, float64(e.smooth), 10)
			require.InDelta(t, rttvar, float64(e.variation), 20)
			rto := min(max(srtt+k*rttvar, 1e9), 60e9) // 2.3 to 2.5
			require.InDelta(t, rto, float64(e.rto()), 100)
		}
	})
}
