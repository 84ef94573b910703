//go:build unix

package hubconn_test

import (
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
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

func init() {
	if spec := os.Getenv(membersEnv); spec != "" {
		beMembers(strings.Fields(spec))
		os.Exit(0)
	}
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
func members(b *testing.B, kind, addr string, n int) *os.Process {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), membersEnv+"="+strings.Join([]string{kind, addr, strconv.Itoa(n)}, " "))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(b, err)
	require.NoError(b, cmd.Start())
	b.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGCONT)
		_ = in.Close()
		_ = cmd.Wait()
	})
	return cmd.Process
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
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := cpu()
	b.ResetTimer()
	for range b.N {
		round()
	}
	b.StopTimer()
	took := cpu() - began
	runtime.ReadMemStats(&after)
	deliveries := float64(b.N * n * burst)
	b.ReportMetric(float64(took)/deliveries, "cpu-ns/delivery")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/deliveries, "allocs/delivery")
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

// A bed is a hub behind a server, whose every session joins the room.
type bed struct {
	h      *hub.Hub[*conn.Batch]
	addr   string
	joined sync.WaitGroup
}

func newBed(b *testing.B, member func(*conn.Conn) hub.Member[*conn.Batch]) *bed {
	cfg := hubconn.Config()
	cfg.Notice = func(n hub.Notice) *conn.Batch {
		notice, err := conn.Encode([]byte(n.Room))
		require.NoError(b, err)
		return notice
	}
	bed := &bed{h: hub.New(cfg)}
	b.Cleanup(func() { bed.h.Close() })
	srv := conn.NewServer(conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
		sub, err := bed.h.Join(ctx, "room", member(c))
		if err != nil {
			return err
		}
		defer sub.Leave()
		bed.joined.Done()
		_, err = c.Receive(ctx)
		return err
	}), nil)
	b.Cleanup(func() { srv.Close() })
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	go srv.Serve(context.Background(), ln)
	bed.addr = "tcp://" + ln.Addr().String()
	return bed
}

// join has n members join from a process of their own.
func (bed *bed) join(b *testing.B, n int) *os.Process {
	bed.joined.Add(n)
	p := members(b, "conn", bed.addr, n)
	bed.joined.Wait()
	return p
}

func fanOut(b *testing.B, n, burst int) {
	ctx := context.Background()
	bed := newBed(b, hubconn.Member)
	bed.join(b, n)
	// The last to have joined is the last to be served.
	served := make(chan int, burst)
	_, err := bed.h.Join(ctx, "room", hub.MemberFunc[*conn.Batch](func(_ *hub.Sub[*conn.Batch], v *conn.Batch) hub.Answer {
		served <- v.Messages()
		return hub.Taken
	}))
	require.NoError(b, err)
	v, err := conn.Encode(make([]byte, 128))
	require.NoError(b, err)
	report(b, n, burst, func() {
		for range burst {
			if _, err := bed.h.Publish(ctx, "room", v); err != nil {
				b.Fatal(err)
			}
		}
		for got := 0; got < burst; {
			got += <-served
		}
	})
}

// BenchmarkStalledMembers measures what members whose process has been stopped
// cost the others: the 99th percentile of the time from Publish to the write for
// a healthy member, and the memory that is held.
func BenchmarkStalledMembers(b *testing.B) {
	for _, stalled := range []int{0, 10} {
		b.Run(strconv.Itoa(stalled), func(b *testing.B) { stalledMembers(b, stalled) })
	}
}

// timed notes when a member took something.
type timed struct {
	hub.Member[*conn.Batch]
	took func(time.Time)
}

func (m timed) Offer(s *hub.Sub[*conn.Batch], v *conn.Batch) hub.Answer {
	a := m.Member.Offer(s, v)
	if a == hub.Taken {
		m.took(time.Now())
	}
	return a
}

func stalledMembers(b *testing.B, stalled int) {
	const healthy = 100
	var mu sync.Mutex
	var began time.Time
	var took []time.Duration
	left := make(chan struct{}, healthy+stalled)
	slow := false
	bed := newBed(b, func(c *conn.Conn) hub.Member[*conn.Batch] {
		if slow {
			return hubconn.Member(c)
		}
		return timed{hubconn.Member(c), func(at time.Time) {
			mu.Lock()
			took = append(took, at.Sub(began))
			mu.Unlock()
			left <- struct{}{}
		}}
	})
	bed.join(b, healthy)
	slow = true
	if stalled > 0 {
		require.NoError(b, bed.join(b, stalled).Signal(syscall.SIGSTOP))
	}
	v, err := conn.Encode(make([]byte, 16<<10))
	require.NoError(b, err)
	round := func() {
		mu.Lock()
		began = time.Now()
		mu.Unlock()
		if _, err := bed.h.Publish(context.Background(), "room", v); err != nil {
			b.Fatal(err)
		}
		for range healthy {
			<-left
		}
	}
	for range 500 { // 8 MiB each: the stalled have filled all there is
		round()
	}
	took = nil
	b.ResetTimer()
	for range b.N {
		round()
	}
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-us")
	b.ReportMetric(float64(bed.h.Stats().Bytes)/1024, "kept-KiB")
}
