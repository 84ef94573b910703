package conntest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"
)

const (
	// short is the length of deadlines that are meant to pass.
	short = 50 * time.Millisecond
	// quiet is how long a writer must make no progress to count as blocked.
	quiet = 50 * time.Millisecond
	// endless is more than the buffers of any transport hold.
	endless = 128 << 20
)

// past is a deadline long gone.
var past = time.Unix(1, 0)

// pattern fills p with the bytes of a stream from position at on. The stream
// repeats itself after a length that is no multiple of any usual size.
func pattern(p []byte, at int) []byte {
	for done := 0; done < len(p); {
		done += copy(p[done:], cycle[(at+done)%len(cycle):])
	}
	return p
}

var cycle = func() []byte {
	p := make([]byte, 1<<18-5)
	for i := range p {
		p[i] = byte(uint32(i) * 2654435761 >> 24)
	}
	return p
}()

func patternOf(n int) []byte { return pattern(make([]byte, n), 0) }

// expect reads exactly want.
func expect(c net.Conn, want []byte) error {
	got := make([]byte, len(want))
	n, err := io.ReadFull(c, got)
	if err != nil {
		return fmt.Errorf("read %d of %d bytes: %w", n, len(want), err)
	}
	return same(got, want)
}

func same(got, want []byte) error {
	if bytes.Equal(got, want) {
		return nil
	}
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	return fmt.Errorf("bytes differ from position %d on (%d read, %d expected)", at, len(got), len(want))
}

// send writes all of p, and holds Write to its contract.
func send(c net.Conn, p []byte) error {
	n, err := c.Write(p)
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if n != len(p) {
		return fmt.Errorf("write returned %d of %d bytes and no error", n, len(p))
	}
	return nil
}

// exchange sends a message from a to b, which must arrive whole.
func exchange(a, b net.Conn, message string) error {
	return all(
		background(func() error { return send(a, []byte(message)) }),
		background(func() error { return expect(b, []byte(message)) }))
}

// all waits for all results, but not beyond the first error: what else is
// under way ends when the check's connection is closed.
func all(results ...<-chan error) error {
	first := make(chan error, len(results))
	for _, result := range results {
		go func() { first <- <-result }()
	}
	for range results {
		if err := <-first; err != nil {
			return err
		}
	}
	return nil
}

// background runs f in a goroutine and returns its result.
func background(f func() error) <-chan error {
	result := make(chan error, 1)
	go func() { result <- f() }()
	return result
}

// isTimeout reports whether err says so in the way of package net.
func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// mustTimeOut judges the result of an operation whose deadline has passed.
func mustTimeOut(op string, err error) error {
	switch {
	case err == nil:
		return fmt.Errorf("%s succeeded although its deadline had passed", op)
	case !isTimeout(err):
		return fmt.Errorf("%s failed with %q, which is not a net.Error with Timeout() true", op, err)
	}
	return nil
}

// readByte returns the error of reading one byte.
func readByte(c net.Conn) error {
	n, err := c.Read(make([]byte, 1))
	if err == nil && n != 1 {
		return fmt.Errorf("read returned %d bytes and no error", n)
	}
	return err
}

// fill writes until the connection takes no more, which returns when the
// writer has been blocked for a while. The result is that of the failed write.
func fill(c net.Conn) (result <-chan error, written *atomic.Int64, err error) {
	written = new(atomic.Int64)
	progress := make(chan struct{}, 1)
	result = background(func() error {
		chunk := make([]byte, 64<<10)
		for at := 0; at < endless; {
			n, err := c.Write(pattern(chunk, at))
			if n < 0 || n > len(chunk) {
				return fmt.Errorf("write of %d bytes returned %d", len(chunk), n)
			}
			at += n
			written.Add(int64(n))
			if err != nil {
				return err
			}
			select {
			case progress <- struct{}{}:
			default:
			}
		}
		return errNeverBlocked
	})
	timer := time.NewTimer(quiet)
	defer timer.Stop()
	for {
		select {
		case <-progress:
			timer.Reset(quiet)
		case <-timer.C:
			return result, written, nil
		case err := <-result:
			return nil, nil, fmt.Errorf("writing to a peer that does not read: %w", err)
		}
	}
}

var errNeverBlocked = errors.New("128 MiB were taken: nothing holds a fast writer back")
