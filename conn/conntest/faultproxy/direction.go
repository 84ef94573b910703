package faultproxy

import "iter"

// Direction names one way through a link, or both. Directions combine with |.
type Direction uint8

const (
	// ToServer is the way from the dialing end to the accepting end.
	ToServer Direction = 1 << iota
	// ToClient is the way from the accepting end to the dialing end.
	ToClient
	// Both is both ways.
	Both = ToServer | ToClient
)

// String returns "to server", "to client", "both" or "none".
func (d Direction) String() string {
	switch d & Both {
	case ToServer:
		return "to server"
	case ToClient:
		return "to client"
	case Both:
		return "both"
	}
	return "none"
}

// ways yields the array index of every single direction in d.
func (d Direction) ways() iter.Seq[int] {
	return func(yield func(int) bool) {
		if d&ToServer != 0 && !yield(0) {
			return
		}
		if d&ToClient != 0 {
			yield(1)
		}
	}
}

// Ending is the manner in which a link is cut.
type Ending uint8

const (
	// RST resets both ends at once: reads and writes there fail with
	// ECONNRESET. What the proxy had not forwarded is lost, and what a kernel
	// had not yet sent may be. A unix socket cannot be reset and is closed.
	RST Ending = iota
	// FIN ends both directions in order: both ends read what was forwarded and
	// then io.EOF. What the proxy had not forwarded is lost. For a second after
	// that, bytes from either end are swallowed; later ones are answered with
	// a reset.
	FIN
)

// String returns "RST" or "FIN".
func (e Ending) String() string {
	if e == FIN {
		return "FIN"
	}
	return "RST"
}
