package claims

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/hub/boltbroker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, dir string) *Claims {
	t.Helper()
	file, err := boltbroker.Open(filepath.Join(dir, "chat.db"), boltbroker.Config[*conn.Batch]{
		Marshal: (*conn.Batch).MarshalBinary, Unmarshal: conn.ParseBatch, NoSync: true,
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = file.Close() })
	s, err := In(t.Context(), file)
	require.NoError(t, err)
	return s
}

func say(t *testing.T, s *Claims, room, what string) hub.Position {
	t.Helper()
	line, err := conn.Encode([]byte(what))
	require.NoError(t, err)
	p, err := s.file.Publish(t.Context(), room, hub.Message[*conn.Batch]{Value: line})
	require.NoError(t, err)
	return p
}

func TestANameIsItsOwnersUntilTheClaimHasExpired(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	ann := Claim{Name: "Ann", Owner: "a", Until: time.Now().Add(time.Hour)}
	require.NoError(t, s.Set(t.Context(), "ann", ann, "user:Ann"))
	require.NoError(t, s.Set(t.Context(), "ann", ann, "user:Ann"), "again")
	other := Claim{Name: "ANN", Owner: "b", Until: time.Now().Add(time.Hour)}
	require.ErrorIs(t, s.Set(t.Context(), "ann", other, "user:ANN"), ErrTaken)

	require.NoError(t, s.file.Close())
	s = open(t, dir)
	held, err := s.Get("ann")
	require.NoError(t, err)
	require.True(t, held.Held())
	require.Equal(t, "Ann", held.Name)
	require.Equal(t, "a", held.Owner)

	ann.Until = time.Now().Add(-time.Second)
	require.NoError(t, s.Set(t.Context(), "ann", ann, "user:Ann"))
	held, err = s.Get("ann")
	require.NoError(t, err)
	require.False(t, held.Held())
	require.NoError(t, s.Set(t.Context(), "ann", other, "user:ANN"))
}

func TestANewOwnerDoesNotInheritTheMailbox(t *testing.T) {
	s := open(t, t.TempDir())
	past, future := time.Now().Add(-time.Second), time.Now().Add(time.Hour)
	require.NoError(t, s.Set(t.Context(), "ann", Claim{"ann", "a", past}, "user:ann"))
	say(t, s, "user:ann", "secret")
	require.NoError(t, s.Set(t.Context(), "ann", Claim{"ann", "b", future}, "user:ann"))
	values, _, err := s.file.Before("user:ann", 0, 10)
	require.NoError(t, err)
	require.Empty(t, values)
	seen, err := s.Seen("ann")
	require.NoError(t, err)
	require.Equal(t, say(t, s, "user:ann", "new"), seen, "what is new begins behind")
}

func TestSeenGoesForwardAndNotBeyondTheEnd(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	seen := func() hub.Position {
		p, err := s.Seen("ann")
		require.NoError(t, err)
		return p
	}
	require.Zero(t, seen())
	var last hub.Position
	for range 5 {
		last = say(t, s, "user:ann", "x")
	}
	set := func(epoch, offset uint64) {
		require.NoError(t, s.SetSeen(t.Context(), "ann", "user:ann", hub.Position{Epoch: epoch, Offset: offset}))
	}
	set(last.Epoch, 4)
	set(last.Epoch, 2)
	set(last.Epoch, 7)
	set(last.Epoch+1, 5)
	require.EqualValues(t, 4, seen().Offset)
	set(last.Epoch, 6)
	require.NoError(t, s.file.Close())
	s = open(t, dir)
	require.Equal(t, hub.Position{Epoch: last.Epoch, Offset: 6}, seen())
}
