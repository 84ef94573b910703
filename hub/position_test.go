package hub

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// Who takes something and leaves before that offer is over has it.
func TestWhatIsTakenWhileLeavingCounts(t *testing.T) {
	bubble(t, Config[string]{}, func(t *testing.T, h *Hub[string]) {
		m, s := join(t, h, "r")
		offered, leaving := make(chan bool), make(chan bool)
		m.set(func(*Sub[string], string) Answer {
			offered <- true
			<-leaving
			return Taken
		})
		go func() { _, _ = h.Publish(t.Context(), "r", "a") }()
		<-offered
		left := make(chan bool)
		go func() { s.Leave(); close(left) }()
		synctest.Wait()
		close(leaving)
		<-left
		require.Equal(t, "a", m.String())
		again, _ := join(t, h, "r", From(s.Position()))
		publish(t, h, "r", "b")
		require.Equal(t, "b", again.String())
	})
}

// Who is passed over, because it is about to leave, has not been offered anything.
func TestWhatIsNotOfferedToOneWhoLeavesIsNotTaken(t *testing.T) {
	bubble(t, Config[string]{}, func(t *testing.T, h *Hub[string]) {
		m, s := join(t, h, "r")
		s.left.Store(true) // as Leave does first
		publish(t, h, "r", "a")
		s.Leave()
		require.Empty(t, m.String())
		again, _ := join(t, h, "r", From(s.Position()))
		publish(t, h, "r", "b")
		require.Equal(t, "a b", again.String())
	})
}

// A member whose Offer panics has not taken what it was offered.
func TestWhatAPanicInterruptsIsNotTaken(t *testing.T) {
	bubble(t, Config[string]{}, func(t *testing.T, h *Hub[string]) {
		m, s := join(t, h, "r")
		m.set(func(*Sub[string], string) Answer { panic("an application's") })
		publish(t, h, "r", "a")
		require.Error(t, s.Err())
		again, _ := join(t, h, "r", From(s.Position()))
		require.Equal(t, "a", again.String())
	})
}
