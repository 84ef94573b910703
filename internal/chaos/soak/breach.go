package main

// A breach is a fault that the server commits, for the tests to see that it is
// found.
type breach string

const (
	sound           breach = ""
	drops           breach = "drop"       // a message that was accepted is not sent
	doubles         breach = "double"     // or is sent twice
	swaps           breach = "swap"       // or after the next one
	leaksGoroutines breach = "goroutines" // one for some sessions
	leaksMemory     breach = "memory"     // some for each message
	breachEvery            = 50           // messages
)

// leaked is what a server that leaks memory does not let go of.
var leaked [][]byte
