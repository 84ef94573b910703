package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/internal/names"
	"github.com/longsplice/longsplice/examples/chat/internal/store"
	"github.com/longsplice/longsplice/examples/chat/protocol"
)

// Codes with which sessions are closed, beside the library's.
const (
	codeTaken   conn.Code = 1001 // somebody else was faster to take the name
	codeTooMany conn.Code = 1002 // connections of one user
)

// owners carries what a login has proved from the link to the session that
// begins on it, which knows only the identity.
type owners struct {
	byAddr sync.Map // remote address → owner
	byConn sync.Map // *conn.Conn → owner
}

func (o *owners) up(c *conn.Conn, remote net.Addr) {
	if owner, ok := o.byAddr.LoadAndDelete(remote.String()); ok {
		o.byConn.LoadOrStore(c, owner)
	}
}

// take returns the owner of a session's name. A session of which nothing is
// known is a stranger's.
func (o *owners) take(c *conn.Conn) string {
	if owner, ok := o.byConn.Load(c); ok {
		return owner.(string)
	}
	return rand.Text()
}

// trace counts, and hands on what logins have proved.
func (ch *chat) trace() *conn.Trace {
	counting, t := ch.metrics.Trace(), ch.metrics.Trace()
	t.LinkUp = func(c *conn.Conn, remote net.Addr) {
		ch.owners.up(c, remote)
		counting.LinkUp(c, remote)
	}
	t.Refused = func(remote net.Addr, cause error) {
		ch.owners.byAddr.Delete(remote.String())
		counting.Refused(remote, cause)
	}
	t.SessionEnd = func(c *conn.Conn, err error) {
		ch.owners.byConn.Delete(c)
		counting.SessionEnd(c, err)
	}
	return &t
}

// authenticate says who it is, for each link.
func (ch *chat) authenticate(_ context.Context, p conn.Peer) (string, error) {
	var login protocol.Login
	if json.Unmarshal(p.Credential, &login) != nil {
		return "", &conn.RefusedError{Code: conn.RefusedIdentity, Reason: "the credential is not a login"}
	}
	claim, err := ch.admit(login.Name, login.Token)
	if err != nil {
		return "", &conn.RefusedError{Code: conn.RefusedIdentity, Reason: err.Error()}
	}
	ch.owners.byAddr.Store(p.RemoteAddr.String(), claim.Owner)
	return claim.Name, nil
}

// admit says whose a name is, if it is one's who has shown this token: of the
// owner, if it has one, else of a new one.
func (ch *chat) admit(name, shown string) (store.Claim, error) {
	folded, err := names.Fold(name)
	if err != nil {
		return store.Claim{}, err
	}
	claim, err := ch.store.Claimed(folded)
	if err != nil {
		ch.log.Error("claims cannot be read", "err", err)
		return claim, errors.New("the server cannot look up names at present")
	}
	if !claim.Held() {
		claim = store.Claim{Name: name, Owner: rand.Text()}
	}
	if shown == "" {
		if claim.Held() {
			return claim, errors.New("the name is taken, and its token was not shown")
		}
		return claim, nil
	}
	owner, err := ch.key.Verify(shown, folded)
	switch {
	case err != nil:
		return claim, err
	case owner == "": // made by the operator: it wins
	case claim.Held() && owner != claim.Owner:
		return claim, errors.New("the name is taken, and this is not its token")
	default:
		claim.Owner = owner
	}
	return claim, nil
}

// keep makes a name its owner's for a while to come.
func (ch *chat) keep(ctx context.Context, c store.Claim) error {
	c.Until = time.Now().Add(ch.settings.Load().tokenLife)
	return ch.store.Claim(ctx, fold(c.Name), c, protocol.Mailbox(c.Name))
}

// welcome tells a user the name, and the token that keeps it.
func (s *session) welcome(ctx context.Context) error {
	cfg := s.settings.Load()
	token, err := s.key.Issue(fold(s.claim.Name), s.claim.Owner, cfg.tokenLife)
	if err != nil {
		return err
	}
	return s.send(ctx, protocol.Message{Op: protocol.Welcome, Name: s.claim.Name, Token: token, Text: cfg.motd})
}
