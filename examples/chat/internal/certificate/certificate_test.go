package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// save writes a new certificate and its key to files.
func save(t *testing.T) (cert, key string, der []byte) {
	t.Helper()
	pair, err := selfSigned()
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	require.NoError(t, err)
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{
		cert: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, key: {Type: "PRIVATE KEY", Bytes: private},
	} {
		require.NoError(t, os.WriteFile(name, pem.EncodeToMemory(block), 0o600))
	}
	return cert, key, pair.Certificate[0]
}

func shown(t *testing.T, h *Holder) []byte {
	t.Helper()
	c, err := h.Config().GetCertificate(nil)
	require.NoError(t, err)
	return c.Certificate[0]
}

func TestACertificateIsReplacedAndABrokenOneIsNot(t *testing.T) {
	var h Holder
	require.True(t, h.Empty())
	cert, key, der := save(t)
	require.NoError(t, h.Load(cert, key, false))
	config := h.Config()
	require.EqualValues(t, tls.VersionTLS12, config.MinVersion)
	require.Equal(t, der, shown(t, &h))

	require.NoError(t, os.WriteFile(key, []byte("broken"), 0o600))
	require.Error(t, h.Load(cert, key, false))
	require.Equal(t, der, shown(t, &h), "the old one stays")

	cert, key, der = save(t)
	require.NoError(t, h.Load(cert, key, false))
	c, err := config.GetCertificate(nil)
	require.NoError(t, err)
	require.Equal(t, der, c.Certificate[0], "also for listeners that are open")
}

func TestASelfSignedOneIsMadeOnce(t *testing.T) {
	var h Holder
	require.NoError(t, h.Load("", "", false))
	require.True(t, h.Empty())
	require.NoError(t, h.Load("", "", true))
	first := shown(t, &h)
	require.NoError(t, h.Load("", "", true))
	require.Equal(t, first, shown(t, &h))
}
