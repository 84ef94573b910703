package main

import (
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/internal/metrics"
	"github.com/longsplice/longsplice/examples/chat/internal/quota"
	"github.com/longsplice/longsplice/examples/chat/internal/store"
	"github.com/longsplice/longsplice/examples/chat/internal/token"
	"github.com/longsplice/longsplice/examples/chat/protocol"
	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/hub/hubconn"
)

// A chat is the rooms, who is there, and what is kept.
type chat struct {
	log      *slog.Logger
	settings atomic.Pointer[settings]
	store    *store.Store
	key      token.Key
	hub      *hub.Hub[*conn.Batch]
	users    quota.Users
	owners   owners
	sessions sync.Map // *session → nothing
	metrics  *metrics.Metrics
}

func newChat(cfg *settings, log *slog.Logger) (*chat, error) {
	key, err := token.Open(cfg.data)
	if err != nil {
		return nil, err
	}
	kept, err := store.Open(cfg.data, cfg.limits())
	if err != nil {
		return nil, err
	}
	ch := &chat{log: log, store: kept, key: key}
	ch.settings.Store(cfg)
	rooms := hubconn.Config()
	rooms.RoomOf = func(string) hub.Room { return ch.settings.Load().room() }
	rooms.Notice, rooms.Broker = notice, kept
	rooms.MaxName = 256 // 32 characters of any script
	ch.hub = hub.New(rooms)
	ch.metrics = metrics.New(ch.hub, kept.Size)
	kept.Committed = ch.metrics.Committed
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
