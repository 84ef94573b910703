package main

import (
	"encoding/binary"
	"fmt"
	"io"
)

// frameHeader is what stands before a message where the race frames messages
// itself: a length in four bytes and a kind in one. That is what Longsplice
// writes, so the floor moves the same bytes.
const frameHeader = 5

func appendFrame(dst, msg []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(1+len(msg)))
	return append(append(dst, 0x10), msg...)
}

// frames reads frames, as many at a time as have arrived. Its buffer begins
// small, and grows with what there is to read.
type frames struct {
	r    io.Reader
	buf  []byte
	have []byte // of buf, not yet returned
}

const maxFrame = 1 << 21

// next returns the next message, which stays good until the call after it.
func (f *frames) next() ([]byte, error) {
	for {
		if len(f.have) >= 4 {
			size := 4 + int(binary.BigEndian.Uint32(f.have))
			if size < frameHeader || size > maxFrame {
				return nil, fmt.Errorf("a frame of %d bytes", size)
			}
			if len(f.have) >= size {
				msg := f.have[frameHeader:size]
				f.have = f.have[size:]
				return msg, nil
			}
			f.room(size)
		} else {
			f.room(frameHeader)
		}
		free := f.buf[len(f.have):]
		n, err := f.r.Read(free)
		f.have = f.buf[:len(f.have)+n]
		if n == len(free) && len(f.buf) < 64<<10 {
			f.grow(2 * len(f.buf))
		}
		if err != nil && n == 0 {
			return nil, err
		}
	}
}

// readAll has a see all messages.
func (f *frames) readAll(a app, from sender) {
	for {
		msg, err := f.next()
		if err != nil || a(msg, from) != nil {
			return
		}
	}
}

// room moves what there is to the front of the buffer, and sees to it that size
// bytes fit.
func (f *frames) room(size int) {
	if size > len(f.buf) {
		f.grow(max(size, 512))
	} else {
		f.have = f.buf[:copy(f.buf, f.have)]
	}
}

func (f *frames) grow(size int) {
	buf := make([]byte, size)
	f.have = buf[:copy(buf, f.have)]
	f.buf = buf
}
