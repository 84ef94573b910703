package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"sync"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/hub"
)

// A journal is a hub.Broker that keeps all that is said in a file, and in
// memory. It has one line for each, as JSON, and the epoch before them.
type journal struct {
	mu    sync.Mutex // covers all below, and keeps the order
	file  *os.File
	epoch uint64
	rooms map[string]*room
}

type room struct {
	lines []*conn.Batch
	sinks []*sink
}

type sink struct {
	hub.Sink[*conn.Batch]
	journal *journal
	room    *room
}

type entry struct {
	Epoch uint64   `json:"epoch,omitempty"` // of the first entry
	Room  string   `json:"room,omitempty"`
	Msgs  [][]byte `json:"msgs,omitempty"`
}

func openJournal(name string) (*journal, error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	j := &journal{file: file, rooms: map[string]*room{}}
	end, err := j.load()
	if err == nil {
		err = file.Truncate(end) // half a line, of a process that was killed
	}
	if err == nil {
		_, err = file.Seek(end, io.SeekStart)
	}
	if err == nil && j.epoch == 0 {
		j.epoch = rand.Uint64N(1<<53-1) + 1
		err = j.write(entry{Epoch: j.epoch})
	}
	return j, err
}

// load reads the file up to where it is whole, and returns where that is.
func (j *journal) load() (end int64, err error) {
	for lines := bufio.NewReader(j.file); ; {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return end, nil
		}
		if err != nil {
			return 0, err
		}
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			return end, err
		}
		end += int64(len(line))
		if e.Epoch != 0 {
			j.epoch = e.Epoch
			continue
		}
		b, err := conn.Encode(e.Msgs...)
		if err != nil {
			return 0, err
		}
		r := j.room(e.Room)
		r.lines = append(r.lines, b)
	}
}

func (j *journal) write(e entry) error {
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if _, err := j.file.Write(append(b, '\n')); err != nil {
		return err
	}
	return j.file.Sync()
}

func (j *journal) room(name string) *room {
	if j.rooms[name] == nil {
		j.rooms[name] = &room{}
	}
	return j.rooms[name]
}

// Publish writes a line to the disk, and then hands it over.
func (j *journal) Publish(_ context.Context, name string, m hub.Message[*conn.Batch]) (p hub.Position, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r := j.room(name)
	if !m.Volatile {
		if err := j.write(entry{Room: name, Msgs: slices.Collect(m.Value.All())}); err != nil {
			return p, err
		}
		r.lines = append(r.lines, m.Value)
		p = hub.Position{Epoch: j.epoch, Offset: uint64(len(r.lines))}
	}
	for _, s := range r.sinks {
		s.Deliver(m)
	}
	return p, nil
}

// Open hands over the newest lines of a room, and then all that follow.
func (j *journal) Open(_ context.Context, name string, history int, to hub.Sink[*conn.Batch]) (hub.Feed, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := &sink{to, j, j.room(name)}
	first := max(0, len(s.room.lines)-history)
	s.Seek(hub.Position{Epoch: j.epoch, Offset: uint64(first) + 1})
	for _, line := range s.room.lines[first:] {
		s.Deliver(hub.Message[*conn.Batch]{Value: line})
	}
	s.room.sinks = append(s.room.sinks, s)
	return s, nil
}

func (s *sink) Close() {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	s.room.sinks = slices.DeleteFunc(s.room.sinks, func(other *sink) bool { return other == s })
}
