package hubconn_test

import (
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/hub/hubconn"
)

// The members of the benchmarks are in a process of their own, so that the
// processor time of this one is the server's alone.
const membersEnv = "LONGSPLICE_BENCH_MEMBERS"

func TestMain(m *testing.M) {
	if spec := os.Getenv(membersEnv); spec != "" {
		beMembers(strings.Fields(spec))
		return
	}
	os.Exit(m.Run())
}

// beMembers dials and reads until standard input ends. Raw members only read.
func beMembers(spec []string) {
	kind, addr := spec[0], spec[1]
	n, _ := strconv.Atoi(spec[2])
	for range n {
		if kind == "raw" {
			nc, err := net.Dial("tcp", addr)
			if err != nil {
				panic(err)
			}
			go func() { _, _ = io.Copy(io.Discard, nc) }()
			continue
		}
		c, err := conn.Dial(context.Background(), addr, nil)
		if err != nil {
			panic(err)
		}
		go func() {
			for range c.Messages(context.Background()) {
			}
		}()
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// members starts n members in a process of their own.
func members(b *testing.B, kind, addr string, n int) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), membersEnv+"="+strings.Join([]string{kind, addr, strconv.Itoa(n)}, " "))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(b, err)
	require.NoError(b, cmd.Start())
	b.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
}

// cpu is the processor time that this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkFanOut measures what a delivery costs the server: the processor time
// of the process for each message and member. The floor writes the same bytes
// with one write(2) for each member and does nothing else.
func BenchmarkFanOut(b *testing.B) {
	const n = 1000
	for _, burst := range []int{1, 32} {
		name := "single/"
		if burst > 1 {
			name = "burst" + strconv.Itoa(burst) + "/"
		}
		b.Run(name+"floor", func(b *testing.B) { floor(b, n, burst) })
		b.Run(name+"hub", func(b *testing.B) { fanOut(b, n, burst) })
	}
}

func report(b *testing.B, n, burst int, round func()) {
	for range 3 {
		round()
	}
	began := cpu()
	b.ResetTimer()
	for range b.N {
		round()
	}
	b.StopTimer()
	b.ReportMetric(float64(cpu()-began)/float64(b.N*n*burst), "cpu-ns/delivery")
}

func floor(b *testing.B, n, burst int) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	defer ln.Close()
	members(b, "raw", ln.Addr().String(), n)
	var links []net.Conn
	for range n {
		nc, err := ln.Accept()
		require.NoError(b, err)
		defer nc.Close()
		links = append(links, nc)
	}
	p := make([]byte, burst*(128+5))
	report(b, n, burst, func() {
		for _, nc := range links {
			if _, err := nc.Write(p); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func fanOut(b *testing.B, n, burst int) {
	ctx := context.Background()
	h := hub.New(hubconn.Config())
	defer h.Close()
	var joined sync.WaitGroup
	joined.Add(n)
	srv := conn.NewServer(conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
		sub, err := h.Join(ctx, "room", hubconn.Member(c))
		if err != nil {
			return err
		}
		defer sub.Leave()
		joined.Done()
		_, err = c.Receive(ctx)
		return err
	}), nil)
	defer srv.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	go srv.Serve(ctx, ln)
	members(b, "conn", "tcp://"+ln.Addr().String(), n)
	joined.Wait()

	// The last to have joined is the last to be served.
	served := make(chan int, burst)
	_, err = h.Join(ctx, "room", hub.MemberFunc[*conn.Batch](func(_ *hub.Sub[*conn.Batch], v *conn.Batch) hub.Answer {
		served <- v.Messages()
		return hub.Taken
	}))
	require.NoError(b, err)
	v, err := conn.Encode(make([]byte, 128))
	require.NoError(b, err)
	report(b, n, burst, func() {
		for range burst {
			if _, err := h.Publish(ctx, "room", v); err != nil {
				b.Fatal(err)
			}
		}
		for got := 0; got < burst; {
			got += <-served
		}
	})
}
