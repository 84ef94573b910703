package conntest

import (
	"errors"
	"fmt"
	"time"
)

func pastReadDeadline(tr *trial) error {
	if err := tr.near.SetReadDeadline(past); err != nil {
		return err
	}
	tr.doing("reading after the deadline")
	return mustTimeOut("read", readByte(tr.near))
}

func readDeadlineKept(tr *trial) error {
	begin := time.Now()
	if err := tr.near.SetReadDeadline(begin.Add(short)); err != nil {
		return err
	}
	tr.doing("waiting for the deadline")
	if err := mustTimeOut("read", readByte(tr.near)); err != nil {
		return err
	}
	if took := time.Since(begin); took < short {
		return fmt.Errorf("read timed out after %v of %v", took, short)
	}
	return nil
}

// readRepeated catches transports that give up a connection when a read times
// out, and those that hand the next bytes to the read that was given up.
func readRepeated(tr *trial) error {
	for range 3 {
		if err := tr.near.SetReadDeadline(time.Now().Add(short)); err != nil {
			return err
		}
		tr.doing("waiting for the deadline")
		if err := mustTimeOut("read", readByte(tr.near)); err != nil {
			return err
		}
		if err := tr.near.SetReadDeadline(time.Time{}); err != nil {
			return err
		}
		tr.doing("receiving after a read timed out")
		message := []byte("are you still there?")
		sent := background(func() error { return send(tr.far, message) })
		pause(short / 5) // for the bytes to come while nobody reads
		got := background(func() error { return expect(tr.near, message) })
		if err := all(sent, got); err != nil {
			return fmt.Errorf("after a read timed out: %w", err)
		}
		tr.doing("sending after a read timed out")
		if err := exchange(tr.near, tr.far, "yes"); err != nil {
			return fmt.Errorf("after a read timed out: %w", err)
		}
	}
	return nil
}

func expiredReadWrites(tr *trial) error {
	if err := tr.near.SetReadDeadline(past); err != nil {
		return err
	}
	tr.doing("writing with an expired read deadline")
	return exchange(tr.near, tr.far, "the other direction")
}

func readDeadlineMovedBack(tr *trial) error {
	for _, first := range [2]time.Time{{}, time.Now().Add(time.Hour)} {
		if err := tr.near.SetReadDeadline(first); err != nil {
			return err
		}
		result := background(func() error { return readByte(tr.near) })
		pause(short / 2)
		if err := tr.near.SetReadDeadline(past); err != nil {
			return err
		}
		tr.doing("waiting for the read to be unblocked")
		if err := mustTimeOut("read", <-result); err != nil {
			return err
		}
	}
	return nil
}

func readDeadlineExtended(tr *trial) error {
	for wait := 2 * short; wait < tr.limit/4; wait *= 2 {
		original := time.Now().Add(wait)
		if err := tr.near.SetReadDeadline(original); err != nil {
			return err
		}
		result := background(func() error { return readByte(tr.near) })
		pause(wait / 4)
		if err := tr.near.SetReadDeadline(original.Add(time.Hour)); err != nil {
			return err
		}
		if time.Now().After(original) {
			<-background(func() error { return send(tr.far, []byte{0}) })
			if <-result != nil {
				_ = readByte(tr.near)
			}
			continue // the machine was too slow for this to say anything
		}
		pause(time.Until(original) + short)
		select {
		case err := <-result:
			return fmt.Errorf("read ended at the deadline that had been extended: %w", err)
		default:
		}
		tr.doing("receiving under the extended deadline")
		if err := send(tr.far, []byte{0}); err != nil {
			return err
		}
		return <-result
	}
	return errors.New("the machine is too slow for this check")
}

// deadlinesInTraffic lets reads time out at every stage of what comes in.
func deadlinesInTraffic(tr *trial) error {
	data := patternOf(300_000)
	sent := background(func() error {
		for i, rest := 0, data; len(rest) > 0; i++ {
			n := min(1+i*37%3000, len(rest))
			if err := send(tr.far, rest[:n]); err != nil {
				return err
			}
			rest = rest[n:]
			if i%10 == 0 {
				pause(500 * time.Microsecond)
			}
		}
		return nil
	})
	replies := background(func() error { return expect(tr.far, data[:50_000]) })
	replied := background(func() error { return send(tr.near, data[:50_000]) })

	tr.doing("reading under deadlines that keep expiring")
	limits := []time.Duration{-time.Second, 20 * time.Microsecond, 300 * time.Microsecond, 2 * time.Millisecond}
	got := make([]byte, 0, len(data))
	p := make([]byte, 1500)
	for i := 0; len(got) < len(data); i++ {
		if err := tr.near.SetReadDeadline(time.Now().Add(limits[i%len(limits)])); err != nil {
			return err
		}
		n, err := tr.near.Read(p[:min(len(p), len(data)-len(got))])
		got = append(got, p[:n]...)
		if err != nil && !isTimeout(err) {
			return fmt.Errorf("read after %d bytes, some of them after a timeout: %w", len(got), err)
		}
		if err := same(got[len(got)-n:], data[len(got)-n:len(got)]); err != nil {
			return fmt.Errorf("within the %d bytes before position %d, after reads that timed out: %w", n, len(got), err)
		}
	}
	tr.doing("waiting for the other direction")
	return errors.Join(<-sent, <-replied, <-replies)
}

// pause lets real time pass, where that is what is being tested.
func pause(d time.Duration) {
	if d > 0 {
		<-time.After(d)
	}
}
