package main

import (
	"context"
	"time"

	"github.com/longsplice/longsplice/conn"
)

// An echoParty talks to a server that says back what it hears.
type echoParty struct {
	*load
	index   int
	content *content
	stream  stream
	buf     []byte // of the sender
	ledger  ledger // of the receiver
}

func (p *echoParty) config(cfg *conn.Config) {
	if p.credential != "" {
		cfg.Credential = func(context.Context) ([]byte, error) { return []byte(p.credential), nil }
	}
}

func (p *echoParty) begin(context.Context, *conn.Conn) error { return nil }

func (p *echoParty) rooms() []*room { return nil }

func (p *echoParty) say(st stamp) (*stream, []byte) {
	st.seq = p.stream.take()
	p.buf = p.content.stamped(p.index, st, p.buf)
	return &p.stream, p.buf
}

func (p *echoParty) hear(msg []byte, now time.Duration) bool {
	st, ok := p.content.read(p.index, msg)
	if !ok || !p.stream.has(st.seq) {
		p.counts.faults.corrupted.Add(1)
		return false
	}
	p.counts.allDelivered.Add(1)
	v := p.ledger.arrived(st.seq)
	p.counts.faults.arrived(v)
	if v != doubled {
		p.recorder.arrived(p.index, st, now)
	}
	return st.seq+1 == p.stream.count()
}

func (p *echoParty) answered() bool { return p.lost() == 0 }

func (p *echoParty) lost() uint64 { return p.ledger.lost(&p.stream) }

func (p *echoParty) abandon() {
	p.counts.faults.unknown.Add(p.ledger.abandon(&p.stream))
}
