//go:build race

package hubconn_test

// The race detector makes each many times as dear.
const (
	slowReaders = 500
	slowPart    = 2 // pools keep little under the race detector, at random
)
