package main

import "math/rand/v2"

// adversary draws a schedule from a seed, move by move, with an eye on what has
// come of the moves before.
type adversary struct {
	*rand.Rand
	weights [opEnd]int
	sum     int
}

func newAdversary(seed uint64) *adversary {
	return &adversary{Rand: rand.New(rand.NewPCG(seed, 0x10a9))}
}

// usual is how often each move is made, in a thousand or so.
var usual = [opEnd]int{
	opSend: 200, opBatch: 25, opFan: 6, opReceive: 170, opFlush: 6, opClose: 2, opCloseBoth: 1, opProbe: 3, opWrite: 220,
	opDeliver: 220, opCut: 25, opFin: 6, opGiveUp: 30, opAbandon: 8, opStall: 6, opHeal: 8, opDial: 35, opResumes: 2, opReplay: 5,
	opAdvance: 20, opIdle: 8, opLag: 2, opExpire: 1, opRestart: 1, opCrash: 1, opEvict: 1, opDrain: 1, opForge: 3,
	opFraud: 3, opThief: 4,
}

// setup draws the world, and how the adversary is disposed: each has moves that it
// never makes and others that it favours, because what one kind of fault
// provokes another may cover up.
func (a *adversary) setup() Setup {
	pick := func(of ...int) int { return of[a.IntN(len(of))] }
	s := Setup{
		Clients: 1 + a.IntN(4)/3,
		TTL:     millis(pick(300, 3000, 10_000, 10_000, 30_000)),
		Beat:    millis(pick(0, 50, 200, 200)),
		Dead:    pick(3, 3, 10, 60),
		Budget:  pick(1, 60, 150, 400),
	}
	if a.IntN(3) == 0 {
		s.MinPing = millis(pick(20, 100, 400))
	}
	if a.IntN(12) == 0 {
		s.Edge = uint64(100 + a.IntN(2000))
	}
	s.Quiet = s.Beat > 0 && a.IntN(4) == 0
	for side := range s.Limits {
		s.Limits[side] = Limits{
			Window:  pick(16, 64, 100, 256, 1024),
			Buffer:  pick(1, 64, 200, 600, 3000),
			Message: pick(0, 30, 59, 64, 150),
		}
		if side == server && a.IntN(2) == 0 {
			s.Limits[server] = s.Limits[client]
		}
	}
	for op, usually := range usual {
		a.weights[op] = usually * 2
		switch {
		case usually >= 150: // without these nothing happens
		case usually <= 2 && a.IntN(3) > 0, a.IntN(4) == 0: // few worlds survive many of the former
			a.weights[op] = 0
		case a.IntN(6) == 0:
			a.weights[op] = usually * 12
		}
		a.sum += a.weights[op]
	}
	return s
}

func (a *adversary) op() Op {
	n := a.IntN(a.sum)
	for op, weight := range a.weights {
		if n -= weight; n < 0 {
			return Op(op)
		}
	}
	return opSend
}

// length is how many moves there are.
func (a *adversary) length() int { return 20 << a.IntN(5) * (4 + a.IntN(5)) / 4 }

// move draws the next move.
func (a *adversary) move(w *world) Move {
	m := Move{Op: a.op(), Side: uint8(a.IntN(2)), Slot: uint8(a.IntN(len(w.slots)))}
	if s := w.slots[m.Slot]; m.Op == opSend && !s.end(int(m.Side)).mayTry() {
		m.Op = opDeliver // there is no session yet
	}
	if a.IntN(8) < 3 {
		m.Back = uint8(a.IntN(4))
	}
	s := w.slots[m.Slot]
	l := s.link(int(m.Back))
	if l.ends[m.Side].stalled && a.IntN(16) == 0 {
		m.Op = opHeal // while the link is still in use
	}
	switch m.Op {
	case opSend:
		longest := w.setup.Limits[m.Side].Message
		if m.N = int32(a.IntN(1 + a.IntN(longest+1))); a.IntN(12) == 0 {
			m.N = int32(longest)
		}
	case opBatch, opFan, opForge, opFraud, opThief:
		m.N = int32(a.IntN(1000))
	case opClose, opCloseBoth:
		m.N = int32(a.IntN(8))
	case opWrite, opDeliver:
		m.N = int32(1 + a.IntN(150))
	case opCut:
		m.N = int32(a.IntN(200))
	case opGiveUp:
		if !l.dead && a.IntN(6) > 0 {
			m.Op = opDeliver
			m.N = 200
		}
	case opStall:
		m.N = int32(a.IntN(4) / 3)
	case opDial:
		if s.client.newest != nil && !s.client.newest.ends[client].gone && a.IntN(10) > 0 {
			m.Op, m.N = opDeliver, 200
		}
	case opAdvance, opLag, opIdle:
		m.N = int32(1 + a.IntN(1+a.IntN(1<<a.IntN(13))))
		if l.ends[m.Side].stalled && a.IntN(2) == 0 {
			m.N += 1000 // long enough to matter
		}
	case opExpire, opResumes:
		m.N = int32(a.IntN(1 << a.IntN(7)))
	}
	return m
}
