package main

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/internal/claims"
	"github.com/longsplice/longsplice/examples/chat/internal/metrics"
	"github.com/longsplice/longsplice/examples/chat/internal/quota"
	"github.com/longsplice/longsplice/examples/chat/internal/token"
	"github.com/longsplice/longsplice/examples/chat/protocol"
	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/hub/boltbroker"
	"github.com/longsplice/longsplice/hub/hubconn"
)

// A chat is the rooms, who is there, and what is kept.
type chat struct {
	log      *slog.Logger
	settings atomic.Pointer[settings]
	store    *boltbroker.Broker[*conn.Batch] // the lines, kept before they are shown
	claims   *claims.Claims
	key      token.Key
	hub      *hub.Hub[*conn.Batch]
	users    quota.Users
	sessions sync.Map // *session → nothing
	metrics  *metrics.Metrics
}

func newChat(cfg *settings, log *slog.Logger) (*chat, error) {
	key, err := token.Open(cfg.data)
	if err != nil {
		return nil, err
	}
	ch := &chat{log: log, key: key}
	ch.settings.Store(cfg)
	ch.store, err = boltbroker.Open(filepath.Join(cfg.data, "chat.db"), boltbroker.Config[*conn.Batch]{
		Marshal: (*conn.Batch).MarshalBinary, Unmarshal: conn.ParseBatch, Limits: cfg.limits(),
		OnCommit: func(calls int, took time.Duration, err error) { ch.metrics.Committed(calls, took, err) },
	})
	if err != nil {
		return nil, err
	}
	rooms := hubconn.Config()
	rooms.RoomOf = func(string) hub.Room { return ch.settings.Load().room() }
	rooms.Notice, rooms.Broker = notice, ch.store
	rooms.MaxName = 256 // 32 characters of any script
	ch.hub = hub.New(rooms)
	ch.metrics = metrics.New(ch.hub, ch.store.Size)
	if ch.claims, err = claims.In(context.Background(), ch.store); err != nil {
		return nil, errors.Join(err, ch.close())
	}
	return ch, nil
}

// tellAll tells everybody something. Who is not taking anything is not waited
// for.
func (ch *chat) tellAll(text string) {
	b := encode(protocol.Message{Op: protocol.Notice, Text: text})
	ch.sessions.Range(func(key, _ any) bool {
		_ = key.(*session).c.TrySendBatch(b)
		return true
	})
}

// count is how many sessions there are.
func (ch *chat) count() (n int) {
	ch.sessions.Range(func(any, any) bool { n++; return true })
	return n
}

// close ends what the sessions, which have ended, have used.
func (ch *chat) close() error {
	_ = ch.hub.Close() // it has no error to return
	return ch.store.Close()
}
