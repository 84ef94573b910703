package boltbroker_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/hub/boltbroker"
)

// What was published before a restart is there behind it, at its position.
func Example() {
	dir, err := os.MkdirTemp("", "boltbroker")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	start := func() (*hub.Hub[string], *boltbroker.Broker[string]) {
		lines, err := boltbroker.Open(filepath.Join(dir, "lines.db"), boltbroker.Config[string]{
			Marshal:   func(v string) ([]byte, error) { return []byte(v), nil },
			Unmarshal: func(p []byte) (string, error) { return string(p), nil },
		})
		if err != nil {
			panic(err)
		}
		return hub.New(hub.Config[string]{Broker: lines}), lines
	}

	rooms, lines := start()
	first, err := rooms.Publish(ctx, "lobby", "hello")
	fmt.Println(first.Offset, err)
	rooms.Close()
	lines.Close()

	rooms, lines = start()
	got := make(chan string, 2)
	reader := hub.MemberFunc[string](func(_ *hub.Sub[string], v string) hub.Answer {
		got <- v
		return hub.Taken
	})
	if _, err := rooms.Join(ctx, "lobby", reader, hub.From(first)); err != nil {
		fmt.Println(err)
	}
	second, err := rooms.Publish(ctx, "lobby", "and hello again")
	fmt.Println(second.Offset, err)
	fmt.Println(<-got)
	fmt.Println(<-got)
	rooms.Close()
	lines.Close()
	// Output:
	// 1 <nil>
	// 2 <nil>
	// hello
	// and hello again
}
