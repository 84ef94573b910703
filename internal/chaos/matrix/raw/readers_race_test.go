//go:build race

package raw

// The race detector makes each several times as dear.
const slowReaders = 2_000
