package chat

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/examples/chat/protocol"
)

const hostile = "\x1b[2J\u009b1m\x07\u202Eevil\u2066\r\n\x7f\xff"

// fill puts the hostile text into every string of a value.
func fill(v reflect.Value, depth int) (n int) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[protocol.Op]() {
			return 0 // chosen by the test
		}
		v.SetString(v.String() + hostile)
		return 1
	case reflect.Struct:
		for i := range v.NumField() {
			n += fill(v.Field(i), depth)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		n += fill(v.Elem(), depth)
	case reflect.Slice:
		if depth > 0 {
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
			for i := range v.Len() {
				n += fill(v.Index(i), depth-1)
			}
		}
	}
	return n
}

// harmless fails if a string anywhere in v could disturb a terminal.
func harmless(t *testing.T, where string, v reflect.Value, seen map[uintptr]bool) {
	switch v.Kind() {
	case reflect.String:
		require.False(t, strings.ContainsFunc(v.String(), func(r rune) bool {
			return unicode.In(r, unicode.Cc, unicode.Bidi_Control)
		}), "%s: %q", where, v.String())
	case reflect.Struct:
		if v.Type().PkgPath() == "time" {
			return
		}
		for i := range v.NumField() {
			harmless(t, where+"."+v.Type().Field(i).Name, v.Field(i), seen)
		}
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() || v.Kind() == reflect.Pointer && seen[v.Pointer()] {
			return
		}
		if v.Kind() == reflect.Pointer {
			seen[v.Pointer()] = true
		}
		harmless(t, where, v.Elem(), seen)
	case reflect.Slice:
		for i := range v.Len() {
			harmless(t, fmt.Sprintf("%s[%d]", where, i), v.Index(i), seen)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			harmless(t, where+" key", it.Key(), seen)
			harmless(t, where+" value", it.Value(), seen)
		}
	}
}

// Whatever the server puts into whichever field of whatever it says, no string
// of the Model or of an Action can disturb a terminal.
func TestNoFieldOfTheProtocolGetsThroughUncleaned(t *testing.T) {
	ops := []protocol.Op{
		protocol.Welcome, protocol.Joined, protocol.Left, protocol.Line, protocol.Gap, protocol.Present, protocol.Absent,
		protocol.Notice, protocol.Failed, protocol.Who, protocol.Rooms, protocol.History, protocol.Typing, "\x1b]0;x\a",
	}
	for _, op := range ops {
		for _, room := range []string{"lobby", "user:ann"} {
			r := joined(t, Config{})
			r.says("hello")
			msg := protocol.Message{Op: op, Room: room, ID: "x-1"}
			keep := msg.Room
			require.Greater(t, fill(reflect.ValueOf(&msg).Elem(), 2), 20)
			check := func(actions []Action) {
				harmless(t, string(op), reflect.ValueOf(actions), map[uintptr]bool{})
				harmless(t, string(op), reflect.ValueOf(r.Model), map[uintptr]bool{})
			}
			check(r.gets(clone(msg)))
			msg.Room = keep // a room that there is
			check(r.gets(clone(msg)))
			msg.Room, msg.Name, msg.ID = keep, "ann", "x-1"
			check(r.gets(clone(msg)))
		}
	}
}

// clone keeps the original: a Model cleans an event in place.
func clone(m protocol.Message) protocol.Message {
	c := m
	c.Users, c.Rooms, c.Lines = append([]string(nil), m.Users...), append([]protocol.Room(nil), m.Rooms...), append([]protocol.Message(nil), m.Lines...)
	return c
}

// The same for what does not come as a message.
func TestNoOtherEventGetsThroughUncleaned(t *testing.T) {
	events := []Event{&Began{}, &Ended{}, &Garbled{}, &Entered{}, &Rejected{}, &LinkChanged{}, &Pulse{}}
	for _, e := range events {
		r := joined(t, Config{})
		fill(reflect.ValueOf(e).Elem(), 2)
		actions := r.Handle(e, r.now)
		harmless(t, "", reflect.ValueOf(actions), map[uintptr]bool{})
		harmless(t, "", reflect.ValueOf(r.Model), map[uintptr]bool{})
		text, _ := r.Status(r.now)
		harmless(t, "", reflect.ValueOf(text), nil)
	}
}
