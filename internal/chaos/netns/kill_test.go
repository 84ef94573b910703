//go:build linux

package netns

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
)

func TestServerKilled(t *testing.T) {
	t.Parallel()
	d := converse(t, quickServer, quickClient)
	mark := d.cl.mark()
	d.srv.kill()
	d.cl.wait(mark, 1, "reconnecting", phase("reconnecting"))
	d.cl.tell(command{Do: "send", N: 7})
	d.cl.wait(mark, 1, "messages accepted", is(evSent))

	d.srv = d.net.start(server, quickServer)
	d.srv.wait(0, 1, "listening", is(evListening))
	lost := d.cl.wait(mark, 1, "session lost", is(evEnded))[0]
	require.Equal(t, string(conn.LostRestarted), lost.Reason)
	require.Equal(t, [2]uint64{10, 17}, [2]uint64{lost.From, lost.To}, "what was not acknowledged is named, and nothing else")
	begun := d.cl.wait(mark, 1, "another call of the handler", is(evSession))[0]
	require.NotEqual(t, lost.ID, begun.ID)
	require.Equal(t, begun.ID, d.srv.wait(0, 1, "session", is(evSession))[0].ID)

	// The new session begins at nought, at both ends.
	d.total = 0
	d.send(12, 0)
	d.settle()
	d.idle()
	require.Equal(t, 1, d.cl.count(0, is(evEnded)))
	require.Equal(t, 2, d.cl.count(0, is(evSession)))
	require.Equal(t, 1, d.cl.count(0, is(evHandled)))
	d.cl.quit()
	d.srv.quit()
}

func TestClientKilled(t *testing.T) {
	t.Parallel()
	const ttl = 1500 * time.Millisecond
	srv := quickServer
	srv.TTL = ttl
	d := converse(t, srv, quickClient)
	mark := d.srv.mark()
	d.cl.kill()
	down := d.srv.wait(mark, 1, "link down", is(evDown))[0]
	d.srv.tell(command{Do: "send", N: 3})
	ended := d.srv.wait(mark, 1, "session ended", is(evEnded))[0]
	lived := ended.At - down.At
	t.Logf("the session outlived its link by %v", lived.Round(time.Millisecond))
	require.InDelta(t, ttl, lived, float64(ttl/10+50*time.Millisecond))
	require.Equal(t, string(conn.LostExpired), ended.Reason)
	require.Equal(t, [2]uint64{10, 13}, [2]uint64{ended.From, ended.To})
	d.srv.wait(mark, 1, "handler returned", is(evHandled))
	require.Empty(t, d.report(d.srv))
	require.Equal(t, 1, d.srv.count(0, is(evEnded)))
	d.srv.quit()
}
