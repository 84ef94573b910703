package main

import (
	"encoding/binary"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzPlay lets the fuzzer be the adversary: what it writes are schedules, and
// what it looks for is code that no seed has come to.
func FuzzPlay(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(f, err)
	for _, name := range files {
		s, err := simulation.ReadFile(name)
		require.NoError(f, err)
		f.Add(encode(s.(*Schedule)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s := decode(b)
		if r := s.Play(nil); r.Failed != nil {
			simulation.Keep("testdata", 0, s, t.Output())
			t.Error(r.Failed)
		}
	})
}

// The worlds that bytes can describe. Each number of a setup is the index of a
// choice.
var choices = struct {
	ttl, beat, dead, minPing     []int
	budget, window, buffer, size []int
	edge                         []uint64
}{
	ttl: []int{300, 3000, 10_000}, beat: []int{0, 50, 200}, dead: []int{3, 10, 60}, minPing: []int{0, 20, 400},
	budget: []int{1, 60, 150, 400}, window: []int{16, 64, 100, 256, 1024}, buffer: []int{1, 64, 200, 600, 3000},
	size: []int{0, 30, 64, 150}, edge: []uint64{0, 0, 0, 100, 700},
}

// reader takes numbers off bytes, and zeros once they are used up.
type reader []byte

func (r *reader) byte() int {
	if len(*r) == 0 {
		return 0
	}
	b := (*r)[0]
	*r = (*r)[1:]
	return int(b)
}

func pick[T any](r *reader, of []T) T { return of[r.byte()%len(of)] }

func decode(b []byte) *Schedule {
	r := (*reader)(&b)
	s := &Schedule{Setup: Setup{
		Clients: 1 + r.byte()%2,
		TTL:     millis(pick(r, choices.ttl)), Beat: millis(pick(r, choices.beat)), Dead: pick(r, choices.dead),
		MinPing: millis(pick(r, choices.minPing)), Budget: pick(r, choices.budget), Edge: pick(r, choices.edge),
	}}
	s.Setup.Quiet = r.byte()%2 == 1 && s.Setup.Beat > 0
	for side := range s.Setup.Limits {
		s.Setup.Limits[side] = Limits{pick(r, choices.window), pick(r, choices.buffer), pick(r, choices.size)}
	}
	for len(b) >= 4 && len(s.Moves) < 300 {
		what, n := r.byte(), r.byte()
		s.Moves = append(s.Moves, Move{
			Op: Op(what % int(opEnd)), Side: uint8(n & 1), Slot: uint8(n >> 1 & 1), Back: uint8(n >> 2 & 7),
			N: int32(r.byte()<<8 | r.byte()),
		})
		if m := &s.Moves[len(s.Moves)-1]; m.Op == opResumes {
			m.N %= 64
		}
	}
	return s
}

// encode is the bytes for a schedule, as far as they can describe it.
func encode(s *Schedule) (b []byte) {
	u := s.Setup
	put := func(of []int, v int) {
		for i, c := range of {
			if c >= v {
				b = append(b, byte(i))
				return
			}
		}
		b = append(b, byte(len(of)-1))
	}
	b = append(b, byte(u.Clients-1))
	put(choices.ttl, int(u.TTL))
	put(choices.beat, int(u.Beat))
	put(choices.dead, u.Dead)
	put(choices.minPing, int(u.MinPing))
	put(choices.budget, u.Budget)
	if u.Edge > 0 {
		b = append(b, 3)
	} else {
		b = append(b, 0)
	}
	if u.Quiet {
		b = append(b, 1)
	} else {
		b = append(b, 0)
	}
	for _, l := range u.Limits {
		put(choices.window, l.Window)
		put(choices.buffer, l.Buffer)
		put(choices.size, l.Message)
	}
	for _, m := range s.Moves {
		b = append(b, byte(m.Op), m.Side&1|m.Slot&1<<1|m.Back&7<<2)
		b = binary.BigEndian.AppendUint16(b, uint16(min(m.N, 0xffff)))
	}
	return b
}

func TestBytesDescribeSchedules(t *testing.T) {
	s := decode(append(make([]byte, 14), 1, 5, 1, 2, 2, 6, 0, 9))
	require.Equal(t, s, decode(encode(s)))
	require.Len(t, s.Moves, 2)
	require.Equal(t, Move{Op: opBatch, Side: server, Back: 1, N: 258}, s.Moves[0])
}
