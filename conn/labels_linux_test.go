package conn

import (
	"bytes"
	"runtime/pprof"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestThePollerIsLabelled(t *testing.T) {
	srv, target := parkingServer(t, time.Millisecond, nil)
	dialParking(t, target, nil)
	awaitParked(t, srv, 1)
	var profile bytes.Buffer
	require.NoError(t, pprof.Lookup("goroutine").WriteTo(&profile, 1))
	require.Regexp(t, `# labels: \{"longsplice":"poller"\}\n(#.*\n)*#.*conn\.\(\*poller\)\.run\+`, profile.String())
}
