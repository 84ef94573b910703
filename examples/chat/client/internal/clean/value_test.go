package clean

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNoFieldIsForgotten(t *testing.T) {
	type inner struct{ Name string }
	type outer struct {
		Text  string
		Inner inner
		Next  *inner
		List  []inner
		Array [2]string
		Any   any
		Map   map[string]string
		Other int
	}
	const bad = "\x1b[2Jx"
	const good = "[2Jx"
	v := outer{bad, inner{bad}, &inner{bad}, []inner{{bad}}, [2]string{bad, bad}, inner{bad}, map[string]string{bad: bad}, 3}
	Value(&v)
	require.Equal(t, outer{good, inner{good}, &inner{good}, []inner{{good}}, [2]string{good, good}, inner{good}, map[string]string{good: good}, 3}, v)
}

func TestWhatCannotBeCleanedIsNotPassedOn(t *testing.T) {
	type hidden struct{ name string }
	require.Panics(t, func() { Value(&hidden{"\x1b"}) })
	require.Panics(t, func() { Value(hidden{}) })
}
