package compare

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/wsconn"
)

// BenchmarkIdle opens sessions that wait in Receive, or in OnMessage, and reports
// how much resident memory each of them takes of the server's process.
func BenchmarkIdle(b *testing.B) {
	const count = 4000
	for _, lib := range libraries {
		b.Run(lib.name, func(b *testing.B) {
			idle(b, count, waiting, func(srv *conn.Server) string {
				return endpoint(b, lib, func(c net.Conn) { go srv.ServeConn(context.Background(), c) })
			})
		})
	}
	for _, over := range listeners {
		b.Run(over.name, func(b *testing.B) {
			idle(b, count, waiting, func(srv *conn.Server) string { return over.listen(b, srv) })
		})
		b.Run(over.name+"_OnMessage", func(b *testing.B) {
			idle(b, count, called, func(srv *conn.Server) string { return over.listen(b, srv) })
		})
	}
}

// Two kinds of handler that have nothing to do.
var (
	waiting = conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
		_, err := c.Receive(ctx)
		return err
	})
	called = conn.OnMessage(func(context.Context, *conn.Conn, []byte) error { return nil })
)

// listeners are the ways to a server that takes links from a listener.
var listeners = []struct {
	name   string
	listen func(*testing.B, *conn.Server) (target string)
}{{"tcp", listenTCP}, {"wsconn_Listener", listenOwn}}

func listenOwn(b *testing.B, srv *conn.Server) (target string) {
	ln := wsconn.NewListener(nil)
	go srv.Serve(context.Background(), ln)
	return serveHTTP(b, ln)
}

func listenTCP(b *testing.B, srv *conn.Server) (target string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	go srv.Serve(context.Background(), ln)
	return "tcp://" + ln.Addr().String()
}

func idle(b *testing.B, count int, h conn.Handler, listen func(*conn.Server) string) {
	began := make(chan struct{}, count)
	srv := conn.NewServer(h, &conn.Config{
		MaxHandshakesPerIP: -1,
		Trace:              &conn.Trace{LinkUp: func(*conn.Conn, net.Addr) { began <- struct{}{} }},
	})
	defer srv.Close()
	target := listen(srv)
	startClients(b, "sessions", target, 200) // what the first ones cost is paid for
	for range 200 {
		<-began
	}
	for range b.N {
		before := settled(b)
		startClients(b, "sessions", target, count)
		for range count {
			<-began
		}
		time.Sleep(3 * time.Second) // sessions that may be parked are, after 2
		after := settled(b)
		b.ReportMetric((after.rss-before.rss)/float64(count), "B/conn-rss")
		b.ReportMetric((after.heap-before.heap)/float64(count), "B/conn-heap")
		b.ReportMetric((after.stacks-before.stacks)/float64(count), "B/conn-stack")
		b.ReportMetric((after.goroutines-before.goroutines)/float64(count), "goroutines/conn")
	}
	b.ReportMetric(0, "ns/op")
}

type memory struct{ rss, heap, stacks, goroutines float64 }

// settled is the process's memory when it has come to rest: stacks shrink with
// each collection, by half at most.
func settled(b *testing.B) memory {
	for range 6 {
		runtime.GC()
		time.Sleep(20 * time.Millisecond)
	}
	debug.FreeOSMemory()
	var ms runtime.MemStats
	runtime.ReadMemStats(&ms)
	statm, err := os.ReadFile("/proc/self/statm")
	require.NoError(b, err)
	var size, resident int
	_, err = fmt.Sscan(string(statm), &size, &resident)
	require.NoError(b, err)
	return memory{
		rss:        float64(resident * os.Getpagesize()),
		heap:       float64(ms.HeapAlloc),
		stacks:     float64(ms.StackInuse),
		goroutines: float64(runtime.NumGoroutine()),
	}
}
