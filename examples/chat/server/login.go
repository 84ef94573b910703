package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/internal/claims"
	"github.com/longsplice/longsplice/examples/chat/protocol"
)

// Codes with which sessions are closed, beside the library's.
const (
	codeTaken   conn.Code = 1001 // somebody else was faster to take the name
	codeTooMany conn.Code = 1002 // connections of one user
)

// authenticate says who it is, for each link.
func (ch *chat) authenticate(_ context.Context, p conn.Peer) (string, error) {
	var login protocol.Login
	if json.Unmarshal(p.Credential, &login) != nil {
		return "", &conn.RefusedError{Code: conn.RefusedIdentity, Reason: "the credential is not a login"}
	}
	claim, err := ch.admit(login.Name, login.Token)
	switch {
	case err == claims.ErrUnavailable:
		return "", &conn.RefusedError{Code: conn.RefusedBusy, Reason: err.Error()}
	case err != nil:
		return "", &conn.RefusedError{Code: conn.RefusedIdentity, Reason: err.Error()}
	}
	p.SetValue(claim.Owner)
	return claim.Name, nil
}

// admit is claims.Admit, without what only the log may know.
func (ch *chat) admit(name, token string) (claims.Claim, error) {
	claim, err := ch.claims.Admit(ch.key, name, token)
	if errors.Is(err, claims.ErrUnavailable) {
		ch.log.Error("claims cannot be read", "err", err)
		err = claims.ErrUnavailable
	}
	return claim, err
}

// keep makes a name its owner's for a while to come.
func (ch *chat) keep(ctx context.Context, c claims.Claim) error {
	c.Until = time.Now().Add(ch.settings.Load().tokenLife)
	return ch.claims.Set(ctx, fold(c.Name), c, protocol.Mailbox(c.Name))
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
