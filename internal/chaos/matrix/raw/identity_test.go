package raw

import (
	"context"
	"encoding/hex"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/chaos/row"
	"github.com/longsplice/longsplice/internal/wire"
)

// byCredential takes everybody for whom they say they are.
func byCredential(_ context.Context, p conn.Peer) (string, error) { return string(p.Credential), nil }

// An attempt on a victim's session, with what the thief knows of it, and the
// refusal that it has to end in.
type attempt struct {
	name  string
	hello func(victim *dialogue) wire.Hello
	code  wire.RefuseCode
}

// attack makes the attempts while the victim talks. Each is refused and logged,
// and the victim's link is the one that it had.
func attack(t *testing.T, over stage.Over, r *row.Row, attempts []attempt) (answers []string) {
	r.Alone(t)
	s := serve(t, over, conn.Config{Authenticate: byCredential, MaxFailedResumes: -1}, nil)
	victim := begin(s, "ada")
	victim.exchange(10)
	var slowest time.Duration
	for i, a := range attempts {
		victim.say(1) // is under way meanwhile
		h := a.hello(victim)
		began := time.Now()
		code, answer := s.dial().refused(h)
		slowest = max(slowest, time.Since(began))
		require.Equal(t, a.code, code, a.name)
		answers = append(answers, answer)
		settled(t, func() bool { return s.refusals() == i+1 }, "the refusal is traced")
		victim.hear(1)
		victim.ack()
		victim.exchange(1)
	}
	r.Detected(slowest)
	victim.exchange(10)
	require.Equal(t, uint64(1), victim.c.Stats().Links, "nobody else had the session")
	require.Zero(t, s.linksDown())
	require.Contains(t, s.logged(), "link refused")
	require.NotContains(t, s.logged(), hex.EncodeToString(victim.welcome.Token[:]))
	require.NotContains(t, s.logged(), string(victim.welcome.Token[:]))
	books(t, r, victim)
	return answers
}

// Row 20 of the fault matrix. A session's id is public and resumes nothing; and whoever repeats
// the HELLO that the session has been resumed with is too late.
func TestDuplicateSessionID(t *testing.T) {
	stage.Each(t, 20, func(t *testing.T, over stage.Over, r *row.Row) {
		attack(t, over, r, []attempt{
			{"the same HELLO again", func(v *dialogue) wire.Hello {
				h := v.resumption()
				v.attempt--
				h.Attempt = v.attempt
				return h
			}, wire.RefuseStale},
			{"an earlier one", func(v *dialogue) wire.Hello {
				h := v.resumption()
				v.attempt--
				h.Attempt = 0
				return h
			}, wire.RefuseStale},
			{"the id in place of the token", func(v *dialogue) wire.Hello {
				h := v.resumption()
				h.Token = wire.Token{}
				copy(h.Token[:], v.welcome.ID[:])
				return h
			}, wire.RefuseUnknown},
			{"the id twice", func(v *dialogue) wire.Hello {
				h := v.resumption()
				copy(h.Token[copy(h.Token[:], v.welcome.ID[:]):], v.welcome.ID[:])
				return h
			}, wire.RefuseUnknown},
		})
	})
}

// Row 21 of the fault matrix. With another identity a token is worth what a guess is, and looks
// like one, whatever else is right or wrong with it.
func TestStolenToken(t *testing.T) {
	as := func(who string, change func(*wire.Hello)) func(*dialogue) wire.Hello {
		return func(v *dialogue) wire.Hello {
			h := v.resumption()
			h.Credential = []byte(who)
			change(&h)
			return h
		}
	}
	stage.Each(t, 21, func(t *testing.T, over stage.Over, r *row.Row) {
		answers := attack(t, over, r, []attempt{
			{"as another", as("eve", func(*wire.Hello) {}), wire.RefuseUnknown},
			{"as nobody", as("", func(*wire.Hello) {}), wire.RefuseUnknown},
			{"as almost the same", as("ada ", func(*wire.Hello) {}), wire.RefuseUnknown},
			{"with an attempt that was", as("eve", func(h *wire.Hello) { h.Attempt = 0 }), wire.RefuseUnknown},
			{"with impossible positions", as("eve", func(h *wire.Hello) { h.Received = 1 << 60 }), wire.RefuseUnknown},
			{"with a smaller window", as("eve", func(h *wire.Hello) { h.Window = 1 }), wire.RefuseUnknown},
			{"a guess", as("ada", func(h *wire.Hello) { h.Token[0]++ }), wire.RefuseUnknown},
		})
		for _, answer := range answers {
			require.Equal(t, answers[0], answer, "the answer tells what was wrong")
		}
	})
}
