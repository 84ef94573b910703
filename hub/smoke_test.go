package hub

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

func texts() Config[string] {
	return Config[string]{
		Merge: func(vs ...string) string { return strings.Join(vs, " ") },
		Size:  func(v string) int { return len(v) },
		Notice: func(n Notice) string {
			switch n.Kind {
			case Joined:
				return fmt.Sprintf("[joined %d]", n.Next.Offset)
			case Gap:
				return fmt.Sprintf("[gap %d-%d]", n.From.Offset, n.Next.Offset)
			case Present:
				return "+" + n.User
			default:
				return "-" + n.User
			}
		},
	}
}

// A box is a member that keeps what it is offered while it is open.
type box struct {
	got  []string
	busy bool
}

func (b *box) Offer(_ *Sub[string], v string) Answer {
	if b.busy {
		return Busy
	}
	b.got = append(b.got, v)
	return Taken
}

func (b *box) String() string { return strings.Join(b.got, " ") }

func TestSmoke(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(texts())
		defer h.Close()
		ctx := t.Context()
		var a, b, late box
		sa, err := h.Join(ctx, "lobby", &a, As("ann"))
		require.NoError(t, err)
		_, err = h.Join(ctx, "lobby", &b, As("bob"))
		require.NoError(t, err)
		for i := range 5 {
			_, err := h.Publish(ctx, "lobby", fmt.Sprint("m", i+1))
			require.NoError(t, err)
		}
		b.busy = true
		_, err = h.Publish(ctx, "lobby", "m6")
		require.NoError(t, err)
		sa.Leave()
		_, err = h.Join(ctx, "lobby", &late, Last(2))
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, "[joined 1] +bob m1 m2 m3 m4 m5 m6", a.String())
		require.Equal(t, "[joined 1] m1 m2 m3 m4 m5", b.String())
		require.Equal(t, "[joined 5] m5 m6", late.String())
	})
}
