package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// auditing is an auditor with one record, of a session between lives 1 and 2 that
// has sent a message up and has consumed it.
func auditing(t *testing.T) (*auditor, *record) {
	needsLinux(t)
	b, err := createBooks(2, 1)
	require.NoError(t, err)
	t.Cleanup(func() { _ = b.file.Close() })
	b.ids.Store(1)
	a := newAuditor(b)
	r := &b.records[b.take(0, 1, 1)]
	r.server.Store(2)
	msg := r.up.Offer(100)[0]
	require.NoError(t, r.up.Answer(true))
	require.NoError(t, r.up.Deliver(msg))
	r.up.Ask()
	r.up.Consume()
	return a, r
}

// endBoth ends both ends as they see it, with nothing to report.
func endBoth(t *testing.T, r *record, client, server ending) {
	require.NoError(t, r.up.Report(nil, nil))
	require.NoError(t, r.down.Report(nil, nil))
	r.serverLeft(server)
	r.clientLeft(client)
}

func TestAnAuditWaitsForBothEnds(t *testing.T) {
	a, r := auditing(t)
	a.pass(false)
	require.NoError(t, r.up.Report(nil, nil))
	r.clientLeft(left)
	a.pass(false)
	require.NotZero(t, r.id.Load())
	require.NoError(t, r.down.Report(nil, nil))
	r.serverLeft(closed)
	a.pass(false)
	require.Zero(t, r.id.Load(), "it can be used again")
	require.Zero(t, a.unfair+a.stuck)
	require.Empty(t, a.findings)
	require.EqualValues(t, 1, a.settled)
	require.EqualValues(t, 1, a.outcomes[echo][left])
}

func TestAnAuditDoesNotWaitForTheDead(t *testing.T) {
	a, r := auditing(t)
	a.gone(1, true)
	r.serverLeft(expired)
	a.pass(false)
	require.Zero(t, r.id.Load())
	require.Empty(t, a.findings)
	require.EqualValues(t, 1, a.silent, "nobody was promised anything")

	a, r = auditing(t)
	a.gone(2, true)
	require.NoError(t, r.up.Report(nil, nil))
	r.clientLeft(restarted)
	a.pass(false)
	require.Zero(t, r.id.Load())
	require.Empty(t, a.findings)
}

func TestAnAuditWaitsForWhatMayBeOnItsWay(t *testing.T) {
	a, r := auditing(t)
	r.server.Store(0)
	require.NoError(t, r.up.Report(nil, nil))
	r.clientLeft(cut)
	a.pass(false)
	require.NotZero(t, r.id.Load())
	r.clientAt.Store(time.Now().Add(-2 * onItsWay).UnixNano())
	a.pass(false)
	require.Zero(t, r.id.Load())
	require.Empty(t, a.findings)
}

func TestWhatAnAuditFinds(t *testing.T) {
	for name, c := range map[string]struct {
		do                  func(a *auditor, r *record)
		unfair, stuck, lost uint64
	}{
		"a restart that was none":     {do: func(a *auditor, r *record) { endBoth(t, r, restarted, closed) }, unfair: 1},
		"a server that was killed":    {do: func(a *auditor, r *record) { a.gone(2, true); endBoth(t, r, restarted, closed) }},
		"a session that expired":      {do: func(a *auditor, r *record) { endBoth(t, r, unknown, expired) }, unfair: 1},
		"an end without its client":   {do: func(a *auditor, r *record) { endBoth(t, r, cut, expired); r.clientAt.Store(1) }},
		"a breach of the protocol":    {do: func(a *auditor, r *record) { endBoth(t, r, left, broken) }, unfair: 1},
		"a session that does not end": {do: func(a *auditor, r *record) { r.due.Store(1) }, stuck: 1},
		"a message that is missing": {do: func(a *auditor, r *record) {
			r.up.Offer(100)
			require.NoError(t, r.up.Answer(true))
			endBoth(t, r, closed, left)
		}, lost: 1},
	} {
		t.Run(name, func(t *testing.T) {
			a, r := auditing(t)
			c.do(a, r)
			a.pass(false)
			a.pass(false)
			require.Equal(t, c.unfair, a.unfair)
			require.Equal(t, c.stuck, a.stuck)
			require.Equal(t, c.lost, a.total().Lost)
			require.Len(t, a.findings, int(c.unfair+c.stuck+c.lost))
		})
	}
	a, _ := auditing(t)
	a.pass(true)
	require.EqualValues(t, 1, a.stuck, "at the last pass nothing is waited for")
}

func TestRecordsOfTheKilledAreGivenBack(t *testing.T) {
	a, r := auditing(t)
	r.id.Store(opening)
	a.sweep(0, 1)
	require.Zero(t, r.id.Load())
	for range perSeat {
		require.GreaterOrEqual(t, a.books.take(0, 1, 1), 0)
	}
	require.Equal(t, -1, a.books.take(0, 1, 1))
	require.GreaterOrEqual(t, a.books.take(1, 2, 1), perSeat, "another seat's")
}
