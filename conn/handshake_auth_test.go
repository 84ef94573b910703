package conn

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/wire"
)

// byCredential takes the credential for the identity; "bad" is nobody, and
// "rude" is told why.
func byCredential(_ context.Context, p Peer) (string, error) {
	switch s := string(p.Credential); s {
	case "bad":
		return "", errors.New("an internal detail")
	case "rude":
		return "", &RefusedError{Reason: "banned until Monday"}
	default:
		return s, nil
	}
}

func TestAuthenticateSeesThePeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got Peer
		r := inMemory(t, nil, &Config{Authenticate: func(_ context.Context, p Peer) (string, error) {
			got = p
			got.Credential = bytes.Clone(p.Credential)
			return "ada", nil
		}})
		p := newRawPeer(t, r.dial("192.0.2.7:999"))
		h := rawHello()
		h.Credential = []byte("secret")
		p.greet(h)
		c := <-r.conns
		require.Equal(t, "ada", c.Identity())
		require.Equal(t, "secret", string(got.Credential))
		require.Equal(t, "192.0.2.7:999", got.RemoteAddr.String())
		require.Nil(t, got.TLS)
		require.NotNil(t, got.Transport)
	})
}

func TestRefusedCredential(t *testing.T) {
	for credential, reason := range map[string]string{"bad": "", "rude": "banned until Monday"} {
		synctest.Test(t, func(t *testing.T) {
			r := inMemory(t, nil, &Config{Authenticate: byCredential})
			h := rawHello()
			h.Credential = []byte(credential)
			got := r.peer().refused(h)
			require.Equal(t, wire.RefuseIdentity, got.Code)
			require.Equal(t, reason, got.Reason, "an ordinary error stays inside")
			require.Zero(t, r.srv.sessions.len())
			require.Len(t, traced(r, &r.refused), 1)
		})
	}
}

func TestClientLearnsOfItsRefusal(t *testing.T) {
	r := onTCP(t, nil, &Config{Authenticate: byCredential})
	_, err := Dial(t.Context(), r.addr, &Config{
		Credential: func(context.Context) ([]byte, error) { return []byte("rude"), nil },
	})
	var why *RefusedError
	require.ErrorAs(t, err, &why)
	require.Equal(t, RefusedError{Code: RefusedIdentity, Reason: "banned until Monday"}, *why)
}

// Authentication comes before a token is looked up: a stranger with a token,
// good or bad, is told about the credential and nothing else.
func TestAuthenticationComesBeforeResumption(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, &Config{Authenticate: byCredential})
		p, w, c := r.session()
		var answers []wire.Refuse
		for _, token := range []wire.Token{w.Token, {1}, {}} {
			h := p.resumption(w, 2)
			h.Token, h.Credential = token, []byte("bad")
			answers = append(answers, r.peer().refused(h))
		}
		require.Equal(t, wire.RefuseIdentity, answers[0].Code)
		require.Equal(t, answers[0], answers[1])
		require.Equal(t, answers[0], answers[2])
		send(t, c, "still here")
		require.Equal(t, "still here", p.message())
	})
}

func TestLongCredentialIsALimitError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := rawServer(t, func(int, *rawPeer) { t.Error("dialled") })
		cfg.Credential = func(context.Context) ([]byte, error) { return make([]byte, maxCredential+1), nil }
		_, err := Dial(t.Context(), "raw://", cfg)
		require.Equal(t, &LimitError{Limit: "Credential", Got: 3073, Max: 3072}, unwrapLimit(t, err))
	})
	synctest.Test(t, func(t *testing.T) {
		cfg := rawServer(t, func(_ int, p *rawPeer) {
			if h := p.accept(); len(h.Credential) != maxCredential {
				t.Errorf("credential of %d bytes", len(h.Credential))
			}
			p.write(rawWelcome(false).Append(nil))
		})
		cfg.Credential = func(context.Context) ([]byte, error) { return make([]byte, maxCredential), nil }
		c, err := Dial(t.Context(), "raw://", cfg)
		require.NoError(t, err)
		_ = c.Close()
	})
}

func unwrapLimit(t *testing.T, err error) *LimitError {
	t.Helper()
	var limit *LimitError
	require.ErrorAs(t, err, &limit)
	return limit
}

// A hook of the application's that panics refuses the link; it does not end the
// server.
func TestPanicInAuthenticateRefusesTheLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, &Config{Authenticate: func(_ context.Context, p Peer) (string, error) {
			return string(p.Credential[:1]), nil
		}})
		got := r.peer().refused(rawHello())
		require.Equal(t, wire.RefuseIdentity, got.Code)
		require.Empty(t, got.Reason)
		h := rawHello()
		h.Credential = []byte("x")
		r.peer().greet(h)
	})
}

// As a test's FailNow does, when it is called in the hook.
func TestGoexitInAuthenticateEndsTheLinkAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, &Config{MaxConns: 1, MaxHandshakes: 1, Authenticate: func(_ context.Context, p Peer) (string, error) {
			if len(p.Credential) == 0 {
				runtime.Goexit()
			}
			return "ada", nil
		}})
		for range 3 {
			p := r.peer()
			h := rawHello()
			p.write(h.Append(nil))
			require.Empty(t, p.rest())
		}
		h := rawHello()
		h.Credential = []byte("x")
		r.peer().greet(h)
	})
}

// What a stranger sends ends up in logs quoted and short; tokens never do.
func TestLogsHoldNoTokensAndQuoteStrangers(t *testing.T) {
	var out syncBuffer
	r := newRig(t, nil, &Config{
		Logger:       slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Authenticate: byCredential,
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = r.srv.Serve(context.Background(), ln) }() // ends with the server
	dial := func() *rawPeer {
		nc, err := net.Dial("tcp", ln.Addr().String())
		require.NoError(t, err)
		return newRawPeer(t, nc)
	}
	secrets := func(tok wire.Token) []string {
		return []string{string(tok[:]), hexOf(tok[:]), string(hashOf(tok)), hexOf(hashOf(tok))}
	}
	p := dial()
	h := rawHello()
	h.Credential = []byte("credential-of-ada")
	w := p.greet(h)
	c := <-r.conns
	forbidden := append(secrets(w.Token), "credential-of-ada")

	q := dial()
	h = p.resumption(w, 2)
	h.Credential = []byte("credential-of-ada")
	w2 := q.greet(h)
	forbidden = append(forbidden, secrets(w2.Token)...)
	h.Token[0]++
	dial().refused(h)
	h.Credential = []byte("bad")
	dial().refused(h)
	evil := "line\nbreak\x1b[31m\u202e" + strings.Repeat("z", 100)
	q.write(wire.AppendData(nil, []byte("payload-of-ada")))
	q.write(wire.Close{Code: 1000, Reason: evil, Final: 19}.Append(nil))
	msg, err := c.Receive(t.Context())
	require.NoError(t, err)
	require.Equal(t, "payload-of-ada", string(msg))
	_, err = c.Receive(t.Context())
	require.Error(t, err)
	q.rest()
	require.NoError(t, r.srv.Close())

	logged := out.String()
	require.Contains(t, logged, "link refused")
	require.Contains(t, logged, "session ended")
	require.Contains(t, logged, "zzz", "the peer's reason is told")
	for _, s := range append(forbidden, "payload-of-ada", "\x1b", "\u202e", "line\nbreak") {
		require.NotContains(t, logged, s)
	}
}

// What a login has proved reaches the handler; a later link may prove more.
func TestValueOfALogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logins := 0
		r := inMemory(t, nil, &Config{Authenticate: func(_ context.Context, p Peer) (string, error) {
			if logins++; logins != 2 {
				p.SetValue(logins)
			}
			return "ann", nil
		}})
		c, err := Dial(t.Context(), "mem://server", &Config{Dialers: map[string]DialFunc{
			"mem": func(context.Context, string) (net.Conn, error) { return r.dial(""), nil },
		}})
		require.NoError(t, err)
		defer c.Close()
		end := r.srv.sessions.all()[0]
		for _, want := range []int{1, 1, 3} { // the second link sets none
			synctest.Wait()
			require.Equal(t, want, end.Value())
			end.mu.Lock()
			l := end.link
			end.mu.Unlock()
			l.fail(net.ErrClosed)
			time.Sleep(time.Minute)
		}
		require.Nil(t, c.Value())
	})
}

// A server that cannot judge at present does not turn its clients away for good.
func TestBusyAuthenticateIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		r := inMemory(t, nil, &Config{Authenticate: func(context.Context, Peer) (string, error) {
			if asked++; asked < 3 {
				return "", &RefusedError{Code: RefusedBusy, Reason: "the database is away"}
			}
			return "ann", nil
		}})
		c, err := Dial(t.Context(), "mem://server", &Config{Dialers: map[string]DialFunc{
			"mem": func(context.Context, string) (net.Conn, error) { return r.dial(""), nil },
		}})
		require.NoError(t, err)
		defer c.Close()
		require.Equal(t, 3, asked)
	})
}
