package main

import "fmt"

// An Op is a kind of move.
type Op uint8

// The moves of the adversary, and of the applications, which it commands too.
const (
	opSend      Op = iota // an application sends N bytes
	opBatch               // or several messages at once, whose bytes are shared
	opFan                 // the server's applications all send one batch
	opReceive             // an application asks for its next message
	opFlush               // or waits for all that it has sent to be consumed
	opClose               // or closes: see closing
	opCloseBoth           // or both applications do, at the same time
	opProbe               // the supervisor of a link wants to know where the peer stands
	opWrite               // a link takes N bytes more of what an end writes
	opDeliver             // N bytes arrive at an end
	opCut                 // a link dies; N bytes each way still arrive
	opFin                 // one direction of a link ends behind what is in flight
	opGiveUp              // an end takes its link for dead, rightly or not
	opAbandon             // a write that was stuck on a dead link returns
	opStall               // nothing arrives any more: N is 0 on this link, else on all
	opHeal                // and now it does
	opDial                // a client opens another link, whatever became of the last
	opResumes             // or N of them in a row, each answered at once
	opReplay              // somebody repeats the HELLO of a link on a link of his own
	opAdvance             // time passes, N milliseconds, in which timers fire and nothing flows
	opIdle                // time passes, and what is not stalled or dead flows
	opLag                 // time passes, and nobody notices: all timers are late
	opExpire              // the timer of a link that was lost fires at its very instant
	opRestart             // the server's process dies, and another takes its place
	opCrash               // a client's process dies, and another takes its place
	opEvict               // the server makes room
	opDrain               // the server asks all clients to leave and takes no new ones
	opForge               // a peer breaks the protocol on an open link: see forgeries
	opFraud               // somebody answers a HELLO as no server does: see frauds
	opThief               // a stranger tries to resume a session: see thefts
	opEnd
)

var opNames = [opEnd]string{
	"send", "batch", "fan", "receive", "flush", "close", "closeboth", "probe", "write", "deliver", "cut", "fin", "giveup",
	"abandon", "stall", "heal", "dial", "resumes", "replay", "advance", "idle", "lag", "expire", "restart", "crash",
	"evict", "drain", "forge", "fraud", "thief",
}

func (o Op) String() string { return opNames[o] }

func opNamed(name string) (Op, error) {
	for o, known := range opNames {
		if known == name {
			return Op(o), nil
		}
	}
	return 0, fmt.Errorf("no move is called %q", name)
}

// do makes one move.
func (w *world) do(m Move) {
	s := w.slots[int(m.Slot)%len(w.slots)]
	side, n := int(m.Side&1), int(m.N)
	e, l := s.end(side), s.link(int(m.Back))
	switch m.Op {
	case opSend:
		w.send(e, n)
	case opBatch:
		w.batch(e, n)
	case opFan:
		w.fan(n)
	case opReceive:
		w.receive(e)
	case opFlush:
		w.flush(e)
	case opClose:
		w.close(e, closing(n))
	case opCloseBoth:
		w.closeBoth(s, closing(n))
	case opProbe:
		if e != nil && !e.done {
			e.s.Probe()
		}
	case opWrite:
		w.write(l, side, n)
	case opDeliver:
		w.deliver(l, side, n)
	case opCut:
		w.cut(l, n)
	case opFin:
		w.fin(l, side)
	case opGiveUp:
		w.giveUp(l, side)
	case opAbandon:
		w.abandon(l, side)
	case opStall:
		w.stall(l, side, n != 0)
	case opHeal:
		w.unstall(side)
	case opDial:
		w.dial(s)
	case opResumes:
		w.resumes(s, n)
	case opReplay:
		w.replay(s, l)
	case opAdvance:
		w.advance(ms(n), false)
	case opIdle:
		w.advance(ms(n), true)
	case opLag:
		w.now += ms(n)
	case opExpire:
		w.expireNext(n)
	case opRestart:
		w.restart()
	case opCrash:
		w.crash(s)
	case opEvict:
		w.evict(e)
	case opDrain:
		w.drain()
	case opForge:
		w.forge(e, n)
	case opFraud:
		w.cheat(s, n)
	case opThief:
		w.steal(s, n)
	}
	w.finishAll()
	w.observe()
}
