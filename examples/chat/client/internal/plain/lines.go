package plain

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/longsplice/longsplice/examples/chat/client/internal/chat"
)

// read hands out the lines of In. The channel is closed at its end. A read that
// waits when ctx ends is left behind.
func (f *Filter) read(ctx context.Context) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		in := bufio.NewReader(f.In)
		for {
			line, err := in.ReadString('\n')
			if line != "" {
				select {
				case lines <- strings.TrimRight(line, "\r\n"):
				case <-ctx.Done():
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	return lines
}

// handle gives an event to the Model and does what it asks for.
func (f *Filter) handle(e chat.Event) {
	for queue := []chat.Event{e}; len(queue) > 0; queue = queue[1:] {
		queue = append(queue, f.do(f.Model.Handle(queue[0], time.Now()))...)
	}
	if _, ok := e.(*chat.LinkChanged); ok {
		if status, _ := f.Model.Status(time.Now()); status != f.status {
			f.status = status
			fmt.Fprintln(f.State, status)
		}
	}
}

// do carries out actions, and returns what came of them.
func (f *Filter) do(actions []chat.Action) (events []chat.Event) {
	for _, a := range actions {
		switch a := a.(type) {
		case chat.Send:
			if rejected := f.Session.Send(a.Message); rejected != nil {
				events = append(events, rejected)
			}
		case chat.Keep:
			f.Session.Keep(a.Name, a.Token)
			if err := f.Keep(a.Name, a.Token); err != nil {
				fmt.Fprintln(f.State, "the token is not kept:", err)
			}
		case chat.Print:
			f.print(a)
		case chat.Tell:
			fmt.Fprintln(f.State, a.Text)
		case chat.Wake:
			f.Session.Wake()
		case chat.Quit:
			f.quit()
		}
	}
	return events
}

// quit is the end that the user has asked for.
func (f *Filter) quit() {
	for _, a := range f.Model.Leave(time.Now()) {
		if s, ok := a.(chat.Send); ok {
			_ = f.Session.Send(s.Message) // a private line may be shown once more
		}
	}
	f.end()
}

// print writes one line of the chat. When nobody reads them any more there is
// nothing left to do.
func (f *Filter) print(p chat.Print) {
	if f.err != nil {
		return
	}
	_, f.err = fmt.Fprintln(f.Out, Format(p))
	if f.err != nil {
		f.end()
	}
}

// Format is a line of the chat as scripts read it.
func Format(p chat.Print) string {
	at := p.Item.At.UTC().Format(time.RFC3339)
	if p.Item.Action {
		return fmt.Sprintf("%s %s * %s %s", at, p.Room, p.Item.Name, p.Item.Text)
	}
	return fmt.Sprintf("%s %s %s: %s", at, p.Room, p.Item.Name, p.Item.Text)
}
