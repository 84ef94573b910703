//go:build linux

package netns

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// content is the i-th message of a direction: all of it follows from both.
func content(dir byte, i uint64) []byte {
	msg := binary.BigEndian.AppendUint64([]byte{dir}, i)
	sum := sha256.Sum256(msg)
	return append(msg, bytes.Repeat(sum[:], int(sum[0]%8))...)
}

// numberOf is which message of a direction that is.
func numberOf(dir byte, msg []byte) (uint64, error) {
	if len(msg) >= 9 {
		if n := binary.BigEndian.Uint64(msg[1:]); bytes.Equal(msg, content(dir, n)) {
			return n, nil
		}
	}
	return 0, fmt.Errorf("no message of %c: %.9q of %d bytes", dir, msg, len(msg))
}

// A tally holds what is received to what must have been sent: to its content, and
// to being the next in order.
type tally struct {
	dir           byte
	got           uint64 // is the number of the next message
	lost, doubled uint64 // passed over; come again
}

// take counts a message, and says what is wrong with it.
func (y *tally) take(msg []byte) error {
	n, err := numberOf(y.dir, msg)
	if err != nil {
		return err
	}
	want := y.got
	switch {
	case n < want:
		y.doubled++
		return fmt.Errorf("message %d of %c once more, %d expected", n, y.dir, want)
	case n > want:
		y.lost += n - want
		err = fmt.Errorf("message %d of %c, %d expected", n, y.dir, want)
	}
	y.got = n + 1
	return err
}

// It is why the tally may be believed.
func TestTheTallyNoticesEveryFault(t *testing.T) {
	changed := content('s', 1)
	changed[len(changed)-1]++
	for _, c := range []struct {
		name          string
		msgs          [][]byte
		lost, doubled uint64
		fine          bool
	}{
		{"nothing wrong", [][]byte{content('s', 0), content('s', 1), content('s', 2)}, 0, 0, true},
		{"dropped", [][]byte{content('s', 0), content('s', 3)}, 2, 0, false},
		{"doubled", [][]byte{content('s', 0), content('s', 1), content('s', 1)}, 0, 1, false},
		{"swapped", [][]byte{content('s', 1), content('s', 0), content('s', 2)}, 1, 1, false},
		{"changed", [][]byte{content('s', 0), changed}, 0, 0, false},
		{"cut short", [][]byte{content('s', 0)[:8]}, 0, 0, false},
		{"of the other direction", [][]byte{content('c', 0)}, 0, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			y, wrong := tally{dir: 's'}, error(nil)
			for _, msg := range c.msgs {
				if err := y.take(msg); err != nil {
					wrong = err
				}
			}
			require.Equal(t, c.fine, wrong == nil, "%v", wrong)
			require.Equal(t, [2]uint64{c.lost, c.doubled}, [2]uint64{y.lost, y.doubled})
		})
	}
}
