package token

import (
	"time"

	"github.com/longsplice/longsplice/examples/chat/internal/names"
)

// ByOperator makes a token for a name with the key in a directory. It wins over
// any claim on the name.
func ByOperator(dir, name string, life time.Duration) (string, error) {
	folded, err := names.Fold(name)
	if err != nil {
		return "", err
	}
	key, err := Open(dir)
	if err != nil {
		return "", err
	}
	return key.Issue(folded, "", life)
}
