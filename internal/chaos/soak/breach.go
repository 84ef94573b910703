package main

import (
	"bytes"
	"sync"
)

// A breach is a fault that the server commits, for the tests to see that it is
// found.
type breach string

const (
	sound           breach = ""
	drops           breach = "drop"       // a message that was accepted is not sent
	doubles         breach = "double"     // or is sent twice
	swaps           breach = "swap"       // or after the next one
	leaksGoroutines breach = "goroutines" // one for each message
	leaksMemory     breach = "memory"     // some for each message
	breachEvery            = 10           // messages of a session
)

// leaked is what a server that leaks memory does not let go of.
var leaked struct {
	sync.Mutex
	memory [][]byte
}

func leak(size int) {
	leaked.Lock()
	defer leaked.Unlock()
	leaked.memory = append(leaked.memory, bytes.Repeat([]byte{1}, size))
}
