//go:build !race

package hubconn_test

const (
	slowReaders = 10_000
	slowPart    = 4 // of a send buffer is what a reader may take
)
