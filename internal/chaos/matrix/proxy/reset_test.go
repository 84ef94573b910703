package proxy

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/chaos/row"
)

// both is each direction for itself.
var both = []faultproxy.Direction{faultproxy.ToServer, faultproxy.ToClient}

// Row 1: a reset after each byte of a message on the wire, and after the last: of
// a frame over TCP, of a TLS record, of a WebSocket message. Each time the session
// resumes, and the message arrives once.
func TestResetWithinAFrame(t *testing.T) {
	stage.Each(t, 1, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		l := open(t, over, r, setup{})
		cuts := 0
		for _, d := range both {
			w := l.way(d)
			before := passed(l.link(), d)
			w.send(20)
			w.heard()
			length := passed(l.link(), d) - before
			require.GreaterOrEqual(t, length, int64(25))
			for at := range length + 1 {
				link := l.link()
				before := passed(link, d)
				link.CutAfter(d, at, faultproxy.RST)
				fault := time.Now()
				w.send(20)
				<-link.Done()
				require.Equal(t, before+at, link.Forwarded(d), "not cut where it should be")
				cuts++
				l.resumed(cuts, fault)
				w.heard()
			}
		}
		require.EqualValues(t, cuts+1, l.client.Stats().Links, "each cut is one resumption")
		r.Note("%d resets", cuts)
		l.close()
	})
}

// passed is how many bytes a link has forwarded, once those that have arrived are
// counted too.
func passed(l *faultproxy.Link, d faultproxy.Direction) int64 {
	l.Heal(d) // waits for the write that is under way
	return l.Forwarded(d)
}

// Row 1, while the session resumes: a reset after each byte of what opens the next
// link, HELLO and WELCOME with what the transport puts before them. TLS has
// thousands of bytes there, which are dear: every 97th will do.
func TestResetWithinTheHandshake(t *testing.T) {
	stage.Each(t, 1, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		var next atomic.Pointer[func(*faultproxy.Link)]
		l := open(t, over, r, setup{proxy: faultproxy.Config{OnLink: func(l *faultproxy.Link) {
			if f := next.Swap(nil); f != nil {
				(*f)(l)
			}
		}}})
		fault := time.Now()
		l.proxy.Cut(faultproxy.RST)
		l.resumed(1, fault)
		cuts := 1
		for _, d := range both {
			length := passed(l.link(), d) // nothing has passed but a handshake that resumes
			for at := int64(0); at < length; at++ {
				if over == stage.TLS && at < length-97 {
					at += 96
				}
				var wounded *faultproxy.Link
				wound := func(link *faultproxy.Link) {
					wounded = link
					link.CutAfter(d, at, faultproxy.RST)
				}
				next.Store(&wound)
				fault := time.Now()
				l.link().Cut(faultproxy.RST)
				cuts += 2
				l.up.send(20)
				l.down.send(20)
				l.up.heard()
				l.down.heard()
				l.recovered = max(l.recovered, time.Since(fault))
				require.Nil(t, next.Load())
				<-wounded.Done()
				require.Equal(t, at, wounded.Forwarded(d), "not cut where it should be")
			}
		}
		r.Note("%d resets", cuts)
		l.close()
	})
}
