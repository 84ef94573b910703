package hubtest

import (
	"testing"

	"github.com/longsplice/longsplice/hub"
)

func local(t *testing.T) []hub.Broker[string] {
	b := NewLocal[string]()
	t.Cleanup(func() { _ = b.Close() })
	return []hub.Broker[string]{b, b, b}
}

func nodes(t *testing.T) []hub.Broker[string] {
	ways := local(t)
	for i, b := range ways {
		ways[i] = NewNode(b)
	}
	return ways
}

func TestLocal(t *testing.T) { TestBroker(t, local) }
func TestNodes(t *testing.T) { TestBroker(t, nodes) }
