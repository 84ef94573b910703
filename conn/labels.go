package conn

import (
	"context"
	"runtime/pprof"
)

// Every goroutine that the package starts has the label "longsplice" with what it
// is for as value, in the place of what it would have inherited from the goroutine
// that happened to start it. A profile of an application so tells the library's
// work from its own. What the application starts from a callback or a handler
// inherits the label, as goroutines do, unless it sets one of its own. The labels
// are made once: to set them is to store a pointer.
var (
	handlerLabel   = label("handler")   // a handler, which is the application's
	handshakeLabel = label("handshake") // a server's side of one
	keeperLabel    = label("keeper")    // keeps a client's link
	readerLabel    = label("reader")    // reads while the application is away
	writerLabel    = label("writer")    // writes what could not be written at once
	pollerLabel    = label("poller")    // waits for input on the links of parked sessions
	timerLabel     = label("timer")     // heartbeats, acknowledgements and ends that are due
	closerLabel    = label("closer")    // sees a link to its end
	callbackLabel  = label("callback")  // NotifyWritable's, which is the application's
)

func label(role string) context.Context {
	return pprof.WithLabels(context.Background(), pprof.Labels("longsplice", role))
}
