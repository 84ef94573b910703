package conntest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/longsplice/longsplice/conn/conntest"
)

// A connection is cut after its fifth byte; what was in flight is lost.
func ExampleLink_CutAfter() {
	network := conntest.New(&conntest.Config{
		OnLink: func(l *conntest.Link) { l.CutAfter(conntest.ToServer, 5, conntest.RST) },
	})
	listener, err := network.Listen("server")
	if err != nil {
		panic(err)
	}
	client, err := network.Dial(context.Background(), "server")
	if err != nil {
		panic(err)
	}
	server, err := listener.Accept()
	if err != nil {
		panic(err)
	}

	n, err := client.Write([]byte("hello, world"))
	fmt.Println(n, err)
	got, err := io.ReadAll(server)
	fmt.Printf("%q %v\n", got, errors.Is(err, syscall.ECONNRESET))
	_, err = client.Write([]byte("more"))
	fmt.Println(errors.Is(err, syscall.ECONNRESET))
	// Output:
	// 12 <nil>
	// "hello" true
	// true
}

// A black hole of an hour takes no time in a synctest bubble. The example's
// body would be a test's.
func ExampleNetwork_Stall() {
	test := func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			network := &conntest.Network{}
			listener, _ := network.Listen("server")
			client, _ := network.Dial(t.Context(), "server")
			server, _ := listener.Accept()

			network.Stall(conntest.ToServer)
			_, _ = client.Write([]byte("late"))
			time.AfterFunc(time.Hour, func() { network.Heal(conntest.ToServer) })

			begin := time.Now()
			_, _ = server.Read(make([]byte, 4))
			if time.Since(begin) != time.Hour {
				t.Error("the bytes came too early")
			}
		})
	}
	_ = test
}

func ExampleTestTransport() {
	// In a file of tests: func TestConformance(t *testing.T) { … }
	_ = func(t *testing.T) {
		conntest.TestTransport(t, func(t *testing.T) (client, server net.Conn) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			client, err = net.Dial("tcp", listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			server, err = listener.Accept()
			if err != nil {
				t.Fatal(err)
			}
			return client, server
		})
	}
}

func ExamplePipe() {
	client, server := conntest.Pipe()
	conntest.LinkOf(client).SetSlice(conntest.ToServer, 4)
	_, _ = client.Write([]byte("one message")) // does not wait for a reader
	p := make([]byte, 100)
	n, _ := server.Read(p)
	fmt.Printf("%q\n", p[:n])
	// Output: "one "
}
