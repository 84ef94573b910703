package raw

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if settings, ok := os.LookupEnv(readersEnv); ok {
		if err := readersMain(settings); err != nil {
			fmt.Fprintln(os.Stderr, "readers:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}
