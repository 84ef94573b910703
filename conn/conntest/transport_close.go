package conntest

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

func closeDelivers(tr *trial) error {
	data := patternOf(1 << 20)
	tr.doing("sending and closing")
	sent := background(func() error {
		return errors.Join(send(tr.near, data), tr.near.Close())
	})
	pause(short / 5) // the close shall come before most of the reads
	got := make([]byte, 0, len(data))
	p := make([]byte, 10_000)
	for {
		n, err := tr.far.Read(p)
		got = append(got, p[:n]...)
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("after %d of %d bytes the end was %q, not io.EOF", len(got), len(data), err)
		}
		if len(got) > len(data) {
			return errors.New("more bytes came than were written")
		}
	}
	if err := same(got, data); err != nil {
		return fmt.Errorf("io.EOF came early: %w", err)
	}
	if err := readByte(tr.far); err != io.EOF {
		return fmt.Errorf("the read after io.EOF returned %v", err)
	}
	return <-sent
}

func closeUnblocksRead(tr *trial) error {
	result := background(func() error { return readByte(tr.near) })
	pause(short)
	tr.doing("closing while a read is blocked")
	if err := tr.near.Close(); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	tr.doing("waiting for the blocked read")
	if err := <-result; err == nil {
		return errors.New("the blocked read succeeded")
	}
	tr.doing("reading after close")
	if readByte(tr.near) == nil {
		return errors.New("a read after close succeeded")
	}
	return nil
}

func closeUnblocksWrite(tr *trial) error {
	tr.doing("writing until blocked")
	result, _, err := fill(tr.near)
	if err != nil {
		return err
	}
	tr.doing("closing while a write is blocked")
	_ = tr.near.Close() // may report what could not be sent
	tr.doing("waiting for the blocked write")
	if <-result == nil {
		return errors.New("the blocked write succeeded")
	}
	tr.doing("writing after close")
	if _, err := tr.near.Write([]byte{1}); err == nil {
		return errors.New("a write after close succeeded")
	}
	return nil
}

func peerCloseEndsRead(tr *trial) error {
	result := background(func() error { return readByte(tr.near) })
	pause(short)
	closed := background(tr.far.Close)
	tr.doing("waiting for the blocked read")
	if err := <-result; err != io.EOF {
		return fmt.Errorf("the peer's close was read as %v, not io.EOF", err)
	}
	return <-closed
}

// writesToNobodyEnd allows a transport that cannot tell a peer that closed
// from one that does not read: its writes end at their deadline.
func writesToNobodyEnd(tr *trial) error {
	tr.doing("closing the peer")
	if err := tr.far.Close(); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	if err := tr.near.SetWriteDeadline(time.Now().Add(tr.limit / 5)); err != nil {
		return nil // the connection is over already
	}
	tr.doing("writing to a peer that is gone")
	chunk := make([]byte, 4<<10)
	for begin := time.Now(); time.Since(begin) < tr.limit/3; {
		if _, err := tr.near.Write(chunk); err != nil {
			return nil
		}
	}
	return errors.New("writes go on succeeding")
}

func peerAbandons(tr *trial) error {
	tr.doing("writing what nobody reads")
	sent := background(func() error { return send(tr.near, patternOf(10_000)) })
	result := background(func() error { return readByte(tr.near) })
	pause(short)
	closed := background(tr.far.Close)
	tr.doing("waiting for the blocked read")
	if <-result == nil {
		return errors.New("the blocked read succeeded")
	}
	tr.doing("waiting for the write and the peer's close")
	<-sent // may have succeeded, or not
	<-closed
	return nil
}

func closeRepeated(tr *trial) error {
	tr.doing("closing from many goroutines")
	reading := background(func() error { return readByte(tr.near) })
	writing := background(func() error {
		for {
			if _, err := tr.near.Write(make([]byte, 1000)); err != nil {
				return nil
			}
		}
	})
	go io.Copy(io.Discard, tr.far)
	pause(short / 5)
	var closers sync.WaitGroup
	panics := make(chan any, 8)
	for range cap(panics) {
		closers.Go(func() {
			defer func() {
				if r := recover(); r != nil {
					panics <- r
				}
			}()
			_ = tr.near.Close()
		})
	}
	closers.Wait()
	select {
	case r := <-panics:
		return fmt.Errorf("close panicked: %v", r)
	default:
	}
	tr.doing("closing once more")
	_ = tr.near.Close()
	tr.doing("waiting for the blocked read and write")
	if <-reading == nil {
		return errors.New("the blocked read succeeded")
	}
	return <-writing
}

func halfClose(tr *trial) error {
	closer, ok := tr.near.(interface{ CloseWrite() error })
	if !ok {
		return errSkip
	}
	tr.doing("sending and closing the way out")
	sent := background(func() error {
		return errors.Join(send(tr.near, []byte("question")), closer.CloseWrite())
	})
	question, err := io.ReadAll(tr.far)
	if err != nil {
		return fmt.Errorf("reading up to the half-close: %w", err)
	}
	if err := same(question, []byte("question")); err != nil {
		return err
	}
	if err := <-sent; err != nil {
		return err
	}
	reply := patternOf(300_000)
	tr.doing("replying after the half-close")
	replied := background(func() error {
		return errors.Join(send(tr.far, reply), tr.far.Close())
	})
	got, err := io.ReadAll(tr.near)
	if err != nil {
		return fmt.Errorf("reading the reply after the half-close: %w", err)
	}
	return errors.Join(same(got, reply), <-replied)
}
