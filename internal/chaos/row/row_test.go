package row

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A recorder is a test that remembers its attributes.
type recorder struct {
	testing.TB
	attrs map[string]string
}

func (r recorder) Helper()                {}
func (r recorder) Attr(key, value string) { r.attrs[key] = value }

func TestWhatARowSaysIsAnAttribute(t *testing.T) {
	rec := recorder{t, map[string]string{}}
	r := Of(rec, 3, "TCP")
	r.Detected(640 * time.Millisecond)
	r.Recovered(2 * time.Second)
	r.Messages(1, 2)
	r.Memory(-5) // it shrank
	r.Left(3, 4)
	r.Note("%d in all", 9)
	require.Equal(t, map[string]string{
		AttrNumber: "3", AttrOver: "TCP", AttrDetected: "640ms", AttrRecovered: "2s",
		AttrLost: "1", AttrDoubled: "2", AttrMemory: "0", AttrLeft: "3", AttrFiles: "4", AttrNote: "9 in all",
	}, rec.attrs)

	rec = recorder{t, map[string]string{}}
	Of(rec, 47, "")
	require.Equal(t, map[string]string{AttrNumber: "47"}, rec.attrs)
}

func TestWhatIsLeftOverIsCounted(t *testing.T) {
	before := Hold()
	require.Equal(t, Holdings{}, before.Over())

	release := make(chan struct{})
	ended := make(chan struct{})
	go func() { <-release; close(ended) }()
	f, err := os.Open(os.DevNull)
	require.NoError(t, err)
	require.Equal(t, Holdings{Goroutines: 1, Files: 1}, before.over(0))
	go func() { // it lets go while Over waits
		require.NoError(t, f.Close())
		close(release)
	}()
	require.Equal(t, Holdings{}, before.Over())
	<-ended
}
