//go:build race

package codec

const poisoning = true

// poison overwrites a slice whose loan has ended, so that a caller who kept it
// sees nonsense at once, or a race if it was another goroutine.
func poison(b []byte) {
	for i := range b {
		b[i] = 0xDB
	}
}
