package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/metrics"
	"sync"
	"time"
)

// childEnv makes this program a child of itself: its value is the settings. The
// child ends when its standard input does, however the parent may have ended.
const childEnv = "LONGSPLICE_SOAK_CHILD"

// booksFile is the descriptor at which a child finds the books.
const booksFile = 3

// settings are what a child is told at its start.
type settings struct {
	Role         string // "server" or "clients"
	Life         uint32
	Place        int // of a server: of its rooms' order in the books
	Seed         uint64
	Seats, Rooms int // of the whole run
	Pace         time.Duration
	TTL          time.Duration
	Every        time.Duration // between samples
	Rate         float64
	Breach       breach

	From, To int         // of clients: their seats
	Targets  [][]address // of clients: for each server, its ways in
}

// An address is a way to a server, or through a proxy to it.
type address struct {
	Over string
	Push bool // messages are pushed to the server's application
	At   string
}

// A command is what the parent tells a child, an event what it hears.
type command struct {
	Do    string // "drain", "quit"
	Life  uint32 `json:",omitempty"` // of what comes after a drain
	Place int    `json:",omitempty"` // and its place
}

type event struct {
	Ev        string    // "serving", "sample", "fault", "drained", "bye"
	Life      uint32    `json:",omitempty"`
	Addresses []address `json:",omitempty"`
	Sample    *sample   `json:",omitempty"`
	Text      string    `json:",omitempty"`
}

// A sample is what a process holds at a time.
type sample struct {
	At         time.Time
	RSS, Heap  int64 // bytes: in RAM; of objects that were alive at the last collection
	Goroutines int
	Files      int
	Sessions   int `json:",omitempty"` // of a clients' process, that are under way
}

// child is a process's end of the pipes to its parent.
type child struct {
	settings
	books *books

	mu  sync.Mutex // covers out
	out io.Writer
}

// runChild is all that a child process does. It returns its exit status.
func runChild(js string) int {
	signal.Ignore(os.Interrupt) // Ctrl-C reaches the whole group; the parent decides
	c := &child{out: os.Stdout}
	err := json.Unmarshal([]byte(js), &c.settings)
	if err == nil {
		c.books, err = openBooks(os.NewFile(booksFile, "books"), c.Seats, c.Rooms)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		return 2
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	commands := make(chan command)
	go func() {
		defer close(commands)
		for d := json.NewDecoder(bufio.NewReader(os.Stdin)); ; {
			var cmd command
			if d.Decode(&cmd) != nil {
				return
			}
			commands <- cmd
		}
	}()
	runtime.GC() // from now on there is a last collection to tell of
	before := runtime.NumGoroutine()
	if c.Role == "server" {
		c.serve(ctx, commands)
	} else {
		c.play(ctx, commands)
	}
	c.bye(before)
	return 0
}

// bye says what was left over. Some goroutines of the standard library's take a
// moment to end.
func (c *child) bye(before int) {
	text := ""
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<14)
			text = fmt.Sprintf("%d goroutines are left over\n%s", runtime.NumGoroutine()-before, stacks[:runtime.Stack(stacks, true)])
			break
		}
	}
	c.tell(event{Ev: "bye", Text: text})
}

func (c *child) tell(e event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = json.NewEncoder(c.out).Encode(e) // a parent that is gone ends this process otherwise
}

// fault tells the parent of what must not be. Nil is nothing.
func (c *child) fault(r *record, err error) {
	if err != nil {
		c.tell(event{Ev: "fault", Text: fmt.Sprintf("%s: %v: %v", c.Role, kind(r.kind.Load()), err)})
	}
}

// sampling tells the parent at intervals what this process holds.
func (c *child) sampling(ctx context.Context, sessions func() int) {
	tick := time.NewTicker(c.Every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s := takeSample()
			s.Sessions = sessions()
			c.tell(event{Ev: "sample", Sample: &s})
		case <-ctx.Done():
			return
		}
	}
}

func takeSample() sample {
	m := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(m)
	return sample{At: time.Now(), RSS: resident(), Heap: int64(m[0].Value.Uint64()), Goroutines: runtime.NumGoroutine(), Files: files()}
}
