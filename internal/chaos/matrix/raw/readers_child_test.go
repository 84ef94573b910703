package raw

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/wire"
)

// readersEnv makes this binary a process of slow readers: how many, over what, and
// where to.
const readersEnv = "LONGSPLICE_RAW_READERS"

// readers begins n sessions of peers that read no more, in another process, since a
// process has not enough descriptors for both ends. They end with the test.
func readers(t *testing.T, s *server, n int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s %s", readersEnv, n, s.over, s.addr))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = in.Close() // which ends it
		require.NoError(t, cmd.Wait())
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "ready", strings.TrimSpace(line))
}

// readersMain is the other process.
func readersMain(settings string) error {
	var n int
	var over stage.Over
	var addr string
	if _, err := fmt.Sscan(settings, &n, &over, &addr); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	links := make([]net.Conn, n)
	failed := make(chan error, n)
	places := make(chan struct{}, 64)
	var dials sync.WaitGroup
	for i := range links {
		places <- struct{}{}
		dials.Go(func() {
			defer func() { <-places }()
			nc, err := over.DialFrom(ctx, narrow, addr)
			if err == nil {
				links[i], err = nc, join(nc)
			}
			if err != nil {
				failed <- err
			}
		})
	}
	dials.Wait()
	select {
	case err := <-failed:
		return err
	default:
	}
	fmt.Println("ready")
	_, err := io.Copy(io.Discard, os.Stdin) // until the test is over
	for _, nc := range links {
		_ = nc.Close()
	}
	return err
}

// join begins a session, and reads nothing behind its WELCOME.
func join(nc net.Conn) error {
	h := hello()
	if _, err := nc.Write(h.Append(nil)); err != nil {
		return err
	}
	var header [wire.HeaderSize]byte
	if _, err := io.ReadFull(nc, header[:]); err != nil {
		return err
	}
	if kind := wire.Kind(header[4]); kind != wire.KindWelcome {
		return fmt.Errorf("in place of WELCOME: kind %#x", byte(kind))
	}
	return nil
}
