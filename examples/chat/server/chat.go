package main

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/internal/names"
	"github.com/longsplice/longsplice/examples/chat/protocol"
	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/hub/hubconn"
)

// A chat is the rooms and everybody's connections.
type chat struct {
	log *slog.Logger
	hub *hub.Hub[*conn.Batch]
}

func newChat(log *slog.Logger) *chat {
	cfg := hubconn.Config()
	cfg.Notice = notice
	cfg.MaxName = 256 // 32 characters in any script
	return &chat{log: log, hub: hub.New(cfg)}
}

// authenticate says who logs in.
func (ch *chat) authenticate(_ context.Context, p conn.Peer) (string, error) {
	var login protocol.Login
	if err := json.Unmarshal(p.Credential, &login); err != nil {
		return "", &conn.RefusedError{Code: conn.RefusedIdentity, Reason: "the credential is not a login"}
	}
	if _, err := names.Fold(login.Name); err != nil {
		return "", &conn.RefusedError{Code: conn.RefusedIdentity, Reason: err.Error()}
	}
	return login.Name, nil
}
