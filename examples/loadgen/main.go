// Loadgen puts load on a Longsplice server and tells how it bears it: the
// latency of each message counted from the time at which it was to be sent, and
// whether every one arrived once and in order, while links are cut.
//
//	go run ./examples/loadgen -target tcp://127.0.0.1:7777 -clients 500 -ramp 10s -rate 1000 -for 60s
//	go run ./examples/loadgen -work chat -target ws://127.0.0.1:8080/chat -clients 200 -rooms 20 -rate 100 -cut 5s
//	go run ./examples/loadgen -h
//
// The last line on stdout is the verdict. The exit status is 0 only if nothing
// was lost, doubled or out of order, no session was lost, and there were no more
// errors than -max-errors. Ctrl-C ends the sending; what was sent until then
// still arrives and is counted.
//
// To read the program, begin with client.go, which is what one client does, then
// echo.go and chat.go, the two kinds of work. schedule.go says when a message is
// due, ledger.go what arrived, recorder.go how long it took; load.go puts them
// together.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	o, err := parse(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		os.Exit(2)
	}
	// The first Ctrl-C ends the sending, a second one the program.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop)
	if err := run(ctx, o, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "loadgen:", err)
		os.Exit(1)
	}
}
