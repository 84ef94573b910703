package main

import (
	"context"
	"slices"
)

// A peer is one way of moving messages that takes part in the race: a server
// and a client, each as its own documentation recommends it.
type peer struct {
	name     string
	ours     bool   // not one of those that Longsplice is compared with
	promises bool   // every message once and in order
	without  string // what it does not offer
	tuned    string // how it is set up here, and on whose word
	only     []string

	// serve starts a server. Every connection that it accepts joins a room,
	// which its client names, and is welcomed with one message.
	serve func(addr string, a app) (server, error)
	// dial makes a connection, and returns when it has been welcomed.
	dial func(ctx context.Context, to target) (client, error)
	// keep is dial for a peer that comes back by itself when its link is cut.
	// Where it is nil, the application has to do that.
	keep func(ctx context.Context, to target, k keeping) (client, error)
}

// An app is what a server does with the messages that come in. It is called
// for one message of a connection at a time, and msg is borrowed. An error ends
// the connection.
type app func(msg []byte, from sender) error

// A sender is the way back to whom a message came from.
type sender interface{ Send(msg []byte) error }

// A sendFunc makes a function a sender.
type sendFunc func(msg []byte) error

func (f sendFunc) Send(msg []byte) error { return f(msg) }

// A server is a server of one peer.
type server interface {
	Addr() string
	// Publish sends messages to all members of a room. They are the peer's
	// only until Publish returns.
	Publish(room uint32, msgs [][]byte) error
	Close() error
}

// A target is where a client connects to, and what it does there.
type target struct {
	addr    string
	room    uint32
	receive receiver
	stream  bool // one goroutine alone is going to send, and to Flush at the end
}

// A receiver is called with each message that a client receives, one at a time;
// msg is borrowed.
type receiver func(c client, msg []byte)

// A client is one connection to a server.
type client interface {
	// Send may be called concurrently, unless the target says otherwise.
	Send(msg []byte) error
	// Flush hands over what Send has kept back of a stream.
	Flush() error
	// Done is closed when nothing more is received.
	Done() <-chan struct{}
	Close() error
}

// peers are all that take part, the floor first.
var peers = []*peer{
	floorPeer, longsplicePeer, readerPeer, hubPeer, wsPeer, tlsPeer,
	gorillaPeer, gwsPeer, coderPeer, melodyPeer, natsPeer, grpcPeer, yamuxPeer, tutorialPeer,
}

func peerNamed(name string) *peer {
	i := slices.IndexFunc(peers, func(p *peer) bool { return p.name == name })
	if i < 0 {
		return nil
	}
	return peers[i]
}

func (p *peer) takesPart(work string) bool { return p.only == nil || slices.Contains(p.only, work) }
