// Package proxy holds the rows of the fault matrix that the fault proxy plays on
// real sockets, and those for which one process is enough. It has tests only.
//
//	go test -race ./internal/chaos/matrix/proxy
//
// A line is a session whose links pass the proxy, with a ledger for each way. A
// case that does not run in parallel also shows that it leaves nothing over.
package proxy
