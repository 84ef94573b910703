package main

import "io"

const (
	pieceSize = 32 << 10 // of data in a message
	pieces    = 4        // read ahead
)

// A piece is a message of data, or the end of the input with err.
type piece struct {
	msg []byte
	err error // io.EOF at the end
}

// An input is read ahead by a goroutine of its own, because a read of standard
// input cannot be interrupted. It holds a fixed number of pieces.
type input struct {
	ready chan piece
	free  chan []byte
	quit  chan struct{}
}

func read(r io.Reader) *input {
	in := &input{ready: make(chan piece), free: make(chan []byte, pieces), quit: make(chan struct{})}
	for range pieces {
		in.free <- make([]byte, 1+pieceSize)
	}
	go in.run(r)
	return in
}

func (in *input) run(r io.Reader) {
	for {
		var buf []byte
		select {
		case buf = <-in.free:
		case <-in.quit:
			return
		}
		buf = buf[:cap(buf)]
		buf[0] = kindData
		n, err := r.Read(buf[1:])
		if n > 0 && !in.hand(piece{msg: buf[:1+n]}) {
			return
		}
		if n == 0 {
			in.free <- buf
		}
		if err != nil {
			in.hand(piece{err: err})
			return
		}
	}
}

func (in *input) hand(p piece) bool {
	select {
	case in.ready <- p:
		return true
	case <-in.quit:
		return false
	}
}

// recycle gives back the memory of a piece that has been sent.
func (in *input) recycle(p piece) { in.free <- p.msg }

// stop ends the reading. A Read that is under way is left behind.
func (in *input) stop() { close(in.quit) }
