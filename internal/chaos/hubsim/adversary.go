package hubsim

import "math/rand/v2"

// adversary draws a schedule from a seed.
type adversary struct {
	*rand.Rand
	u       Setup
	weights [opEnd]int
	sum     int
}

func newAdversary(seed uint64) *adversary {
	return &adversary{Rand: rand.New(rand.NewPCG(seed, 0x40b))}
}

// usual is how often each move is made, in a thousand or so.
var usual = [opEnd]int{
	opPublish: 180, opBurst: 15, opSignal: 40, opRush: 10, opJoin: 70, opReturn: 30, opLeave: 25, opQuit: 6, opAbout: 6, opDie: 4,
	opMood: 20, opRead: 80, opReady: 10, opWork: 300, opPump: 20, opHistory: 8, opAdvance: 30, opLag: 4, opForget: 3, opRestart: 1,
	opDeliver: 120, opLose: 4, opCut: 4, opMend: 6, opBrokerRestart: 2,
}

// setup draws the world, and how the adversary is disposed: each has moves that it
// never makes and others that it favours, because what one kind of fault
// provokes another may cover up.
func (a *adversary) setup() Setup {
	pick := func(of ...int) int { return of[a.IntN(len(of))] }
	u := Setup{Nodes: 1, Rooms: pick(1, 1, 1, 2), Clients: pick(2, 4, 6, 7, 9), Broker: a.IntN(3) == 0, Personal: a.IntN(8) == 0}
	if u.Broker {
		u.Nodes = pick(1, 2, 2)
	}
	if a.IntN(40) == 0 {
		u.Crowd = pick(63, 70, 130)
	}
	u.Room = RoomSetup{
		History: pick(0, 1, 3, 10, 30), Backlog: pick(1, 3, 8, 16, 40), Slack: pick(0, 3, 10, 64), Bytes: pick(64, 200, 1000, 100_000),
		Run: pick(0, 10, 60, 1000), Roster: pick(-1, 1, 10), Age: millis(pick(0, 0, 0, 50, 400)), Grace: millis(pick(0, 0, 20, 100)),
		Keep: millis(pick(0, 50, 1000)), Block: millis(pick(0, 10, 100)),
		Policy: policy(pick(int(skipAhead), int(skipAhead), int(latest), int(block), int(disconnect))), Tells: a.IntN(5) > 0,
	}
	if u.Broker && u.Room.Policy == block {
		u.Room.Policy = skipAhead // as it is in a hub
	}
	for op, usually := range usual {
		switch a.weights[op] = usually * 2; {
		case op >= int(opDeliver) && !u.Broker:
			a.weights[op] = 0
		case Op(op) == opPublish, Op(op) == opWork, Op(op) == opDeliver, Op(op) == opJoin: // without these nothing happens
		case usually <= 6 && a.IntN(2) > 0, a.IntN(4) == 0:
			a.weights[op] = 0
		case a.IntN(6) == 0:
			a.weights[op] = usually * 12
		}
		a.sum += a.weights[op]
	}
	a.u = u
	return u
}

func (a *adversary) op() Op {
	n := a.IntN(a.sum)
	for op, weight := range a.weights {
		if n -= weight; n < 0 {
			return Op(op)
		}
	}
	return opPublish
}

// length is how many moves there are.
func (a *adversary) length() int { return 20 << a.IntN(4) * (4 + a.IntN(5)) / 4 }

// small is a number below n that is low more often than not.
func (a *adversary) small(n int) int { return a.IntN(1 + a.IntN(n)) }

// move draws one move.
func (a *adversary) move() Move {
	m := Move{
		Op: a.op(), Node: uint8(a.IntN(a.u.Nodes)), Room: uint8(a.IntN(a.u.Rooms)), Client: uint8(a.IntN(a.u.Clients)),
	}
	n := 0
	switch m.Op {
	case opPublish, opRush:
		n = a.small(60) + a.IntN(4)<<sizeBits
		if a.IntN(30) == 0 {
			n = a.IntN(1 << (sizeBits + 2))
		}
	case opBurst:
		n = 1 + a.small(40)
	case opSignal, opMood:
		n = a.IntN(90)
	case opJoin:
		n = a.IntN(200)
	case opReturn, opCut, opBrokerRestart:
		n = a.IntN(2)
	case opRead:
		n = a.small(400)
	case opWork:
		n = 1 + a.small(12)
	case opHistory:
		n = a.IntN(20)
	case opAdvance, opLag:
		n = a.small(150)
	case opForget:
		n = a.small(300)
	case opDeliver, opLose:
		n = 1 + a.small(10)
	}
	m.N = int32(n)
	return m
}
