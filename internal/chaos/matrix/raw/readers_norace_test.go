//go:build !race

package raw

const slowReaders = 10_000
