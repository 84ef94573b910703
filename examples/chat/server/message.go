package main

import (
	"bytes"
	"encoding/json"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/protocol"
	"github.com/longsplice/longsplice/hub"
)

// The protocol's limits, in bytes: of a message either way, and of a client's own
// mark in it.
const (
	maxMessage = 16 << 10
	maxID      = 64
)

// encode makes one message of m, to be sent by any number of connections. A
// list that does not fit is cut short. Count still says how many users there are.
func encode(m protocol.Message) *conn.Batch {
	for {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(m); err != nil {
			panic(err) // there is nothing in a Message that JSON does not have
		}
		line := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
		if len(line) > maxMessage && len(m.Users)+len(m.Rooms)+len(m.Lines) > 0 {
			m.Users, m.Rooms = m.Users[:len(m.Users)*3/4], m.Rooms[:len(m.Rooms)*3/4]
			older := (len(m.Lines) + 3) / 4 // the newest matter
			m.Lines, m.Before = m.Lines[older:], m.Before+uint64(older)
			continue
		}
		batch, err := conn.Encode(line)
		if err != nil {
			panic(err) // it is far from 4 GiB
		}
		return batch
	}
}

// notice is what members are told by the hub itself.
func notice(n hub.Notice) *conn.Batch { return encode(protocol.Of(n)) }

// A failure is an error that the user is told of. It harms nothing else.
type failure struct {
	code protocol.Code
	text string
}

func (f *failure) Error() string { return string(f.code) + ": " + f.text }
