package conn

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func newFailures(cfg *Config) *failures {
	f := &failures{}
	f.init(cfg.orZero())
	return f
}

func TestTenFailuresAtOnceAndOneASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFailures(nil)
		try := func(source string) (n int) {
			for f.permit(source) {
				f.note(source)
				if n++; n > 1000 {
					break
				}
			}
			return n
		}
		require.Equal(t, 10, try("a"))
		require.Equal(t, 10, try("b"), "sources do not answer for each other")
		time.Sleep(999 * time.Millisecond) // of the bubble
		require.Zero(t, try("a")-1, "what has leaked away is rounded in the source's favour")
		time.Sleep(5 * time.Second)
		require.InDelta(t, 5, try("a"), 1)
		time.Sleep(time.Hour)
		require.Equal(t, 10, try("a"), "there is no credit beyond the burst")
	})
}

func TestFailureRateIsConfigurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFailures(&Config{MaxFailedResumes: 100})
		for range 10 {
			f.note("a")
		}
		require.False(t, f.permit("a"))
		time.Sleep(11 * time.Millisecond) // of the bubble
		require.True(t, f.permit("a"))
	})
	f := newFailures(&Config{MaxFailedResumes: -1})
	for range 100 {
		f.note("a")
	}
	require.True(t, f.permit("a"))
	require.Empty(t, f.sources)
}

// Transports without an IP address have no source to hold anything against.
func TestFailuresWithoutASourceAreNotCounted(t *testing.T) {
	f := newFailures(nil)
	for range 100 {
		f.note("")
	}
	require.True(t, f.permit(""))
	require.Empty(t, f.sources)
}

func TestFailuresKeepABoundedNumberOfSources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFailures(nil)
		for i := range 3 * maxSources {
			f.note(fmt.Sprint(i))
			require.LessOrEqual(t, len(f.sources), maxSources)
		}
		for range failureBurst {
			f.note("kept")
		}
		time.Sleep(2 * time.Second) // of the bubble: those with one failure are clean again
		for i := range maxSources {
			f.note(fmt.Sprint("new", i))
		}
		require.LessOrEqual(t, len(f.sources), maxSources)
	})
}
