package hub_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/longsplice/longsplice/hub"
)

// printer is a member that prints what it is offered.
func printer(name string) hub.Member[string] {
	return hub.MemberFunc[string](func(_ *hub.Sub[string], v string) hub.Answer {
		fmt.Printf("%s: %s\n", name, v)
		return hub.Taken
	})
}

// told makes words of notices.
func told(n hub.Notice) string {
	switch n.Kind {
	case hub.Joined:
		return fmt.Sprintf("(you are at %d)", n.Next.Offset)
	case hub.Gap:
		return fmt.Sprintf("(%d to %d are missing)", n.From.Offset, n.Next.Offset-1)
	case hub.Present:
		return n.User + " is here"
	}
	return n.User + " has left"
}

// Who is there, and who comes and goes.
func Example_presence() {
	ctx := context.Background()
	rooms := hub.New(hub.Config[string]{Notice: told, Rooms: hub.Room{Grace: -1}})
	defer rooms.Close()

	ann, _ := rooms.Join(ctx, "lobby", printer("ann"), hub.As("ann"))
	defer ann.Leave()
	phone, _ := rooms.Join(ctx, "lobby", printer("bob's phone"), hub.As("bob"))
	desk, _ := rooms.Join(ctx, "lobby", printer("bob's desk"), hub.As("bob"))
	fmt.Println(rooms.Users("lobby"))
	phone.Leave() // bob is still at the desk
	desk.Leave()
	fmt.Println(rooms.Users("lobby"))
	// Output:
	// ann: (you are at 1)
	// ann: bob is here
	// bob's phone: (you are at 1)
	// bob's desk: (you are at 1)
	// [ann bob]
	// ann: bob has left
	// [ann]
}

// A member goes on where it was.
func ExampleFrom() {
	ctx := context.Background()
	rooms := hub.New(hub.Config[string]{Notice: told, Rooms: hub.Room{History: 2}})
	defer rooms.Close()

	sub, _ := rooms.Join(ctx, "lobby", printer("ann"))
	rooms.Publish(ctx, "lobby", "one")
	sub.Leave()
	position := sub.Position() // of the next value; a client can count it as well

	for _, v := range []string{"two", "three", "four"} {
		rooms.Publish(ctx, "lobby", v)
	}
	rooms.Join(ctx, "lobby", printer("ann again"), hub.From(position))
	// Output:
	// ann: (you are at 1)
	// ann: one
	// ann again: (you are at 2)
	// ann again: (2 to 2 are missing)
	// ann again: three
	// ann again: four
}

// What comes while its owner is away is there on return.
func ExamplePersonal() {
	ctx := context.Background()
	rooms := hub.New(hub.Config[string]{})
	defer rooms.Close()

	mailbox := hub.Personal("ann")
	rooms.Publish(ctx, mailbox, "bob was looking for you")
	sub, _ := rooms.Join(ctx, mailbox, printer("ann"), hub.As("ann"), hub.From(hub.Position{}))
	sub.Leave()
	rooms.Publish(ctx, mailbox, "and again")
	rooms.Join(ctx, mailbox, printer("ann"), hub.As("ann"), hub.From(sub.Position()))
	// Output:
	// ann: bob was looking for you
	// ann: and again
}

// Of prices only the newest of each matters to one who is behind.
func Example_latest() {
	ctx := context.Background()
	prices := hub.New(hub.Config[string]{
		Rooms: hub.Room{Policy: hub.Latest},
		Key:   func(v string) string { symbol, _, _ := strings.Cut(v, " "); return symbol },
	})
	defer prices.Close()

	slow := true
	screen := hub.MemberFunc[string](func(_ *hub.Sub[string], v string) hub.Answer {
		if slow {
			return hub.Busy
		}
		fmt.Println(v)
		return hub.Taken
	})
	sub, _ := prices.Join(ctx, "prices", screen)
	for i := range 1000 {
		prices.Publish(ctx, "prices", fmt.Sprintf("RUM %d", i))
		prices.Publish(ctx, "prices", fmt.Sprintf("TEA %d", 2*i))
	}
	slow = false
	sub.Ready()
	// Output:
	// RUM 999
	// TEA 1998
}

// Those who watch must miss nothing, and publishers can wait a little.
func Example_block() {
	rooms := hub.New(hub.Config[string]{
		RoomOf: func(name string) hub.Room {
			if strings.HasPrefix(name, "audit/") {
				return hub.Room{Policy: hub.Block, Block: 100 * time.Millisecond, Backlog: 10_000}
			}
			return hub.Room{}
		},
	})
	defer rooms.Close()
	rooms.Join(context.Background(), "audit/logins", printer("auditor"))
	rooms.Publish(context.Background(), "audit/logins", "ann, from 192.0.2.7")
	// Output: auditor: ann, from 192.0.2.7
}
