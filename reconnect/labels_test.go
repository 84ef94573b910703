package reconnect

import (
	"bytes"
	"context"
	"errors"
	"runtime/pprof"
	"testing"

	"github.com/stretchr/testify/require"
)

// The label stands beside those that the application has put into its context.
func TestDialsAreLabelled(t *testing.T) {
	var profile bytes.Buffer
	d := &Dialer[*fakeConn]{Dial: func(ctx context.Context, _ string) (*fakeConn, error) {
		_ = pprof.Lookup("goroutine").WriteTo(&profile, 1) // a Buffer takes all
		return nil, Permanent(errors.New("enough"))
	}}
	ctx := pprof.WithLabels(t.Context(), pprof.Labels("app", "chat"))
	require.Error(t, d.Run(ctx, func(context.Context, *fakeConn) error { return nil }))
	require.Contains(t, profile.String(), `# labels: {"app":"chat", "longsplice":"dialer"}`)
}
