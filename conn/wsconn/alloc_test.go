//go:build !race

package wsconn_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/wsconn"
)

// Reading and writing allocate nothing. (The race detector has pools forget.)
func TestNoAllocations(t *testing.T) {
	for _, size := range sizes {
		in := frame(fin|binaryOp, string(make([]byte, size)))
		end := wsconn.NewServerConn(&sink{repeat: in}, 0)
		p := make([]byte, len(in))
		require.Zero(t, testing.AllocsPerRun(1000, func() {
			_, _ = end.Read(p)
			_, _ = end.Write(p)
		}))
		framed, taken := end.Framed(), func(p []byte) (int, error) { return len(p), nil }
		require.Zero(t, testing.AllocsPerRun(1000, func() {
			n, _ := framed.Unframe(p[:copy(p, in)])
			_, _ = framed.Frame(p[:n], taken)
		}))
	}
}
