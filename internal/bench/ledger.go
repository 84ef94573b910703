package main

import (
	"fmt"
	"os"
)

// A ledger is a file in which a server writes down what its application has
// consumed: one byte for each message, which counts how often. It outlives the
// server, however that ends, as a database would.
type ledger struct{ f *os.File }

// ledgerRow is how many messages of one client a ledger can hold.
const ledgerRow = 1024

func openLedger(name string) (*ledger, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	return &ledger{f}, err
}

// app writes a message down and then answers it.
func (l *ledger) app(msg []byte, from sender) error {
	h, ok := parse(msg)
	if !ok || h.seq >= ledgerRow {
		return fmt.Errorf("no message of a storm: %d bytes", len(msg))
	}
	at := int64(h.source)*ledgerRow + int64(h.seq)
	var n [1]byte
	_, _ = l.f.ReadAt(n[:], at) // nothing there yet is 0
	n[0]++
	if _, err := l.f.WriteAt(n[:], at); err != nil {
		return err
	}
	return from.Send(msg)
}

// row returns how often each message of a client has been consumed.
func (l *ledger) row(source uint32) []byte {
	row := make([]byte, ledgerRow)
	_, _ = l.f.ReadAt(row, int64(source)*ledgerRow) // the rest of a short row is 0
	return row
}

func (l *ledger) Close() error { return l.f.Close() }
