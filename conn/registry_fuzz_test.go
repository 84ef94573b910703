package conn

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzRegistry plays what links and sessions tell the registry, in any order in
// which it may come there, against a model that keeps a plain list.
func FuzzRegistry(f *testing.F) {
	f.Add([]byte{0, 1, 0, 1, 0, 0, 3, 0, 0, 2, 0, 0, 3, 1, 0, 3, 0, 0})
	f.Add([]byte{0, 1, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 1, 0, 1, 2, 0, 3, 0, 0, 3, 0, 0, 3, 0, 0})
	f.Add([]byte{0, 2, 0, 1, 0, 0, 3, 0, 0, 4, 0, 255, 4, 0, 255, 4, 0, 255, 2, 0, 0, 1, 0, 0, 3, 2, 0, 3, 0, 0, 5, 0, 0})
	f.Fuzz(func(t *testing.T, ops []byte) {
		m := newRegistryModel(t)
		for n := 0; len(ops) >= 3 && n < 200; n++ {
			m.step(ops[0]%6, int(ops[1]), int(ops[2]))
			m.check()
			ops = ops[3:]
		}
		m.settle()
	})
}

func TestRegistryAgainstAModel(t *testing.T) {
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 8))
		m := newRegistryModel(t)
		for range 100 {
			m.step(byte(rng.IntN(6)), rng.IntN(256), rng.IntN(256))
			m.check()
		}
		m.settle()
	}
}

const (
	modelDetached = 2
	modelBytes    = 6 * sessionCost
)

type registryModel struct {
	t        *testing.T
	srv      *Server
	sessions []*modelSeat
	parked   []*modelSeat // longest first
	bytes    int64
	pending  []func() // on their way to the registry
}

type modelSeat struct {
	c        *Conn
	who      string
	attached bool // by what the session itself knows
	over     bool
	rekeyed  uint64 // the generation that the registry has heard of
	lost     uint64
	bytes    int64
}

func (s *modelSeat) weight() int64 { return int64(sessionCost + s.c.s.Count().Held) }

func newRegistryModel(t *testing.T) *registryModel {
	return &registryModel{t: t, srv: newRegistry(t, &Config{MaxDetached: modelDetached, MaxDetachedBytes: modelBytes})}
}

func (m *registryModel) step(op byte, which, n int) {
	if op == 0 {
		who := []string{"", "ada", "bob"}[which%3]
		s := &modelSeat{c: waiting(m.t, m.srv, who), who: who}
		m.sessions = append(m.sessions, s)
		m.died(s)
		return
	}
	if op == 3 {
		if len(m.pending) > 0 {
			i := which % len(m.pending)
			event := m.pending[i]
			m.pending = slices.Delete(m.pending, i, i+1)
			event()
		}
		return
	}
	if len(m.sessions) == 0 {
		return
	}
	switch s := m.sessions[which%len(m.sessions)]; {
	case s.over:
	case op == 1 && s.attached:
		gen, _ := s.c.s.Generation()
		require.True(m.t, s.c.entry.Detach(gen, clock()))
		s.attached = false
		m.died(s)
	case op == 2 && !s.attached:
		gen, rekey := resumed(m.t, s.c)
		s.attached = true
		m.pending = append(m.pending, func() {
			rekey()
			if !s.over {
				s.rekeyed = max(s.rekeyed, gen)
			}
			m.srv.sessions.unpark(s.c, gen)
			if s.lost < gen {
				m.unpark(s)
			}
		})
	case op == 4 && !s.attached:
		msg := make([]byte, n*16)
		require.NoError(m.t, s.c.TrySend(msg))
		if bytes := s.weight(); slices.Contains(m.parked, s) {
			m.bytes += bytes - s.bytes
			s.bytes = bytes
		}
		m.evict("")
	case op == 5:
		s.c.lose(LostExpired, nil)
		s.over = true
		m.unpark(s)
	}
}

// died has word of a link's death on its way.
func (m *registryModel) died(s *modelSeat) {
	gen, _ := s.c.s.Generation()
	m.pending = append(m.pending, func() {
		bytes := s.weight()
		m.srv.sessions.parkAfter(s.c, gen, bytes)
		waits := slices.Contains(m.parked, s)
		if !s.over && gen >= s.rekeyed && (!waits || gen > s.lost) {
			m.unpark(s)
			s.lost, s.bytes = gen, bytes
			m.bytes += bytes
			m.parked = append(m.parked, s)
		}
		m.evict(s.who)
	})
}

func (m *registryModel) unpark(s *modelSeat) {
	if i := slices.Index(m.parked, s); i >= 0 {
		m.parked = slices.Delete(m.parked, i, i+1)
		m.bytes -= s.bytes
	}
}

func (m *registryModel) evict(who string) {
	for {
		of := slices.IndexFunc(m.parked, func(s *modelSeat) bool { return who != "" && s.who == who })
		n := 0
		for _, s := range m.parked {
			if s.who == who && who != "" {
				n++
			}
		}
		switch {
		case n > modelDetached:
		case m.bytes > modelBytes:
			of = 0
		default:
			return
		}
		s := m.parked[of]
		m.unpark(s)
		s.over = true
		require.Equal(m.t, LostEvicted, lostReason(s.c))
	}
}

// check compares the registry with the model.
func (m *registryModel) check() {
	r := &m.srv.sessions
	r.mu.Lock()
	defer r.mu.Unlock()
	require.Equal(m.t, m.bytes, r.bytes)
	require.Equal(m.t, len(m.parked), r.parked.Len())
	ofOne := map[string]int{}
	e := r.parked.Front()
	for _, s := range m.parked {
		require.Same(m.t, s.c, e.Value.(*seat).c)
		e = e.Next()
		if s.who != "" {
			ofOne[s.who]++
		}
	}
	require.Len(m.t, r.byWho, len(ofOne))
	for who, n := range ofOne {
		require.Equal(m.t, n, r.byWho[who].Len())
	}
	alive := 0
	for _, s := range m.sessions {
		if s.over {
			require.Error(m.t, s.c.Err())
			continue
		}
		alive++
		require.NoError(m.t, s.c.Err())
		confirmed, _ := s.c.entry.Keys()
		require.Same(m.t, s.c, r.byKey[confirmed].c, "a session that lives can be resumed")
	}
	require.Len(m.t, r.seats, alive)
}

// settle has everything arrive: who waits then is who has no link.
func (m *registryModel) settle() {
	for len(m.pending) > 0 {
		m.step(3, 0, 0)
		m.check()
	}
	for _, s := range m.sessions {
		if !s.over {
			require.Equal(m.t, !s.attached, slices.Contains(m.parked, s))
			if _, issued := s.c.entry.Keys(); s.rekeyed > 0 {
				require.Same(m.t, s.c, m.srv.sessions.find(issued).c)
			}
		}
	}
}
