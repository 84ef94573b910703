package wsconn_test

import (
	"net"
	"testing"

	"github.com/longsplice/longsplice/conn/conntest"
	"github.com/longsplice/longsplice/conn/wsconn"
)

func TestTransport(t *testing.T) {
	both(t, func(t *testing.T, secure bool) {
		conntest.TestTransport(t, func(t *testing.T) (client, server net.Conn) {
			return pair(t, secure, nil, wsconn.Dialer{})
		})
	})
}
