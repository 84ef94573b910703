package conn

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/reconnect"
)

// once gives up on the first failure.
var once = reconnect.Policy{MaxAttempts: 1}

func dialOnce(t *testing.T, target string, conf *tls.Config) error {
	t.Helper()
	c, err := Dial(t.Context(), target, &Config{TLS: conf, Retry: once})
	if err == nil {
		_ = c.Close()
	}
	return err
}

// Certificates are verified: by whom, and for which name.
func TestClientVerifiesTheServer(t *testing.T) {
	r, trust, peers := onTLS(t)
	_, port, err := net.SplitHostPort(r.addr)
	require.NoError(t, err)

	err = dialOnce(t, "tls://"+r.addr, nil)
	require.ErrorAs(t, err, new(x509.HostnameError), "without a configuration, too")
	err = dialOnce(t, "tls://localhost:"+port, &tls.Config{RootCAs: x509.NewCertPool()})
	require.ErrorAs(t, err, new(x509.UnknownAuthorityError))
	other := trust.Clone()
	other.ServerName = "elsewhere.example"
	err = dialOnce(t, "tls://"+r.addr, other)
	require.ErrorAs(t, err, new(x509.HostnameError))
	require.Empty(t, peers, "nobody was shown a credential")
}

// A configuration that would allow less does not make TLS 1.1 be spoken.
func TestClientSpeaksNoTLSBelow12(t *testing.T) {
	r, trust, peers := onTLS(t)
	old, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer old.Close()
	go func() { // the certificate is not reached
		nc, err := old.Accept()
		if err != nil {
			return
		}
		_ = tls.Server(nc, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11,
			Certificates: []tls.Certificate{{}}}).Handshake()
		_ = nc.Close()
	}()
	weak := trust.Clone()
	weak.MinVersion = tls.VersionTLS10
	require.Error(t, dialOnce(t, "tls://"+old.Addr().String(), weak))
	require.Equal(t, uint16(tls.VersionTLS10), weak.MinVersion, "what was passed in is not changed")
	require.Equal(t, uint16(tls.VersionTLS12), (&Config{TLS: weak}).tlsConfig().MinVersion)
	strict := trust.Clone()
	strict.MinVersion = tls.VersionTLS13
	require.Equal(t, uint16(tls.VersionTLS13), (&Config{TLS: strict}).tlsConfig().MinVersion)

	c, err := Dial(t.Context(), "tls://"+r.addr, &Config{TLS: weak})
	require.NoError(t, err)
	require.GreaterOrEqual(t, (<-peers).TLS.Version, uint16(tls.VersionTLS12))
	_ = c.Close()
}
