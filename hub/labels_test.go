package hub_test

import (
	"bytes"
	"regexp"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/hub"
)

// ownLabel is what a profile says of the goroutine that calls it, one at a time.
func ownLabel() string {
	asking.Lock()
	defer asking.Unlock()
	return asked()
}

var (
	asking sync.Mutex
	labels = regexp.MustCompile(`# labels: \{"longsplice":"([a-z]+)"\}`)
)

//go:noinline
func asked() string {
	var profile bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&profile, 1) // a Buffer takes all
	for of := range strings.SplitSeq(profile.String(), "\n\n") {
		if m := labels.FindStringSubmatch(of); m != nil && strings.Contains(of, "hub_test.asked+") {
			return m[1]
		}
	}
	return ""
}

func TestThePumpIsLabelledAndSoAreCallbacks(t *testing.T) {
	h := hub.New(hub.Config[string]{})
	defer h.Close()
	offered, ended := make(chan string, 10), make(chan string, 1)
	last := hub.MemberFunc[string](func(*hub.Sub[string], string) hub.Answer {
		offered <- ownLabel()
		return hub.Taken
	})
	for range 10 { // more than whoever publishes serves
		_, err := h.Join(t.Context(), "room", last)
		require.NoError(t, err)
	}
	_, err := h.Publish(t.Context(), "room", "value")
	require.NoError(t, err)
	for range 10 {
		require.Equal(t, "pump", <-offered)
	}

	bad := hub.MemberFunc[string](func(*hub.Sub[string], string) hub.Answer { panic("no more") })
	_, err = h.Join(t.Context(), "other", bad, hub.OnEnd(func(error) { ended <- ownLabel() }))
	require.NoError(t, err)
	_, err = h.Publish(t.Context(), "other", "value")
	require.NoError(t, err)
	require.Equal(t, "callback", <-ended)
}
