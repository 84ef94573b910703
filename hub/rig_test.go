package hub

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// A reader is a member for tests with real goroutines. It keeps what it takes.
type reader struct {
	mu     sync.Mutex
	got    []string
	answer func(s *Sub[string], v string) Answer // nil: Taken
}

func (m *reader) Offer(s *Sub[string], v string) Answer {
	a := Taken
	m.mu.Lock()
	answer := m.answer
	m.mu.Unlock()
	if answer != nil {
		a = answer(s, v)
	}
	if a == Taken {
		m.mu.Lock()
		m.got = append(m.got, v)
		m.mu.Unlock()
	}
	return a
}

func (m *reader) String() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return strings.Join(m.got, " ")
}

func (m *reader) set(answer func(*Sub[string], string) Answer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.answer = answer
}

func busy(*Sub[string], string) Answer { return Busy }

// bubble runs f with a hub in virtual time.
func bubble(t *testing.T, cfg Config[string], f func(t *testing.T, h *Hub[string])) {
	synctest.Test(t, func(t *testing.T) {
		h := New(cfg)
		defer h.Close()
		f(t, h)
		synctest.Wait()
	})
}

func join(t *testing.T, h *Hub[string], room string, options ...JoinOption) (*reader, *Sub[string]) {
	t.Helper()
	m := &reader{}
	s, err := h.Join(t.Context(), room, m, options...)
	require.NoError(t, err)
	synctest.Wait()
	return m, s
}

func publish(t *testing.T, h *Hub[string], room string, words ...string) {
	t.Helper()
	for _, w := range words {
		_, err := h.Publish(t.Context(), room, w)
		require.NoError(t, err)
		synctest.Wait()
	}
}
