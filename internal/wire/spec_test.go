package wire_test

import (
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The conversation that docs/wire.md prints is that of the vectors.
func TestSpecificationPrintsTheVectors(t *testing.T) {
	text, err := os.ReadFile("../../docs/wire.md")
	require.NoError(t, err)
	_, dump, ok := strings.Cut(string(text), "```hexdump\n")
	require.True(t, ok)
	dump, _, ok = strings.Cut(dump, "```")
	require.True(t, ok)

	var printed []string
	for line := range strings.Lines(dump) {
		data, _, ok := strings.Cut(line, "|")
		if !ok {
			continue
		}
		if who, rest, _ := strings.Cut(data, " "); who == "C" || who == "S" {
			printed = append(printed, who)
			data = rest
		}
		printed[len(printed)-1] += strings.ReplaceAll(data, " ", "")
	}

	var want []string
	for _, s := range resumption(t).Steps {
		if s.Hex == nil {
			continue
		}
		frame := s.Hex
		if s.Do == "part" {
			frame = frame[:s.Arrives]
		}
		want = append(want, strings.ToUpper(s.From[:1])+hex.EncodeToString(frame))
	}
	require.Equal(t, want, printed)
}
