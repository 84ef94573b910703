package conn_test

import (
	"bytes"
	"context"
	"net"
	"regexp"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest"
	"github.com/longsplice/longsplice/reconnect"
)

// labelOf is the label, in a profile of all goroutines, of one that has a function
// on its stack; empty if there is none.
func labelOf(function string) string {
	var profile bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&profile, 1) // a Buffer takes all
	for of := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(of, function+"+") {
			if m := longspliceLabel.FindStringSubmatch(of); m != nil {
				return m[1]
			}
		}
	}
	return ""
}

var longspliceLabel = regexp.MustCompile(`# labels: \{.*"longsplice":"([a-z]+)"`)

// ownLabel is the label of the goroutine that calls it, one at a time.
func ownLabel() string {
	asking.Lock()
	defer asking.Unlock()
	return asked()
}

var asking sync.Mutex

//go:noinline
func asked() string { return labelOf("conn_test.asked") }

// Those in which the application is called: it asks.
func TestGoroutinesThatCallTheApplicationAreLabelled(t *testing.T) {
	seen := make(chan [2]string, 100)
	see := func(where string) { seen <- [2]string{where, ownLabel()} }
	added := make(chan string, 1)
	b := newBed(t, conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
		see("handler")
		pprof.Do(ctx, pprof.Labels("app", "chat"), func(context.Context) { added <- ownLabel() })
		see("after Do")
		<-ctx.Done()
		return nil
	}), &conn.Config{
		Authenticate: func(context.Context, conn.Peer) (string, error) {
			see("handshake")
			return "", nil
		},
		SessionTTL: time.Millisecond,
		Trace:      &conn.Trace{SessionEnd: func(*conn.Conn, error) { see("expiry") }},
	})
	c := b.dial(conn.Config{
		Retry: reconnect.Policy{MaxAttempts: 1},
		Dialers: map[string]conn.DialFunc{"mem": func(ctx context.Context, addr string) (net.Conn, error) {
			see("dialer")
			return b.net.Dial(ctx, addr)
		}},
		OnState: func(s conn.State) {
			if s.Phase == conn.Connected {
				see("keeper")
			}
		},
	})
	c.NotifyWritable(func() { see("callback") })
	require.Equal(t, "handler", <-added, "Do adds to the label")
	b.unlisten()
	b.link().Cut(conntest.RST)
	want := map[string]string{
		"handler": "handler", "after Do": "handler", "handshake": "handshake", "expiry": "timer",
		"dialer": "dialer", "keeper": "keeper", "callback": "callback",
	}
	for len(want) > 0 {
		s := <-seen
		if label, ok := want[s[0]]; ok {
			require.Equal(t, label, s[1], s[0])
			delete(want, s[0])
		}
	}
}

// Those that do the library's own work.
func TestGoroutinesOfALinkAreLabelled(t *testing.T) {
	b, c, _ := pair(t, nil, conn.Config{})
	eventually := func(label, function string) {
		t.Helper()
		require.Eventually(t, func() bool { return labelOf(function) == label }, 10*time.Second, time.Millisecond, function)
	}
	eventually("keeper", "conn.(*Conn).keep")
	eventually("reader", "conn.(*link).readOn") // nobody receives
	b.net.Stall(conntest.ToServer)
	require.NoError(t, c.Send(t.Context(), make([]byte, 900<<10)))
	eventually("writer", "conn.(*link).writeOn")
}
