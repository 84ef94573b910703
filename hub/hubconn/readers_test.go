//go:build !race

package hubconn_test

const slowReaders = 10_000
