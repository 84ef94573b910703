package reconnect_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/longsplice/longsplice/reconnect"
)

// A plain line protocol over TCP, whose server hangs up after every line.
func ExampleDialer() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer listener.Close()
	go func() { // ends when the listener is closed
		for n := 1; ; n++ {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			fmt.Fprintf(c, "line %d\n", n)
			c.Close()
		}
	}()

	d := &reconnect.Dialer[net.Conn]{
		Targets: []string{listener.Addr().String()},
		Policy:  reconnect.Policy{InitialDelay: time.Millisecond},
		Dial: func(ctx context.Context, target string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", target)
		},
	}
	lines := 0
	err = d.Run(context.Background(), func(_ context.Context, c net.Conn) error {
		for in := bufio.NewScanner(c); in.Scan(); {
			fmt.Println(in.Text())
			if lines++; lines == 3 {
				return nil // that was all we wanted
			}
		}
		return errors.New("the server hung up")
	})
	fmt.Println("err:", err)
	// Output:
	// line 1
	// line 2
	// line 3
	// err: <nil>
}

// session stands for a handle of some database.
type session struct{ host string }

func (*session) Close() error { return nil }

// The second of three hosts is the one that answers.
func ExampleDialer_failover() {
	d := &reconnect.Dialer[*session]{
		Targets: []string{"db1", "db2", "db3"},
		Dial: func(_ context.Context, host string) (*session, error) {
			if host != "db2" {
				return nil, errors.New("connection refused")
			}
			return &session{host}, nil
		},
		OnState: func(e reconnect.Event) { fmt.Println(e.State, e.Target, e.Delay) },
	}
	err := d.Run(context.Background(), func(_ context.Context, s *session) error {
		fmt.Println("querying", s.host)
		return nil
	})
	fmt.Println("err:", err)
	// Output:
	// connecting db1 0s
	// reconnecting db1 0s
	// connecting db2 0s
	// connected db2 0s
	// querying db2
	// stopped db2 0s
	// err: <nil>
}

// A server that restarts tells its clients when to come back. They do, spread
// over the span that it named.
func ExampleRetryAfter() {
	goingAway := errors.New("server is going away")
	served := 0
	d := &reconnect.Dialer[*session]{
		Dial: func(context.Context, string) (*session, error) { return &session{}, nil },
		OnState: func(e reconnect.Event) {
			if e.State == reconnect.StateReconnecting {
				inSpan := e.Delay >= 2*time.Millisecond && e.Delay <= 5*time.Millisecond
				fmt.Println(e.Cause, e.Err, inSpan)
			}
		},
	}
	err := d.Run(context.Background(), func(context.Context, *session) error {
		if served++; served == 1 {
			return reconnect.RetryAfter(2*time.Millisecond, 5*time.Millisecond, goingAway)
		}
		return nil
	})
	fmt.Println("err:", err)
	// Output:
	// directed server is going away true
	// err: <nil>
}

// A wrong password is not mended by trying again.
func ExamplePermanent() {
	denied := errors.New("access denied")
	d := &reconnect.Dialer[*session]{
		Dial: func(context.Context, string) (*session, error) {
			return nil, fmt.Errorf("login: %w", reconnect.Permanent(denied))
		},
	}
	err := d.Run(context.Background(), func(context.Context, *session) error { return nil })
	fmt.Println(err, errors.Is(err, denied))
	// Output:
	// login: access denied true
}
