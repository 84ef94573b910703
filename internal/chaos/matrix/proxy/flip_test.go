package proxy

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/codec"
	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/chaos/row"
)

// Row 50: a bit is flipped on the way, in each byte of a frame in turn. A reader that
// asks for the checksum hands out nothing that was changed, and reads no further.
func TestFlippedBit(t *testing.T) {
	format := codec.Format{CRC: true, Max: 1000}
	frame, err := format.Append(nil, []byte("what is to arrive as it is"))
	require.NoError(t, err)
	stage.Each(t, 50, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		ln, err := over.Listen("127.0.0.1:0")
		require.NoError(t, err)
		defer func() { assert.NoError(t, ln.Close()) }()
		links := make(chan *faultproxy.Link, 1)
		proxy := between(t, ln.Address(), &faultproxy.Config{OnLink: func(l *faultproxy.Link) { links <- l }})
		causes := map[string]int{}
		length := int64(1)
		for at := int64(0); at < length; at++ {
			f := flow{t: t, over: over, proxy: proxy, ln: ln, format: format}
			f.open()
			f.link = <-links
			before := passed(f.link, faultproxy.ToServer)
			require.Equal(t, frame, f.pass(frame))
			length = passed(f.link, faultproxy.ToServer) - before
			f.link.Corrupt(faultproxy.ToServer, at)
			causes[cause(f.breaks(frame))]++
			f.close()
		}
		r.Note("%d bits flipped: %v", length, causes)
	})
}

// cause sorts what a reader may say of a changed stream.
func cause(err error) string {
	size := new(codec.SizeError)
	switch {
	case errors.Is(err, codec.ErrChecksum):
		return "checksum"
	case errors.As(err, &size) && size.Remote, errors.Is(err, codec.ErrMalformed):
		return "length"
	}
	return "transport"
}

// A flow is a link through the proxy with a codec at its ends.
type flow struct {
	t      *testing.T
	over   stage.Over
	proxy  *faultproxy.Proxy
	ln     net.Listener
	format codec.Format

	link         *faultproxy.Link
	near, far    net.Conn
	read         *codec.Reader
	acceptFailed error
}

func (f *flow) open() {
	f.t.Helper()
	accepted := make(chan struct{})
	go func() {
		defer close(accepted)
		f.far, f.acceptFailed = f.ln.Accept()
		if tls, ok := f.far.(interface{ Handshake() error }); ok {
			f.acceptFailed = tls.Handshake()
		}
	}()
	var err error
	f.near, err = f.over.Dial(f.t.Context(), f.proxy.Addr().String())
	require.NoError(f.t, err)
	<-accepted
	require.NoError(f.t, f.acceptFailed)
	require.NoError(f.t, f.near.SetDeadline(time.Now().Add(patience)))
	require.NoError(f.t, f.far.SetDeadline(time.Now().Add(patience)))
	f.read = codec.NewReader(f.far, f.format)
}

// pass sends a frame and returns what arrives, as a frame again.
func (f *flow) pass(frame []byte) []byte {
	f.t.Helper()
	_, err := f.near.Write(frame)
	require.NoError(f.t, err)
	msg, err := f.read.Next()
	require.NoError(f.t, err)
	again, err := f.format.Append(nil, msg)
	require.NoError(f.t, err)
	return again
}

// breaks sends a frame, which the proxy changes, and enough of the same that a length
// which was raised finds what it claims. It returns the error that the reader comes
// to: over a WebSocket whole frames may come before that, if it was not in them that
// the bit was.
func (f *flow) breaks(frame []byte) error {
	f.t.Helper()
	for range 50 {
		_, _ = f.near.Write(frame) // the far end may close at any time
	}
	_ = f.near.Close()
	for {
		msg, err := f.read.Next()
		if err != nil {
			require.NotErrorIs(f.t, err, io.EOF, "a clean end")
			_, again := f.read.Next()
			require.Equal(f.t, err, again, "it reads on")
			return err
		}
		require.Equal(f.t, stage.WebSocket, f.over, "read %q", msg)
		again, err := f.format.Append(nil, msg)
		require.NoError(f.t, err)
		require.Equal(f.t, frame, again)
	}
}

func (f *flow) close() {
	_ = f.near.Close()
	_ = f.far.Close()
	<-f.link.Done()
}

// Row 50 under a session: TLS has a checksum of its own. The link dies of it, and the
// session resumes. (Over plain TCP and WebSocket a session trusts TCP's checksums.)
func TestFlippedBitUnderTLS(t *testing.T) {
	r := row.Of(t, 50, string(stage.TLS))
	r.Alone(t)
	l := open(t, stage.TLS, r, setup{})
	flips := 0
	for _, d := range both {
		w := l.way(d)
		before := passed(l.link(), d)
		w.send(20)
		w.heard()
		for at := range passed(l.link(), d) - before {
			fault := time.Now()
			link := l.link()
			link.Corrupt(d, at)
			before := passed(link, d)
			w.send(20) // in a record of its own, which is the one that is changed
			require.Eventually(t, func() bool { return link.Forwarded(d) > before }, patience, 100*time.Microsecond)
			w.send(100, 100, 100, 100, 100) // for a length that was raised
			flips++
			l.resumed(flips, fault)
			w.heard()
		}
	}
	r.Note("%d bits flipped", flips)
	l.close()
}
