package reconnect

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func dialing(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }

func TestClassify(t *testing.T) {
	for _, test := range []struct {
		err  error
		want Cause
	}{
		{nil, CauseNone},
		{errors.New("odd"), CauseOther},
		{net.ErrClosed, CauseOther},
		{Permanent(io.EOF), CausePermanent},
		{RetryAfter(1, 2, io.EOF), CauseDirected},
		{context.Canceled, CauseCanceled},
		{&net.DNSError{Err: "no such host", IsNotFound: true}, CauseDNS},
		{&net.DNSError{Err: "i/o timeout", IsTimeout: true}, CauseDNS},
		{tls.RecordHeaderError{Msg: "not TLS"}, CauseTLS},
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, CauseTLS},
		{x509.HostnameError{Certificate: &x509.Certificate{}, Host: "a"}, CauseTLS},
		{&net.OpError{Op: "remote error", Err: tls.AlertError(42)}, CauseTLS},
		{io.EOF, CauseClosed},
		{io.ErrUnexpectedEOF, CauseClosed},
		{context.DeadlineExceeded, CauseTimeout},
		{os.ErrDeadlineExceeded, CauseTimeout},
		{dialing(os.ErrDeadlineExceeded), CauseTimeout},
		{dialing(fmt.Errorf("no socket: %w", os.ErrNotExist)), CauseRefused},
		{os.ErrNotExist, CauseOther},
		{&GaveUpError{Err: io.EOF}, CauseClosed},
		{errors.Join(errors.New("odd"), io.EOF), CauseClosed},
	} {
		require.Equal(t, test.want, Classify(test.err), "%v", test.err)
		if test.err != nil {
			require.Equal(t, test.want, Classify(fmt.Errorf("outer: %w", test.err)), "wrapped: %v", test.err)
		}
	}
}

// The table holds this system's own numbers.
func TestClassifyErrno(t *testing.T) {
	for want, errnos := range map[Cause][]syscall.Errno{
		CauseRefused:     errnoRefused,
		CauseUnreachable: errnoUnreachable,
		CauseClosed:      errnoClosed,
		CauseTimeout:     errnoTimeout,
	} {
		require.NotEmpty(t, errnos)
		for _, errno := range errnos {
			require.Equal(t, want, Classify(dialing(os.NewSyscallError("connect", errno))), "%d %v", errno, errno)
		}
	}
}

// What the running system really returns.
func TestClassifyOnRealSockets(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()

	client, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer client.Close()
	server, err := listener.Accept()
	require.NoError(t, err)

	require.NoError(t, client.SetReadDeadline(time.Unix(1, 0)))
	_, err = client.Read(make([]byte, 1))
	require.Equal(t, CauseTimeout, Classify(err), "%v", err)

	require.NoError(t, client.SetReadDeadline(time.Time{}))
	require.NoError(t, server.(*net.TCPConn).SetLinger(0))
	require.NoError(t, server.Close())
	_, err = client.Read(make([]byte, 1))
	require.Equal(t, CauseClosed, Classify(err), "%v", err)

	require.NoError(t, listener.Close())
	_, err = net.Dial("tcp", address)
	require.Equal(t, CauseRefused, Classify(err), "%v", err)

	if runtime.GOOS != "windows" { // where the error for it depends on the version
		_, err = net.Dial("unix", filepath.Join(t.TempDir(), "none"))
		require.Equal(t, CauseRefused, Classify(err), "%v", err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = new(net.Dialer).DialContext(ctx, "tcp", address)
	require.Equal(t, CauseCanceled, Classify(err), "%v", err)
}

func TestCausesAndStatesHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for c := CauseNone; c <= CauseTimeout; c++ {
		require.NotEmpty(t, c.String())
		require.False(t, seen[c.String()], "%v twice", c)
		seen[c.String()] = true
	}
	require.Equal(t, "other", Cause(-1).String())
	require.Equal(t, "other", Cause(99).String())
	for s := StateConnecting; s <= StateStopped; s++ {
		require.NotEqual(t, "unknown", s.String())
	}
	require.Equal(t, "unknown", State(0).String())
}
