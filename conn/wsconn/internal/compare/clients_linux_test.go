package compare

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/wsconn"
)

// The test binary is also the clients' process, when these are set.
const (
	envMode   = "COMPARE_CLIENTS" // "sessions" or "sockets"
	envTarget = "COMPARE_TARGET"
	envCount  = "COMPARE_COUNT"
)

func TestMain(m *testing.M) {
	if mode := os.Getenv(envMode); mode != "" {
		count, _ := strconv.Atoi(os.Getenv(envCount))
		if err := beClients(mode, os.Getenv(envTarget), count); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// beClients opens connections, says so on standard output, and then answers each
// line of its input with how many bytes have come in all.
func beClients(mode, target string, count int) error {
	var received atomic.Int64
	for range count {
		switch mode {
		case "sessions":
			c, err := conn.Dial(context.Background(), target, &conn.Config{Dialers: wsconn.Dialers(nil)})
			if err != nil {
				return err
			}
			go func() {
				for msg, err := range c.Messages(context.Background()) {
					if err != nil {
						return
					}
					received.Add(int64(len(msg)))
				}
			}()
		case "sockets":
			c, err := dialSocket(target)
			if err != nil {
				return err
			}
			go func() {
				p := make([]byte, 32<<10)
				for {
					n, err := c.Read(p)
					if received.Add(int64(n)); err != nil {
						return
					}
				}
			}()
		}
	}
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		fmt.Println(received.Load())
	}
	return nil
}

func dialSocket(target string) (net.Conn, error) {
	if address, ok := strings.CutPrefix(target, "tcp://"); ok {
		return net.Dial("tcp", address)
	}
	return new(wsconn.Dialer).Dial(context.Background(), target)
}

// clients is the other process.
type clients struct {
	tb  testing.TB
	in  io.WriteCloser
	out *bufio.Scanner
}

func startClients(tb testing.TB, mode, target string, count int) *clients {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envMode+"="+mode, envTarget+"="+target, envCount+"="+strconv.Itoa(count))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(tb, err)
	out, err := cmd.StdoutPipe()
	require.NoError(tb, err)
	require.NoError(tb, cmd.Start())
	tb.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	c := &clients{tb, in, bufio.NewScanner(out)}
	require.Equal(tb, "ready", c.line())
	return c
}

func (c *clients) line() string {
	require.True(c.tb, c.out.Scan(), "the clients' process has ended")
	return c.out.Text()
}

// received is how many bytes the clients have read by now.
func (c *clients) received() int64 {
	_, err := io.WriteString(c.in, "\n")
	require.NoError(c.tb, err)
	n, err := strconv.ParseInt(c.line(), 10, 64)
	require.NoError(c.tb, err)
	return n
}

// endpoint serves a library's upgrades, and hands over what it has accepted. It
// returns the target.
func endpoint(tb testing.TB, lib library, accepted func(net.Conn)) string {
	return serveHTTP(tb, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := lib.accept(w, r)
		if err != nil {
			tb.Error(lib.name, err)
			return
		}
		accepted(c)
	}))
}

// serveHTTP serves a handler, and returns the target.
func serveHTTP(tb testing.TB, h http.Handler) string {
	web := httptest.NewUnstartedServer(h)
	web.Config.ReadHeaderTimeout = 5 * time.Second
	web.Start()
	tb.Cleanup(web.Close)
	return "ws" + strings.TrimPrefix(web.URL, "http")
}
