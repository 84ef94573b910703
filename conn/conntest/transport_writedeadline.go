package conntest

import (
	"fmt"
	"io"
	"time"
)

func pastWriteDeadline(tr *trial) error {
	if err := tr.near.SetWriteDeadline(past); err != nil {
		return err
	}
	tr.doing("writing after the deadline")
	n, err := tr.near.Write([]byte("too late"))
	if n < 0 || n > len("too late") {
		return fmt.Errorf("write returned %d", n)
	}
	return mustTimeOut("write", err)
}

func expiredWriteReads(tr *trial) error {
	if err := tr.near.SetWriteDeadline(past); err != nil {
		return err
	}
	tr.doing("reading with an expired write deadline")
	return exchange(tr.far, tr.near, "the other direction")
}

func writeDeadlineKept(tr *trial) error {
	if err := tr.near.SetWriteDeadline(time.Now().Add(4 * quiet)); err != nil {
		return err
	}
	tr.doing("writing until the deadline")
	result, _, err := fill(tr.near)
	if err != nil {
		if isTimeout(err) {
			return nil // a slow machine: the deadline came before the buffers were full
		}
		return err
	}
	return mustTimeOut("write", <-result)
}

// writeDeadlineMovedBack also sees that what did arrive is a prefix.
func writeDeadlineMovedBack(tr *trial) error {
	tr.doing("writing until blocked")
	result, written, err := fill(tr.near)
	if err != nil {
		return err
	}
	if err := tr.near.SetWriteDeadline(past); err != nil {
		return err
	}
	tr.doing("waiting for the write to be unblocked")
	if err := mustTimeOut("write", <-result); err != nil {
		return err
	}
	tr.doing("reading what had been taken")
	closed := background(tr.near.Close)
	at, p := 0, make([]byte, 64<<10)
	for want := make([]byte, len(p)); err == nil; {
		var n int
		n, err = io.ReadFull(tr.far, p)
		if err := same(p[:n], pattern(want[:n], at)); err != nil {
			return fmt.Errorf("before position %d: %w", at+n, err)
		}
		at += n
	}
	// A chunk whose write timed out may have arrived in part or in whole.
	if most := int(written.Load()) + len(p); at > most {
		return fmt.Errorf("%d bytes arrived of at most %d written", at, most)
	}
	<-closed
	return nil
}
