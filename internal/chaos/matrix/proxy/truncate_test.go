package proxy

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/chaos/row"
)

// Row 49: somebody on the path ends the stream, at any byte of a frame or between
// two, without TLS's goodbye or a WebSocket's. Without our CLOSE that is no end of
// the session, for either application.
func TestEndWithoutClose(t *testing.T) {
	stage.Each(t, 49, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		l := open(t, over, r, setup{})
		cuts := 0
		for _, d := range both {
			w := l.way(d)
			before := passed(l.link(), d)
			w.send(20)
			w.heard()
			for at := range passed(l.link(), d) - before + 1 {
				link := l.link()
				fault := time.Now()
				link.Truncate(d, at)
				w.send(20)
				cuts++
				l.resumed(cuts, fault)
				w.heard()
				<-link.Done()
				require.NoError(t, l.client.Err())
				require.NoError(t, l.server.Err())
			}
		}
		r.Note("%d ends", cuts)
		l.close()
	})
}

// Row 49, where it would do most harm: CLOSE itself is cut short. The peer takes the
// session for closed only when it has CLOSE whole, on another link.
func TestCloseCutShort(t *testing.T) {
	stage.Each(t, 49, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		lost, doubled, closes := 0, 0, 0
		for at := int64(0); at < 40; at += 3 { // CLOSE is longer, over each transport
			l := open(t, over, nil, setup{})
			l.up.send(20)
			l.up.settle()
			link := l.link()
			link.Truncate(faultproxy.ToServer, at)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			require.NoError(t, l.client.Shutdown(ctx, 1234, "a reason to be long"))
			cancel()
			<-l.server.Done()
			remote := new(conn.CloseError)
			require.ErrorAs(t, l.server.Err(), &remote)
			require.Equal(t, conn.Code(1234), remote.Code)
			require.GreaterOrEqual(t, l.client.Stats().Links, uint64(2), "it was not cut short")
			l.up.Settled()
			require.NoError(t, l.up.Err())
			lo, d := l.up.Tally()
			lost, doubled, closes = lost+lo, doubled+d, closes+1
		}
		r.Messages(lost, doubled)
		r.Note("%d closes", closes)
	})
}
