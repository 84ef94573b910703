package wire_test

import (
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/session"
	"github.com/longsplice/longsplice/internal/wire"
)

const vectorFile = "../../conn/testdata/vectors.json"

type vectors struct {
	Format        int            `json:"format"`
	About         []string       `json:"about"`
	Frames        []vector       `json:"frames"`
	Invalid       []invalid      `json:"invalid"`
	Conversations []conversation `json:"conversations"`
}

type vector struct {
	Name       string   `json:"name"`
	Kind       string   `json:"kind"`
	Hex        hexBytes `json:"hex"`
	Fields     fields   `json:"fields"`
	DecodeOnly bool     `json:"decode_only,omitempty"`
	Comment    string   `json:"comment,omitempty"`
}

type invalid struct {
	Name       string   `json:"name"`
	Where      string   `json:"where"`
	Hex        hexBytes `json:"hex"`
	MaxMessage *int     `json:"max_message,omitempty"`
	Reason     string   `json:"reason"`
}

func (v *invalid) maxMessage() int {
	if v.MaxMessage == nil {
		return 1 << 20
	}
	return *v.MaxMessage
}

func readVectors(t testing.TB) *vectors {
	text, err := os.ReadFile(vectorFile)
	require.NoError(t, err)
	var v vectors
	require.NoError(t, json.Unmarshal(text, &v))
	require.NotEmpty(t, v.Frames)
	require.NotEmpty(t, v.Invalid)
	return &v
}

func TestVectorsDecodeAndEncode(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range readVectors(t).Frames {
		t.Run(v.Name, func(t *testing.T) {
			kind, body, size, ok, err := wire.Cut(v.Hex, 1<<20)
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, len(v.Hex), size)
			require.Equal(t, v.Kind, kindName(kind))
			seen[v.Kind] = true
			got, err := decode(kind, body)
			require.NoError(t, err)
			require.Equal(t, v.Fields.String(), got.String())
			if v.DecodeOnly && kind < wire.KindOptional {
				require.NotEqual(t, []byte(v.Hex), encode(kind, v.Fields))
			} else {
				require.Equal(t, []byte(v.Hex), encode(kind, v.Fields))
			}
		})
	}
	for _, name := range kindNames {
		require.True(t, seen[name], "no vector of %s", name)
	}
}

func TestVectorsNeedEveryByte(t *testing.T) {
	for _, v := range readVectors(t).Frames {
		for n := range len(v.Hex) {
			_, _, size, ok, err := wire.Cut(v.Hex[:n], 1<<20)
			require.NoError(t, err, v.Name)
			require.False(t, ok, v.Name)
			if n < 4 {
				require.Zero(t, size, v.Name)
			} else {
				require.Equal(t, len(v.Hex), size, v.Name)
			}
		}
	}
}

func TestVectorsOfInvalidFrames(t *testing.T) {
	for _, v := range readVectors(t).Invalid {
		t.Run(v.Name, func(t *testing.T) {
			kind, body, size, ok, err := wire.Cut(v.Hex, v.maxMessage())
			switch v.Where {
			case "frame":
				requireViolation(t, err)
				return
			case "incomplete":
				require.NoError(t, err)
				require.False(t, ok)
				return
			}
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, len(v.Hex), size)
			if v.Where == "body" {
				_, err = decode(kind, body)
			} else {
				require.Equal(t, "link", v.Where)
				err = onOpenLink(t, kind, body)
			}
			requireViolation(t, err)
		})
	}
}

func requireViolation(t *testing.T, err error) {
	t.Helper()
	if version := new(wire.VersionError); errors.As(err, &version) {
		require.NotEqual(t, wire.Version, version.Got)
		return
	}
	var violation *wire.Error
	require.ErrorAs(t, err, &violation)
	require.NotEmpty(t, violation.Detail)
}

// onOpenLink is what a session that has sent and received nothing makes of a
// control frame.
func onOpenLink(t *testing.T, kind wire.Kind, body []byte) error {
	s := session.New(session.Limits{Window: 1 << 20, MaxMessage: 1 << 20, SendBuffer: 1 << 20}, session.Pool{})
	_, _, gen, err := session.NewEntry(s, wire.ID{}, "", &wire.Hello{Attempt: 1}, wire.Token{})
	require.NoError(t, err)
	_, _, err = s.Control(gen, kind, body, 1)
	return err
}
