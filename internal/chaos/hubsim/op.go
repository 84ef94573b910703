package hubsim

import (
	"fmt"
	"slices"
)

// An Op is a kind of move.
type Op uint8

// The moves of the adversary, and of the applications, which it commands too.
const (
	opPublish       Op = iota // a value of N bytes is published
	opBurst                   // or N small ones
	opSignal                  // or something that is no history; to one user if N is odd
	opRush                    // or a value that waits for nobody
	opJoin                    // a client joins: N says from where
	opReturn                  // it leaves, and comes back at the position that it has by its own count, or by the hub's if N is odd
	opLeave                   // it leaves
	opQuit                    // it says goodbye
	opAbout                   // it is about to leave: no offer may begin, and the room does not know yet
	opDie                     // its next offer finds it gone
	opMood                    // N says how much it takes, and at once
	opRead                    // it makes room for N bytes
	opReady                   // somebody says that it is ready, rightly or not
	opWork                    // the hub does N things: makes a step, offers it to a member, settles it
	opPump                    // the hub works until there is nothing left to do
	opHistory                 // somebody asks for the last N values
	opAdvance                 // time passes, N milliseconds, in which timers fire
	opLag                     // time passes, and all timers are late
	opForget                  // the room gives up N bytes
	opRestart                 // a hub's process dies, and another takes its place
	opDeliver                 // N messages arrive from the broker
	opLose                    // or are lost, which the node is told of with the next
	opCut                     // a node is cut off from the broker; what comes meanwhile is lost if N is odd
	opMend                    // and it is back
	opBrokerRestart           // the broker forgets everything; what is under way is lost if N is odd
	opEnd
)

var opNames = [opEnd]string{
	"publish", "burst", "signal", "rush", "join", "return", "leave", "quit", "about", "die", "mood", "read", "ready", "work",
	"pump", "history", "advance", "lag", "forget", "restart", "deliver", "lose", "cut", "mend", "brokerrestart",
}

func (o Op) String() string { return opNames[o] }

func opNamed(name string) (Op, error) {
	if o := slices.Index(opNames[:], name); o >= 0 {
		return Op(o), nil
	}
	return 0, fmt.Errorf("no move is called %q", name)
}

// do makes one move.
func (w *world) do(m Move) {
	n := w.nodes[int(m.Node)%len(w.nodes)]
	number := int(m.Room) % w.setup.Rooms
	c, k := w.clients[int(m.Client)%w.setup.Clients], int(m.N)
	l := n.rooms[number]
	switch m.Op {
	case opPublish:
		w.publish(n, number, k, false)
	case opBurst:
		for i := range min(k, 40) {
			w.publish(n, number, 1+i%7+i%4<<sizeBits, false)
		}
	case opSignal:
		w.signal(n, number, k, c.user)
	case opRush:
		w.publish(n, number, k, true)
	case opJoin:
		w.join(n, number, c, k)
	case opReturn:
		w.comeBack(n, number, c, k)
	case opLeave, opQuit:
		w.leave(c.subs[number], m.Op == opQuit)
	case opAbout:
		w.about(c.subs[number])
	case opDie:
		c.dying = true
	case opMood:
		c.change(k)
	case opRead:
		w.read(c, k)
	case opReady:
		w.ready(c.subs[number])
	case opAdvance:
		w.advance(ms(k))
	case opLag:
		w.meet(metLate)
		w.now += ms(k)
	case opRestart:
		w.restart(n)
	case opLose:
		w.lose(l, k)
	case opCut:
		n.cut, n.lossy = w.broker != nil, k%2 == 1
	case opMend:
		n.cut = false
	case opBrokerRestart:
		w.restartBroker(k%2 == 1)
	}
	if l != nil && !l.gone {
		switch m.Op {
		case opWork:
			for range min(k, 200) {
				l.work()
			}
		case opPump:
			l.pump()
		case opHistory:
			l.checkHistory(k)
		case opForget:
			l.forget(k)
		case opDeliver:
			w.deliver(l, k)
		}
	}
	w.settle()
}
