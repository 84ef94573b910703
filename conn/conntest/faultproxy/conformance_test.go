package faultproxy_test

import (
	"net"
	"testing"
	"time"

	"github.com/longsplice/longsplice/conn/conntest"
	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
)

// A proxy without faults, and one that only reshapes, must be as good as the
// connection without it.
func TestAConnectionThroughTheProxyConforms(t *testing.T) {
	for name, shape := range map[string]func(*faultproxy.Proxy){
		"transparent": func(*faultproxy.Proxy) {},
		"reshaped": func(p *faultproxy.Proxy) {
			p.SetSlice(faultproxy.ToServer, 777)
			p.SetCoalesce(faultproxy.ToClient, time.Millisecond)
			p.SetDelay(faultproxy.Both, 2*time.Millisecond, time.Millisecond)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conntest.TestTransport(t, func(t *testing.T) (client, server net.Conn) {
				r := newRig(t, nil)
				shape(r.Proxy)
				c, err := net.Dial("tcp", r.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				s, err := r.target.Accept()
				if err != nil {
					t.Fatal(err)
				}
				return c, s
			})
		})
	}
}
