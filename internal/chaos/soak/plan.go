package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/internal/chaos/ledger"
)

// A kind is what a session is for.
type kind uint32

const (
	echo     kind = iota // every message is answered with one
	upward               // a stream from the client
	downward             // a stream to the client
	member               // of a room
	idle                 // says something now and then, to a server that parks it
	short                // some messages, and over
	abrupt               // closed, by either end, while everything is under way
	slow                 // its client takes long over each message
	kinds                // how many there are
)

var kindNames = [kinds]string{"echo", "stream up", "stream down", "room", "idle", "short", "abrupt", "slow reader"}

func (k kind) String() string { return kindNames[k%kinds] }

// tickets are how many of a hundred sessions are of each kind.
var tickets = [kinds]int{20, 10, 10, 20, 15, 10, 8, 7}

// A plan is what both ends of a session do. The client tells the server in its
// first message.
type plan struct {
	Record int    `json:"record"`
	ID     uint64 `json:"id"` // of the record
	Kind   kind   `json:"kind"`
	Room   int    `json:"room,omitempty"`

	Up, Down float64       `json:",omitempty"` // messages a second
	Life     time.Duration `json:"life"`       // until the client says that it is enough
	Nap      time.Duration `json:"nap,omitempty"`
	Leave    leaving       `json:"leave,omitempty"`
}

// leaving is how a session ends that nothing else ends.
type leaving int

const (
	inOrder    leaving = iota // the client says that it is done, the server closes
	byClose                   // the client closes when it is not receiving
	fromAside                 // and when it is
	byShutdown                // with as little patience as may be
	byHandler                 // the server's handler fails
	leavings
)

// drawPlan draws a session at a rate of messages a second.
func drawPlan(rng *rand.Rand, rate float64, rooms int, pace time.Duration) plan {
	p := plan{Life: time.Duration((2 + 20*rng.ExpFloat64()) * float64(pace)), Room: rng.IntN(rooms)}
	at := rng.IntN(100)
	for p.Kind = 0; at >= tickets[p.Kind]; p.Kind++ {
		at -= tickets[p.Kind]
	}
	rate *= 0.3 + 1.4*rng.Float64()
	switch p.Kind {
	case echo:
		p.Up = rate
	case upward:
		p.Up = 2 * rate
	case downward:
		p.Down = 2 * rate
	case member:
		p.Up = rate / 10 // everyone else hears it
		if rng.IntN(5) == 0 {
			p.Nap = time.Duration(rng.ExpFloat64() * 2 / rate * float64(time.Second)) // and falls behind
		}
	case idle:
		p.Up, p.Life = 0.2/pace.Seconds(), 4*p.Life
	case short:
		p.Up, p.Down, p.Life = 4*rate, 4*rate, p.Life/20
	case abrupt:
		p.Up, p.Down, p.Life = 4*rate, 4*rate, p.Life/4
		p.Leave = leaving(1 + rng.IntN(int(leavings)-1))
	case slow:
		p.Down, p.Nap = 2*rate, time.Duration(rng.ExpFloat64()*float64(time.Second)/rate)
	}
	return p
}

// Every message begins with what it is.
const (
	tagPlan    = 'p'
	tagMessage = 'm' // one of the books
	tagEnd     = 'e' // the client is done
	tagValue   = 'v' // of a room: what somebody published
	tagNotice  = 'n'
	tagBye     = 'b' // where the member's place was when it left
)

func (p plan) message() []byte {
	js, err := json.Marshal(p)
	if err != nil {
		panic(err) // a plan has nothing that cannot be written
	}
	return append([]byte{tagPlan}, js...)
}

func tagged(tag byte, payload []byte) []byte { return append([]byte{tag}, payload...) }

// own picks an account's messages from what was reported.
func own(msgs [][]byte) (of [][]byte) {
	for _, msg := range msgs {
		if len(msg) > 0 && msg[0] == tagMessage {
			of = append(of, msg[1:])
		}
	}
	return of
}

func numbers(tag byte, ns ...uint64) []byte {
	msg := []byte{tag}
	for _, n := range ns {
		msg = binary.BigEndian.AppendUint64(msg, n)
	}
	return msg
}

func readNumbers(msg []byte, ns ...*uint64) bool {
	if len(msg) != 1+8*len(ns) {
		return false
	}
	for i, n := range ns {
		*n = binary.BigEndian.Uint64(msg[1+8*i:])
	}
	return true
}

// size draws the length of a message: most are short, a few are longer than
// a window.
func size(rng *rand.Rand) int {
	switch at := rng.IntN(3000); {
	case at == 0:
		return 100_000 + rng.IntN(100_000)
	case at < 60:
		return rng.IntN(16_000)
	}
	return rng.IntN(500)
}

// report enters in an account what its sender was told at the end.
func report(a *ledger.Account, err error) error {
	var lost *conn.LostError
	if errors.As(err, &lost) {
		return a.Report(own(lost.Unknown), own(lost.Undelivered))
	}
	return a.Report(nil, nil)
}
