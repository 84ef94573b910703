package main

import (
	"encoding/binary"
	"encoding/gob"
	"io"
	"net"
)

// The crowd tells the server when to publish over a connection of its own, which
// costs the server one small read for each publication: an RPC would be seen
// among the costs of a fan-out.

const (
	opPublish = iota + 1 // no answer: the members receive it
	opExpect             // a stream from so many senders is to come
	opAwait              // answered with a Tally when the stream has ended
	opReport             // answered with a Tally: what has failed so far, and the garbage
)

// A command is what the crowd asks of the server.
type command struct {
	op    uint32
	rooms uint32 // opPublish: to each of rooms 0 to rooms-1; opExpect: senders
	burst uint32
	size  uint32
	by    uint32 // goroutines among which the rooms are divided
}

const commandSize = 20

func (c command) write(w io.Writer) error {
	var b [commandSize]byte
	for i, v := range []uint32{c.op, c.rooms, c.burst, c.size, c.by} {
		binary.BigEndian.PutUint32(b[4*i:], v)
	}
	_, err := w.Write(b[:])
	return err
}

func (c *command) read(r io.Reader) error {
	var b [commandSize]byte
	_, err := io.ReadFull(r, b[:])
	for i, v := range []*uint32{&c.op, &c.rooms, &c.burst, &c.size, &c.by} {
		*v = binary.BigEndian.Uint32(b[4*i:])
	}
	return err
}

// A Tally is what the server has counted.
type Tally struct {
	Messages uint64
	Faults   Faults
	Garbage  Collections
	Err      string // what publishing failed with, if it has
}

// A trigger is the crowd's end.
type trigger struct {
	net.Conn
	answers *gob.Decoder
}

func dialTrigger(addr string) (*trigger, error) {
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &trigger{nc, gob.NewDecoder(nc)}, nil
}

// ask gives a command and waits for the answer.
func (t *trigger) ask(c command) (tally Tally, err error) {
	if err := c.write(t); err != nil {
		return tally, err
	}
	return tally, t.answers.Decode(&tally)
}
