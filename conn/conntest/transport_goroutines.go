package conntest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime/pprof"
	"strconv"
	"time"
)

// goroutineLabel marks the goroutines that a check is responsible for: a
// goroutine inherits the labels of the one that started it, so other tests
// that run at the same time do not count.
const goroutineLabel = "conntest"

// markGoroutines marks the calling goroutine and those that it will start.
func markGoroutines(name string) {
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels(goroutineLabel, name)))
}

// checkGoroutines runs use, which marks a goroutine of its own, and then waits
// until no goroutine with that mark is left.
func checkGoroutines(use func(), name string) error {
	use()
	var left []byte
	for begin := time.Now(); time.Since(begin) < 5*time.Second; pause(short / 10) {
		if left = marked(name); left == nil {
			return nil
		}
	}
	return fmt.Errorf("goroutines are left after both ends were closed:\n%s", left)
}

// marked returns the stacks of the goroutines with the mark, or nil.
func marked(name string) (stacks []byte) {
	var profile bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&profile, 1)
	mark := []byte(strconv.Quote(goroutineLabel) + ":" + strconv.Quote(name))
	for group := range bytes.SplitSeq(profile.Bytes(), []byte("\n\n")) {
		if bytes.Contains(group, mark) {
			stacks = append(append(stacks, group...), '\n', '\n')
		}
	}
	return stacks
}

// useAndClose does what makes transports start goroutines: transfers,
// deadlines that pass, and closing while reads are blocked.
func useAndClose(tr *trial) error {
	if err := anySlicing(tr); err != nil {
		return err
	}
	if err := readRepeated(tr); err != nil {
		return err
	}
	tr.doing("closing while both ends read")
	for _, c := range [2]io.ReadCloser{tr.near, tr.far} {
		go io.Copy(io.Discard, c)
	}
	pause(short / 5)
	_ = tr.near.Close()
	_ = tr.far.Close()
	return nil
}
