package conntest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

func addresses(tr *trial) error {
	for _, c := range [2]net.Conn{tr.near, tr.far} {
		if c.LocalAddr() == nil || c.RemoteAddr() == nil {
			return errors.New("an address is nil")
		}
		_, _ = c.LocalAddr().String(), c.RemoteAddr().Network()
	}
	return nil
}

// anySlicing writes and reads in sizes that have nothing to do with each
// other: a transport that carries messages must not let their edges show.
func anySlicing(tr *trial) error {
	data := patternOf(300_000)
	pour := func(to net.Conn) func() error {
		return func() error {
			sizes := []int{1, 2, 3, 7, 100, 1000, 4095, 4096, 32769, 65537}
			for i, at := 0, 0; at < len(data); i++ {
				n := min(sizes[i%len(sizes)], len(data)-at)
				if err := send(to, data[at:at+n]); err != nil {
					return err
				}
				at += n
			}
			return nil
		}
	}
	catch := func(from net.Conn) error {
		got := make([]byte, 0, len(data))
		p := make([]byte, 20_000)
		sizes := []int{5000, 1, 17, 3, 20_000, 999}
		for i := 0; len(got) < len(data); i++ {
			n, err := from.Read(p[:min(sizes[i%len(sizes)], len(data)-len(got))])
			got = append(got, p[:n]...)
			if err != nil {
				return fmt.Errorf("read after %d bytes: %w", len(got), err)
			}
		}
		return same(got, data)
	}
	for _, way := range [2][2]net.Conn{{tr.near, tr.far}, {tr.far, tr.near}} {
		tr.doing("sending in odd sizes")
		err := all(background(pour(way[0])), background(func() error { return catch(way[1]) }))
		if err != nil {
			return err
		}
	}
	return nil
}

func bothWaysAtOnce(tr *trial) error {
	data := patternOf(4 << 20)
	tr.doing("sending 4 MiB each way")
	var results []<-chan error
	for _, c := range [2]net.Conn{tr.near, tr.far} {
		results = append(results,
			background(func() error { return send(c, data) }),
			background(func() error { return expect(c, data) }))
	}
	return all(results...)
}

func emptyOperations(tr *trial) error {
	tr.doing("sending an empty write and then a message")
	sent := background(func() error {
		if err := send(tr.near, nil); err != nil {
			return err
		}
		return send(tr.near, []byte("message"))
	})
	if n, err := tr.far.Read(nil); n != 0 || err != nil {
		return fmt.Errorf("a read into nothing returned %d, %v", n, err)
	}
	got := make([]byte, len("message"))
	if n, err := io.ReadFull(tr.far, got); err != nil {
		return fmt.Errorf("after an empty write %d bytes could be read: %w", n, err)
	}
	if err := same(got, []byte("message")); err != nil {
		return err
	}
	return <-sent
}

// allMethodsAtOnce is for the race detector as much as for the bytes.
func allMethodsAtOnce(tr *trial) error {
	data := patternOf(256 << 10)
	stop := make(chan struct{})
	var meddlers sync.WaitGroup
	for _, c := range [2]net.Conn{tr.near, tr.far} {
		meddlers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				later := time.Now().Add(time.Hour)
				_ = c.SetDeadline(later)
				_ = c.SetReadDeadline(time.Time{})
				_ = c.SetWriteDeadline(later)
				_, _ = c.LocalAddr(), c.RemoteAddr()
			}
		})
	}
	tr.doing("sending both ways while deadlines are set")
	var results []<-chan error
	for _, c := range [2]net.Conn{tr.near, tr.far} {
		results = append(results,
			background(func() error {
				for rest := data; len(rest) > 0; rest = rest[min(1000, len(rest)):] {
					if err := send(c, rest[:min(1000, len(rest))]); err != nil {
						return err
					}
				}
				return nil
			}),
			background(func() error { return expect(c, data) }))
	}
	err := all(results...)
	close(stop)
	meddlers.Wait()
	return err
}
