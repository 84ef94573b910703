package conn

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
	"github.com/longsplice/longsplice/heartbeat"
	"github.com/longsplice/longsplice/reconnect"
)

// parkingTLS is parkingServer over TLS.
func parkingTLS(t *testing.T, after time.Duration, cfg *Config) (srv *Server, address string, client *tls.Config) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	srv, _ = parkingServer(t, after, cfg)
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	require.NoError(t, err)
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = srv.Serve(context.Background(), ln) // it ends with Close
	}()
	t.Cleanup(func() {
		require.NoError(t, srv.Close())
		<-served
	})
	return srv, ln.Addr().String(), &tls.Config{RootCAs: roots, ServerName: "localhost"}
}

// An idle session over TLS holds neither a goroutine nor a read buffer, and goes on
// with what comes: messages, pings, the end.
func TestParkedOverTLS(t *testing.T) {
	srv, address, client := parkingTLS(t, 10*time.Millisecond, nil)
	cfg := &Config{TLS: client, Heartbeat: &heartbeat.Config{Interval: time.Second}}
	before := runtime.NumGoroutine()
	var clients []*Conn
	for range 20 {
		clients = append(clients, dialParking(t, "tls://"+address, cfg))
	}
	for range 3 {
		awaitParked(t, srv, len(clients))
		for _, c := range srv.sessions.all() {
			c.mu.Lock()
			if c.parked { // it may have just been pinged
				require.Nil(t, c.link.in)
			}
			c.mu.Unlock()
		}
		for _, c := range clients {
			echoed(t, c, "awake")
			echoed(t, c, string(make([]byte, 100_000)))
		}
	}
	awaitParked(t, srv, len(clients))
	// A client whose application is away has two goroutines.
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+2*len(clients)+5 }, 10*time.Second, time.Millisecond)
	for _, c := range clients {
		require.NoError(t, c.Close())
	}
	require.Eventually(t, func() bool { return len(srv.sessions.all()) == 0 }, 10*time.Second, time.Millisecond)
}

// Records that come in pieces, with a session that parks between the pieces, lose
// nothing and keep no processor busy.
func TestParkedWithinRecord(t *testing.T) {
	srv, address, client := parkingTLS(t, time.Millisecond, &Config{MaxFailedResumes: -1})
	proxy, err := faultproxy.Listen(address, &faultproxy.Config{
		Schedule: faultproxy.Schedule{Seed: 3, Cuts: 5, Mean: 2_000},
	})
	require.NoError(t, err)
	defer proxy.Close()
	proxy.SetSlice(faultproxy.ToServer, 37)
	proxy.SetBandwidth(faultproxy.ToServer, 20_000)
	c := dialParking(t, "tls://"+proxy.Addr().String(), &Config{
		TLS:   client,
		Retry: reconnect.Policy{InitialDelay: time.Millisecond, MaxDelay: 20 * time.Millisecond},
	})
	for i := range 40 {
		echoed(t, c, string(make([]byte, 1+i*10)))
	}
	require.Greater(t, c.Stats().Links, uint64(2))
	awaitParked(t, srv, 1)
	echoed(t, c, "awake")
}

// A halving is a socket whose next write stops half-way when it is told to.
type halving struct {
	net.Conn
	halve atomic.Bool
	half  chan struct{} // the half is written
	rest  chan struct{} // the other one may be
}

func (h *halving) Write(p []byte) (int, error) {
	if !h.halve.CompareAndSwap(true, false) {
		return h.Conn.Write(p)
	}
	n, err := h.Conn.Write(p[:len(p)/2])
	if err != nil {
		return n, err
	}
	h.half <- struct{}{}
	<-h.rest
	m, err := h.Conn.Write(p[n:])
	return n + m, err
}

// A record of which a part has come does not keep a session from being parked, nor
// its poller busy.
func TestParkedOnHalfRecord(t *testing.T) {
	srv, address, client := parkingTLS(t, 10*time.Millisecond, nil)
	h := &halving{half: make(chan struct{}), rest: make(chan struct{})}
	c := dialParking(t, "halved://"+address, &Config{Dialers: map[string]DialFunc{
		"halved": func(_ context.Context, address string) (nc net.Conn, err error) {
			h.Conn, err = net.Dial("tcp", address)
			return tls.Client(h, client), err
		},
	}})
	echoed(t, c, "whole")
	awaitParked(t, srv, 1)
	looks := func() (n uint32, parked bool) {
		s := srv.sessions.all()[0]
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.looks, s.parked
	}
	before, _ := looks()
	h.halve.Store(true)
	require.NoError(t, c.Send(t.Context(), make([]byte, 100)))
	<-h.half
	var then uint32
	require.Eventually(t, func() bool {
		n, parked := looks()
		then = n
		return n > before && parked
	}, 10*time.Second, time.Millisecond)
	require.Never(t, func() bool {
		n, _ := looks()
		return n > then+5
	}, 100*time.Millisecond, 10*time.Millisecond)
	h.rest <- struct{}{}
	msg, err := c.Receive(t.Context())
	require.NoError(t, err)
	require.Len(t, msg, 100)
}
