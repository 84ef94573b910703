package liveline

import (
	"bytes"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestATerminalsLineIsRewritten(t *testing.T) {
	var out bytes.Buffer
	l := &Line{w: &out, terminal: true, every: time.Hour}
	stop := l.Follow(func() string { return "unused" })
	l.show("one")
	l.show("two")
	l.Printf("said %d", 1)
	l.show("three")
	stop()
	stop()
	require.Equal(t, "one\r\x1b[Ktwo\r\x1b[Ksaid 1\nthree\r\x1b[K", out.String())
}

func TestALineThatWouldWrapIsCut(t *testing.T) {
	var out bytes.Buffer
	l := &Line{w: &out, terminal: true}
	l.show(string(bytes.Repeat([]byte("x"), 200)))
	require.Equal(t, columns, out.Len())
}

func TestElsewhereLinesArePlain(t *testing.T) {
	var out bytes.Buffer
	l := New(&out, time.Millisecond)
	var calls atomic.Int32
	twice := make(chan struct{})
	stop := l.Follow(func() string {
		if calls.Add(1) == 2 {
			close(twice)
		}
		return "so far"
	})
	<-twice
	stop()
	require.Contains(t, out.String(), "so far\nso far\n")
	require.NotContains(t, out.String(), "\x1b")
}

func TestUnits(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -123456: "-123,456"} {
		require.Equal(t, want, Count(n))
	}
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1536: "1.5 KiB", 3 << 30: "3.0 GiB"} {
		require.Equal(t, want, Bytes(n))
	}
}
