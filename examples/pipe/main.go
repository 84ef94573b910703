// Pipe carries standard input to the standard output of another machine, as
// netcat does, over a pipe that survives: links that are cut, networks that
// change and whatever stands between and is restarted cost time and nothing
// else.
//
//	go run ./examples/pipe listen 127.0.0.1:7000 > out
//	go run ./examples/pipe send 127.0.0.1:7000 < in
//
// Either end may be started first. The data may be of any size: a receiver
// whose standard output is slow slows the sender down, and neither end holds
// more than some megabytes. Both hash what they see (SHA-256) and print it. The
// sender ends with status 0 only when the receiver has written everything,
// flushed it to the disk if it is a file, and found the same hash.
//
// A receiver serves one transfer and ends with it. While it does, other senders
// are refused.
//
// # TLS
//
//	pipe listen -tls-cert cert.pem -tls-key key.pem :7000 > out
//	pipe send -tls host.example:7000 < in
//	pipe send -tls-ca ca.pem host.example:7000 < in
//
// With -tls-self the receiver makes a certificate for this run and prints its
// fingerprint, to which the sender can be bound:
//
//	pipe listen -tls-self :7000 > out
//	pipe send -tls-pin 1f0c… host.example:7000 < in
//
// # Exit status
//
//	0    all is written, and both ends agree on the hash
//	1    this end failed: its input, output, address or certificate
//	2    the command line is wrong
//	3    the other end gave up and said why
//	4    the other process died, was restarted or did not come back in time
//	5    no receiver was reached, or it refused this sender
//	6    the hashes differ
//	130  interrupted; the other end has been told
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/longsplice/longsplice/examples/internal/liveline"
)

func main() {
	// A reader of standard output that has gone is an error of the write, to be
	// reported to the sender, and not the silent end of this process.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait for goodbyes
	os.Exit(program(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

const usage = `usage: pipe listen [flags] address > file
       pipe send [flags] address < file
"pipe listen -h" and "pipe send -h" list the flags.
`

// program is main without the process around it. It returns the exit status.
func program(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	command := ""
	if len(args) > 0 {
		command, args = args[0], args[1:]
	}
	line := liveline.New(stderr, 2*time.Second)
	stop := ctx
	ctx, fail := context.WithCancelCause(context.WithoutCancel(stop))
	defer fail(nil)
	defer context.AfterFunc(stop, func() { fail(errInterrupted) })()
	var err error
	switch command {
	case "listen":
		var o listenOptions
		if o, err = parseListen(args, stderr); err == nil {
			err = listen(ctx, o, stdout, line)
		}
	case "send":
		var o sendOptions
		if o, err = parseSend(args, stderr); err == nil {
			err = send(ctx, o, stdin, line)
		}
	default:
		fmt.Fprint(stderr, usage)
		return statusUsage
	}
	var f *failure
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &f):
	default:
		f = failed(statusHere, "%w", err)
	}
	line.Printf("pipe: %v", f)
	return f.status
}
