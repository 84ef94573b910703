package campaign

// Drop takes out of a series what it fails without: stretches first, from all of
// it down to single moves. Any part of a series has to be one, too.
func Drop[M any](moves []M, fails func([]M) bool) []M {
	for size := len(moves); size > 0; size /= 2 {
		for at := 0; at < len(moves); {
			less := append(append([]M(nil), moves[:at]...), moves[min(at+size, len(moves)):]...)
			if fails(less) {
				moves = less
			} else {
				at += size
			}
		}
	}
	return moves
}
