package conn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/wire"
	"github.com/longsplice/longsplice/reconnect"
)

// A logBook keeps what is logged, every attribute as it is and as it is printed.
type logBook struct {
	mu    sync.Mutex
	lines []string
}

func (b *logBook) Enabled(context.Context, slog.Level) bool { return true }
func (b *logBook) WithAttrs([]slog.Attr) slog.Handler       { return b }
func (b *logBook) WithGroup(string) slog.Handler            { return b }
func (b *logBook) Handle(_ context.Context, rec slog.Record) error {
	line := rec.Level.String() + " " + rec.Message
	rec.Attrs(func(a slog.Attr) bool {
		line += fmt.Sprintf(" %s=%v %+v", a.Key, a.Value, a.Value.Any())
		return true
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, line)
	return nil
}

func (b *logBook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.lines, "\n---\n")
}

// rude is as long a reason as there can be, with all that a terminal obeys.
var rude = "\x1b[2J\x1b]0;owned\x07\r\nINFO forged line\u202e\u2066\x00" + strings.Repeat("z", 80)

// requireHygiene checks that nothing secret was logged, and nothing of a peer's
// text that a terminal or a reader of lines would obey.
func requireHygiene(t *testing.T, logged string, secrets ...string) {
	t.Helper()
	for _, s := range append(secrets, "\x1b", "\x07", "\x00", "\r", "\nINFO forged", "\u202e", "\u2066") {
		require.NotContains(t, logged, s)
	}
}

// A client's logs are as clean as a server's, whatever server it has fallen in
// with, and so are the errors that it returns.
func TestClientLogsAndErrorsQuoteAHostileServer(t *testing.T) {
	book := &logBook{}
	cfg := rawServer(t, func(n int, p *rawPeer) {
		p.accept()
		switch n {
		case 1:
			p.write(rawWelcome(false).Append(nil))
			p.data("payload-to-ada")
			p.write(wire.Close{Code: 1000, Reason: rude, Final: p.sum.Sent, Consumed: wire.Open}.Append(nil))
		default:
			p.write((&wire.Refuse{Code: wire.RefuseIdentity, Reason: rude}).Append(nil))
			_ = p.nc.Close()
		}
	})
	cfg.Logger = slog.New(book)
	cfg.Credential = func(context.Context) ([]byte, error) { return []byte("credential-of-ada"), nil }
	cfg.Retry = reconnect.Policy{MaxAttempts: 1}
	token := rawWelcome(false).Token
	secrets := []string{"credential-of-ada", "payload-to-ada", "payload-of-ada", string(token[:]), hexOf(token[:])}

	c, err := Dial(t.Context(), "raw://", cfg)
	require.NoError(t, err)
	_ = c.TrySend([]byte("payload-of-ada")) // the server may have closed already
	msg, err := c.Receive(t.Context())
	require.NoError(t, err)
	require.Equal(t, "payload-to-ada", string(msg))
	_, err = c.Receive(t.Context())
	require.ErrorContains(t, err, "zzz")
	requireHygiene(t, err.Error(), secrets...)
	_ = c.Close()

	_, err = Dial(t.Context(), "raw://", cfg)
	require.ErrorContains(t, err, "zzz")
	requireHygiene(t, err.Error(), secrets...)

	require.Contains(t, book.String(), "zzz")
	requireHygiene(t, book.String(), secrets...)
}

// What a lost session could not deliver is in its error, for the application.
// The error's text, which is logged, has but the number.
func TestUndeliveredMessagesAreNotLogged(t *testing.T) {
	book := &logBook{}
	r := onTCP(t, nil, &Config{Logger: slog.New(book)})
	p, _, c := r.session()
	send(t, c, "payload-of-ada")
	p.write(wire.AppendHeader(nil, 0x7f, 0)) // breaks the protocol
	<-c.Done()
	var lost *LostError
	require.ErrorAs(t, c.Err(), &lost)
	require.Len(t, append(lost.Unknown, lost.Undelivered...), 1)
	require.NoError(t, r.srv.Close())
	require.Contains(t, book.String(), "session ended")
	require.Contains(t, book.String(), "1 unknown")
	requireHygiene(t, book.String(), "payload-of-ada")
}

// Authenticate's error is logged, and Authenticate alone knows what is in it:
// the client is not told.
func TestAuthenticatesErrorIsForTheLogAlone(t *testing.T) {
	book := &logBook{}
	r := onTCP(t, nil, &Config{Logger: slog.New(book), Authenticate: func(context.Context, Peer) (string, error) {
		return "", fmt.Errorf("directory: %w", errors.New("no such user"))
	}})
	require.Empty(t, r.peer().refused(as(rawHello(), "credential-of-ada")).Reason)
	require.NoError(t, r.srv.Close())
	require.Contains(t, book.String(), "directory: no such user")
	requireHygiene(t, book.String(), "credential-of-ada")
}
