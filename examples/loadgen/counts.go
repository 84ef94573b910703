package main

import (
	"maps"
	"sync"
	"sync/atomic"
)

// counts is what has happened so far, over all clients.
type counts struct {
	due          atomic.Uint64 // of what counts: messages that were to be sent
	sent         atomic.Uint64 // of what counts: messages that were
	allSent      atomic.Uint64 // with those that do not count
	allDelivered atomic.Uint64
	bytes        atomic.Uint64 // sent
	connected    atomic.Int64  // now
	everUp       atomic.Uint64 // clients that have been connected
	cuts         atomic.Uint64
	linksLost    atomic.Uint64 // with those that were cut
	resumed      atomic.Uint64
	replayed     atomic.Uint64

	faults faults
	errors kinds
}

// faults is what must not be.
type faults struct {
	sessionsLost atomic.Uint64
	unknown      atomic.Uint64 // messages that a lost session has left without an answer
	lost         atomic.Uint64
	doubled      atomic.Uint64
	reordered    atomic.Uint64
	corrupted    atomic.Uint64
	gap          atomic.Uint64 // messages that the server has said are left out
}

func (f *faults) arrived(v verdict) {
	switch v {
	case reordered:
		f.reordered.Add(1)
	case doubled:
		f.doubled.Add(1)
	}
}

// kinds counts errors by what they are.
type kinds struct {
	mu     sync.Mutex // covers all below
	counts map[string]uint64
	all    uint64
}

func (k *kinds) add(kind string) { k.addN(kind, 1) }

func (k *kinds) addN(kind string, n uint64) {
	if n == 0 {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.counts == nil {
		k.counts = map[string]uint64{}
	}
	k.counts[kind] += n
	k.all += n
}

func (k *kinds) total() uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.all
}

func (k *kinds) byKind() map[string]uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return maps.Clone(k.counts)
}
