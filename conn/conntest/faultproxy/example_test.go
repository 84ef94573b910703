package faultproxy_test

import (
	"fmt"
	"io"
	"net"

	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
)

// The connection ends in order after the fifth byte of the greeting.
func Example() {
	greeter, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer greeter.Close()
	go func() {
		for {
			c, err := greeter.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, "hello, world")
			_ = c.Close()
		}
	}()

	proxy, err := faultproxy.Listen(greeter.Addr().String(), &faultproxy.Config{
		OnLink: func(l *faultproxy.Link) {
			if l.ID() == 1 {
				l.CutAfter(faultproxy.ToClient, 5, faultproxy.FIN)
			}
		},
	})
	if err != nil {
		panic(err)
	}
	defer proxy.Close()

	for range 2 {
		c, err := net.Dial("tcp", proxy.Addr().String())
		if err != nil {
			panic(err)
		}
		greeting, err := io.ReadAll(c)
		fmt.Printf("%q %v\n", greeting, err)
		_ = c.Close()
	}
	// Output:
	// "hello" <nil>
	// "hello, world" <nil>
}

func ExampleSchedule_Plan() {
	for _, cut := range (faultproxy.Schedule{Seed: 42, Cuts: 3, Mean: 1000}).Plan() {
		fmt.Println(cut.Direction, cut.After, cut.How)
	}
	// Output:
	// to client 498 FIN
	// to server 1752 RST
	// to server 1124 RST
}
