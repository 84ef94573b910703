package heartbeat

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// model knows, independently of State, what a watcher owes.
type model struct {
	t       *testing.T
	cfg     *Config
	s       State
	now     time.Duration
	heard   time.Duration
	resumed time.Duration // end of the last suspension
	asked   time.Duration
	unheard bool // asked since heard
	nonce   uint64
	floor   time.Duration
	waiting bool
	sent    time.Duration
	over    bool
}

// poll is one Poll and everything that has to be true around it.
func (m *model) poll() {
	a := m.s.Poll(m.now)
	t, silent, answer := m.t, m.now-m.heard, m.cfg.answer()
	switch a.Kind {
	case Dead:
		require.False(t, m.over, "death is declared once")
		require.True(t, m.cfg.mortal())
		require.NotEqual(t, m.now, m.resumed, "a suspended process does not judge")
		require.Equal(t, silent, a.Silent)
		if a.Overdue {
			require.True(t, m.waiting)
			require.GreaterOrEqual(t, m.now-m.sent, 3*m.cfg.probeAfter())
			require.GreaterOrEqual(t, silent, 2*m.cfg.probeAfter())
			require.True(t, m.unheard)
		} else {
			require.GreaterOrEqual(t, silent, m.s.Interval()+answer, "heard within the timeout")
		}
		require.Error(t, a.Err())
		require.Equal(t, Never, m.s.Next())
		m.over = true
		return
	case Ping, Probe:
		require.False(t, m.over)
		require.NotEqual(t, Passive, m.cfg.mode())
		require.NotZero(t, a.Nonce)
		require.GreaterOrEqual(t, m.now-m.asked, m.floor, "the peer's limit")
		if m.unheard && m.nonce != 0 {
			require.Equal(t, m.nonce, a.Nonce, "one nonce outstanding")
		} else {
			require.NotEqual(t, m.nonce, a.Nonce)
		}
		if a.Kind == Probe {
			require.True(t, m.waiting)
			require.GreaterOrEqual(t, m.now-m.sent, m.cfg.probeAfter())
		}
		m.nonce, m.asked, m.unheard = a.Nonce, m.now, true
	}
	require.NoError(t, a.Err())
	if m.over {
		return
	}
	require.Greater(t, m.s.Next(), m.now, "a busy loop")
	if m.cfg.mortal() {
		require.Less(t, m.now, max(m.heard+m.s.Interval(), m.resumed)+answer, "death is overdue")
	}
	if m.cfg.mode() == Hybrid && !m.unheard {
		require.LessOrEqual(t, m.s.Next(), max(m.now, m.heard+m.s.Interval(), m.asked+m.floor), "silence goes untested")
	}
}

func (m *model) pass(d time.Duration) {
	end := m.now + d
	for range 100_000 {
		if m.s.Next() > end {
			m.now = end
			return
		}
		m.now = max(m.now, m.s.Next())
		m.poll()
	}
	m.t.Fatal("too many polls")
}

func (m *model) hear() {
	m.s.Heard(m.now)
	m.heard, m.unheard = m.now, false
}

var fuzzConfigs = []*Config{
	nil,
	{Interval: 200 * time.Millisecond},
	{Interval: 5 * time.Second, Timeout: time.Minute, ProbeAfter: time.Second},
	{Interval: time.Minute, Timeout: 61 * time.Second, ProbeAfter: -1},
	{Mode: Active, Interval: 2 * time.Second, Timeout: 30 * time.Second},
	{Mode: Active, Timeout: -1},
	{Mode: Passive},
	{Mode: Passive, Interval: time.Millisecond},
	{Mode: Adaptive, MinInterval: 10 * time.Second, MaxInterval: 5 * time.Minute},
	{Mode: Adaptive, Timeout: 2 * time.Second, MaxInterval: time.Hour, ProbeAfter: 500 * time.Millisecond},
	{Timeout: -1, Interval: time.Millisecond, ProbeAfter: time.Millisecond},
	{Interval: 1, Timeout: 1, ProbeAfter: 1},
	{Interval: 1<<63 - 1, Timeout: 1<<63 - 1},
	{Interval: -1},
}

func FuzzState(f *testing.F) {
	f.Add(uint64(1), []byte{0, 0, 200, 0, 255, 0, 255})
	for i := range fuzzConfigs {
		f.Add(uint64(i), []byte{byte(i), 4, 0, 0, 100, 1, 0, 0, 120, 2, 0, 6, 90, 0, 200, 5, 1, 0, 255, 7, 40, 0, 255, 0, 255, 0, 255})
		f.Add(uint64(i), []byte{byte(i), 0, 180, 2, 0, 0, 180, 2, 0, 0, 180, 3, 0, 4, 0, 0, 130, 1, 0, 0, 130, 1, 0, 8, 200, 0, 255})
	}
	f.Fuzz(func(t *testing.T, seed uint64, ops []byte) {
		if len(ops) == 0 {
			return
		}
		cfg := fuzzConfigs[int(ops[0])%len(fuzzConfigs)]
		least, _ := cfg.bounds()
		unit := (least + cfg.answer()) / 200 // an argument of 200 is about one timeout
		m := &model{t: t, cfg: cfg, over: cfg.off(), resumed: -1, asked: -longest}
		m.s.Start(cfg, 0, seed)
		for ops = ops[1:]; len(ops) >= 2 && m.now < 50*longest; ops = ops[2:] {
			amount := unit * time.Duration(ops[1])
			switch ops[0] % 9 {
			case 0:
				m.pass(amount)
			case 1:
				m.hear()
			case 2:
				right := m.nonce != 0
				require.Equal(t, right, m.s.Pong(m.nonce, m.now))
				if right {
					m.heard, m.unheard, m.nonce = m.now, false, 0
				}
			case 3:
				require.False(t, m.s.Pong(m.nonce+1+uint64(ops[1]), m.now))
			case 4:
				m.s.Awaiting(m.now)
				if !m.waiting {
					m.waiting, m.sent = true, m.now
				}
			case 5:
				m.hear()
				m.waiting, m.sent = ops[1]%2 == 1, m.now
				m.s.Reported(m.now, m.waiting)
			case 6: // stopped for longer than any lateness that is tolerated, beyond the Poll that was due
				if next := m.s.Next(); next != Never && !m.over {
					m.now = max(m.now, next, m.s.due) + m.cfg.answer()/2 + 11*time.Millisecond + amount
					m.resumed = m.now
					m.poll()
				}
			case 7:
				if amount <= m.cfg.answer() { // a peer that tolerates less makes the verdict late by definition
					m.s.LimitPings(amount)
					m.floor = 0
					if amount > 0 {
						m.floor = clamp(amount)
					}
				}
			case 8:
				if !m.over {
					m.poll() // too early
				}
			}
			require.Equal(t, m.heard, m.s.LastHeard())
		}
	})
}
