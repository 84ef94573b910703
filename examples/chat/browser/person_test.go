package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/protocol"
)

// A person is in the conversation without a browser.
type person struct {
	t *testing.T
	c *conn.Conn

	mu  sync.Mutex
	got []protocol.Message
	ids int
}

// visit logs in over TCP, and goes to rooms.
func visit(t *testing.T, s *server, name string, rooms ...string) *person {
	t.Helper()
	credential, err := json.Marshal(protocol.Login{Name: name})
	require.NoError(t, err)
	c, err := conn.Dial(t.Context(), "tcp://"+s.tcp, &conn.Config{
		Credential: func(context.Context) ([]byte, error) { return credential, nil },
	})
	require.NoError(t, err)
	p := &person{t: t, c: c}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for raw, err := range c.Messages(context.Background()) {
			var m protocol.Message
			if err != nil || json.Unmarshal(raw, &m) != nil {
				return
			}
			p.mu.Lock()
			p.got = append(p.got, m)
			p.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		c.Close()
		<-done
	})
	for _, room := range rooms {
		p.send(protocol.Message{Op: protocol.Join, Room: room, Last: 100})
	}
	p.await("being in the rooms", func(got []protocol.Message) bool {
		return count(got, func(m protocol.Message) bool { return m.Op == protocol.Joined }) == len(rooms)
	})
	return p
}

func (p *person) send(m protocol.Message) {
	p.t.Helper()
	raw, err := json.Marshal(m)
	require.NoError(p.t, err)
	require.NoError(p.t, p.c.Send(p.t.Context(), raw))
}

func (p *person) say(room string, texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		p.ids++
		p.send(protocol.Message{Op: protocol.Say, Room: room, Text: text, ID: "p" + strconv.Itoa(p.ids)})
	}
}

func (p *person) messages() []protocol.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.got)
}

func (p *person) await(what string, ok func([]protocol.Message) bool) {
	p.t.Helper()
	if !eventually(func() bool { return ok(p.messages()) }) {
		p.t.Fatalf("no %s in %+v", what, p.messages())
	}
}

func eventually(ok func() bool) bool {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if ok() {
			return true
		}
	}
	return false
}

// heard are the texts of a user's lines, in order.
func (p *person) heard(name string) (texts []string) {
	for _, m := range p.messages() {
		if m.Op == protocol.Line && m.Name == name {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

// awaitHeard waits until the person has heard so many lines of a user.
func (p *person) awaitHeard(name string, n int) {
	p.t.Helper()
	p.await(fmt.Sprintf("%d lines of %s", n, name), func([]protocol.Message) bool { return len(p.heard(name)) >= n })
}

func count(got []protocol.Message, is func(protocol.Message) bool) (n int) {
	for _, m := range got {
		if is(m) {
			n++
		}
	}
	return n
}

// numbered are texts that begin alike.
func numbered(prefix string, n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = prefix + " " + strconv.Itoa(i+1)
	}
	return texts
}

// beginning are those of texts that begin with prefix.
func beginning(texts []string, prefix string) []string {
	return slices.DeleteFunc(slices.Clone(texts), func(s string) bool { return !strings.HasPrefix(s, prefix) })
}
