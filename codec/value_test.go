package codec

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

type order struct {
	ID    int             `json:"id"`
	Note  string          `json:"note,omitempty"`
	Items []string        `json:"items,omitempty"`
	Raw   json.RawMessage `json:"raw,omitempty"`
}

func TestJSONRoundTrip(t *testing.T) {
	c := JSON[order]()
	in := order{ID: 7, Note: "ünicode", Items: []string{"a"}, Raw: json.RawMessage(`{"x":1}`)}
	p, err := c.Append([]byte(">"), in)
	require.NoError(t, err)
	require.Equal(t, `>{"id":7,"note":"ünicode","items":["a"],"raw":{"x":1}}`, string(p))
	var out order
	require.NoError(t, c.Decode(p[1:], &out))
	require.Equal(t, in, out)
}

func TestJSONDecodesIntoAFreshValue(t *testing.T) {
	v := order{ID: 1, Note: "stale", Items: []string{"stale"}}
	items := v.Items
	require.NoError(t, JSON[order]().Decode([]byte(`{"id":2,"items":["new"]}`), &v))
	require.Equal(t, order{ID: 2, Items: []string{"new"}}, v)
	require.Equal(t, "stale", items[0], "an earlier value is left alone")

	m := map[string]int{"stale": 1}
	require.NoError(t, JSON[map[string]int]().Decode([]byte(`{"new":2}`), &m))
	require.Equal(t, map[string]int{"new": 2}, m)
}

func TestJSONRefusesWhatIsNotOneValue(t *testing.T) {
	for _, p := range []string{``, ` `, `{`, `{"id":1}{"id":2}`, `{"id":1} x`, `{"id":"text"}`, "{\"id\":1}\x00"} {
		v := order{ID: 9, Note: "as it was"}
		require.Error(t, JSON[order]().Decode([]byte(p), &v), p)
		require.Equal(t, order{ID: 9, Note: "as it was"}, v, p)
	}
	var v order
	require.NoError(t, JSON[order]().Decode([]byte(" {\"id\":1}\r\n"), &v))
}

func TestJSONAppendLeavesDstOnError(t *testing.T) {
	dst, err := JSON[any]().Append([]byte("dst"), func() {})
	var unsupported *json.UnsupportedTypeError
	require.ErrorAs(t, err, &unsupported)
	require.Equal(t, "dst", string(dst))
}

// What was decoded must survive the end of the loan of the payload.
func TestDecodedValuesDoNotAliasThePayload(t *testing.T) {
	t.Run("JSON", func(t *testing.T) {
		p := []byte(`{"id":1,"note":"note","items":["item"],"raw":[1]}`)
		var v order
		require.NoError(t, JSON[order]().Decode(p, &v))
		clear(p)
		require.Equal(t, order{ID: 1, Note: "note", Items: []string{"item"}, Raw: json.RawMessage("[1]")}, v)
	})
	t.Run("Bytes", func(t *testing.T) {
		p := []byte("first")
		var v []byte
		require.NoError(t, Bytes().Decode(p, &v))
		kept := v
		clear(p)
		require.NoError(t, Bytes().Decode([]byte("2nd"), &v))
		require.Equal(t, "first", string(kept), "nor an earlier value")
		require.Equal(t, "2nd", string(v))
	})
	t.Run("String", func(t *testing.T) {
		p := []byte("first")
		var v string
		require.NoError(t, String().Decode(p, &v))
		clear(p)
		require.Equal(t, "first", v)
	})
}

func TestBytesAndStringRoundTrip(t *testing.T) {
	for _, in := range []string{"", "x", "\x00\xff"} {
		p, err := Bytes().Append([]byte(">"), []byte(in))
		require.NoError(t, err)
		require.Equal(t, ">"+in, string(p))
		b := []byte("stale")
		require.NoError(t, Bytes().Decode(p[1:], &b))
		require.NotNil(t, b)
		require.Equal(t, in, string(b))

		p, err = String().Append([]byte(">"), in)
		require.NoError(t, err)
		require.Equal(t, ">"+in, string(p))
		s := "stale"
		require.NoError(t, String().Decode(p[1:], &s))
		require.Equal(t, in, s)
	}
}
