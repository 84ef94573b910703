// Package matrix is the fault matrix: every row of it on a real kernel, over TCP,
// TLS and WebSocket. Its packages hold tests, by what they need to do harm:
//
//   - stage sets the three transports up, for all of them.
//   - netns has servers and clients in processes and network namespaces of their
//     own: dropped packets, signals, limits, restarts.
//   - proxy has them on either side of the fault proxy, or in one process.
//   - raw has a hostile peer that speaks the wire by hand.
//
// The tests are marked as rows with package row; internal/chaos/report runs them
// and prints what they measured.
//
//	go test ./internal/chaos/matrix/...
//	go run ./internal/chaos/report
package matrix
