package hub

import (
	"context"
	"runtime/pprof"
)

// The goroutines that the package starts have the label "longsplice", so that a
// profile of an application tells the work of its rooms from its own. The labels
// are made once: to set them is to store a pointer.
var (
	pumpLabel     = label("pump")     // offers what is published in a room
	callbackLabel = label("callback") // OnEnd's, which is the application's
)

func label(role string) context.Context {
	return pprof.WithLabels(context.Background(), pprof.Labels("longsplice", role))
}
