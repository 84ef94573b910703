package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/protocol"
)

// refused is why a login is refused.
func refused(t *testing.T, s *server, name, token string) string {
	t.Helper()
	l := &login{show: protocol.Login{Name: name, Token: token}}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, err := conn.Dial(ctx, s.target("tcp"), l.config())
	if err == nil {
		_ = c.Close()
	}
	var refusal *conn.RefusedError
	require.ErrorAs(t, err, &refusal, "%q got in", name)
	require.Equal(t, conn.RefusedIdentity, refusal.Code)
	return refusal.Reason
}

func TestANameIsKeptByItsToken(t *testing.T) {
	s := startServer(t)
	ann := dial(t, s.target("tcp"), "Ann")
	ann.join("lobby") // the answer says that the login is complete
	require.Contains(t, refused(t, s, "Ann", ""), "taken")
	require.Contains(t, refused(t, s, "ann", ""), "taken", "it is the same name")
	require.Contains(t, refused(t, s, "ann", "x.y.z"), "not one for this name")
	bob := dial(t, s.target("tcp"), "bob")
	bob.join("lobby")
	require.Contains(t, refused(t, s, "ann", bob.login.token()), "not one for this name", "stolen for another name")

	again := &login{show: protocol.Login{Name: "ANN", Token: ann.login.token()}}
	again.dial(t, s.target("ws"))
	require.Equal(t, "Ann", again.show.Name, "as its owner writes it")

	require.NoError(t, ann.Close())
	require.Contains(t, refused(t, s, "Ann", ""), "taken", "also while Ann is away")
}

func TestTokensExpireWithTheirClaim(t *testing.T) {
	s := startServer(t)
	expired, err := s.key.Issue("ann", "owner of ann", -time.Second)
	require.NoError(t, err)
	require.Contains(t, refused(t, s, "ann", expired), "expired")

	claim := claimOf("ann")
	claim.Until = time.Now().Add(-time.Second)
	require.NoError(t, s.claims.Set(t.Context(), "ann", claim, "user:ann"))
	dial(t, s.target("tcp"), "ann").join("lobby") // the name is free again
	before, err := s.key.Issue("ann", "owner of ann", time.Hour)
	require.NoError(t, err)
	require.Contains(t, refused(t, s, "ann", before), "taken", "the owner before")
}

func TestTheOperatorsTokenWins(t *testing.T) {
	s := startServer(t)
	dial(t, s.target("tcp"), "ann").join("lobby")
	var out strings.Builder
	issue := func(name string) error {
		args := []string{"-data", s.settings.Load().data, "-issue-token", name}
		return run(t.Context(), args, func(string) string { return "" }, &out, io.Discard)
	}
	require.NoError(t, issue("Ann"))
	l := &login{show: protocol.Login{Name: "ann", Token: strings.TrimSpace(out.String())}}
	l.dial(t, s.target("tcp")).join("lobby")
	l.dial(t, s.target("tcp")).join("lobby") // with what it was given
	require.Error(t, issue("not a name"))
}

// TestTwoAtOnceForAFreeName: both log in before either has read its welcome. One
// gets the name; what the other was given is worth nothing.
func TestTwoAtOnceForAFreeName(t *testing.T) {
	s := startServer(t)
	var two []*conn.Conn
	for range 2 {
		l := &login{show: protocol.Login{Name: "ann"}}
		c, err := conn.Dial(t.Context(), s.target("tcp"), l.config())
		require.NoError(t, err)
		defer c.Close()
		two = append(two, c)
	}
	first := &client{two[0], t, &login{}}
	welcome := first.expect(protocol.Welcome)
	first.join("lobby")
	second := &client{two[1], t, &login{}}
	other := second.expect(protocol.Welcome)
	_, err := second.Receive(t.Context())
	var closed *conn.CloseError
	require.ErrorAs(t, err, &closed)
	require.Equal(t, codeTaken, closed.Code)
	require.Contains(t, refused(t, s, "ann", other.Token), "taken")
	(&login{show: protocol.Login{Name: "ann", Token: welcome.Token}}).dial(t, s.target("tcp"))
}

// TestALoginThatNeverGetsItsWelcome does not lock its user out.
func TestALoginThatNeverGetsItsWelcome(t *testing.T) {
	s := startServer(t)
	c, err := conn.Dial(t.Context(), s.target("tcp"), (&login{show: protocol.Login{Name: "ann"}}).config())
	require.NoError(t, err)
	require.NoError(t, c.Close()) // nothing was read
	dial(t, s.target("tcp"), "ann").join("lobby")
}

func TestNamesThatAreNot(t *testing.T) {
	s := startServer(t)
	for _, name := range []string{"", "1up", "user:ann", "ann\u202e", "an n", "pаypal", strings.Repeat("x", 33)} {
		require.Contains(t, refused(t, s, name, ""), "a name ", name)
	}
	c, err := conn.Dial(t.Context(), s.target("tcp"), &conn.Config{
		Credential: func(context.Context) ([]byte, error) { return []byte("{"), nil },
	})
	require.ErrorContains(t, err, "not a login")
	require.Nil(t, c)
}

func TestNick(t *testing.T) {
	s := startServer(t)
	ann, bob := dial(t, s.target("tcp"), "ann"), dial(t, s.target("tcp"), "bob")
	ann.join("lobby")
	ann.join("user:ann")
	bob.join("lobby")
	ann.send(protocol.Message{Op: protocol.Nick, Name: "BOB"})
	ann.expectFailed(protocol.BadName)
	ann.send(protocol.Message{Op: protocol.Nick, Name: "a b"})
	ann.expectFailed(protocol.BadName)

	ann.send(protocol.Message{Op: protocol.Nick, Name: "anna"})
	welcome := ann.expect(protocol.Welcome)
	require.Equal(t, "anna", welcome.Name)
	ann.expect(protocol.Joined)
	ann.say("lobby", "it is me")
	require.Equal(t, "anna", bob.expect(protocol.Line).Name)
	ann.expect(protocol.Line)
	ann.send(protocol.Message{Op: protocol.Join, Room: "user:ann"})
	ann.expectFailed(protocol.BadRequest)
	bob.send(protocol.Message{Op: protocol.Tell, To: "Anna", Text: "hello"})
	ann.join("user:anna")
	require.Equal(t, "hello", ann.expect(protocol.Line).Text)
	require.Contains(t, refused(t, s, "ann", ""), "taken", "the old name stays ann's")
	(&login{show: protocol.Login{Name: "anna", Token: welcome.Token}}).dial(t, s.target("tcp"))
}

func TestLogsSayNothingOfTokensAndTexts(t *testing.T) {
	log := new(logFile)
	cfg := testSettings(t, "-log-level", "debug")
	s, err := start(cfg, logger(cfg, log, cfg.level()))
	require.NoError(t, err)
	ann := dial(t, s.target("tcp"), "ann")
	token := ann.login.token()
	ann.join("lobby")
	ann.say("lobby", "a secret")
	ann.expect(protocol.Line)
	refused(t, s, "ann", token+"x")
	refused(t, s, "evil\nname", "")
	require.NoError(t, ann.Close())
	require.NoError(t, s.stop(t.Context()))
	require.True(t, log.has("user logged in"))
	for _, secret := range []string{token, token[:20], "a secret", "evil"} {
		require.False(t, log.has(secret), "%s is in the log", secret)
	}
}

// A session outlives the time for which a name is kept: the name does not go to
// somebody else meanwhile, and the user is given newer tokens.
func TestWhoStaysKeepsTheName(t *testing.T) {
	s := startServer(t, "-token-life", "3s") // a machine with much to do renews late
	ann := dial(t, s.target("tcp"), "ann")
	ann.join("lobby")
	first, err := s.claims.Get("ann")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		now, err := s.claims.Get("ann")
		return err == nil && now.Until.Sub(first.Until) > 3*time.Second
	}, 20*time.Second, 10*time.Millisecond, "it is not renewed")
	require.Contains(t, refused(t, s, "ann", ""), "taken")
}

// Another name is no way around the limit of messages.
func TestNickDoesNotRefillTheRate(t *testing.T) {
	s := startServer(t, "-rate", "1", "-burst", "5")
	ann := dial(t, s.target("tcp"), "ann")
	ann.join("lobby")
	for i := range 3 {
		ann.say("lobby", fmt.Sprint(i))
	}
	ann.send(protocol.Message{Op: protocol.Nick, Name: "bea"})
	ann.send(protocol.Message{Op: protocol.Say, Room: "lobby", Text: "too fast", ID: "fast"})
	m := ann.next()
	for m.ID != "fast" {
		m = ann.next()
	}
	require.Equal(t, protocol.Failed, m.Op)
	require.Equal(t, protocol.TooFast, m.Code)
}
