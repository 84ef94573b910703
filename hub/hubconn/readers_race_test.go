//go:build race

package hubconn_test

// The race detector makes each many times as dear.
const slowReaders = 500
