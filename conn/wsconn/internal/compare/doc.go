// Package compare measures WebSocket libraries in the one role that package
// wsconn needs: to carry a session of package conn on a server. It has tests and
// benchmarks alone, for Linux, and is a module of its own because of what it
// requires.
//
//	cd conn/wsconn/internal/compare
//	go test -run Repeat -v                           # what a read that timed out leaves behind
//	go test -run '^$' -bench Idle -benchtime 1x      # memory for an idle session
//	go test -run '^$' -bench FanOut -benchtime 300x  # one frame to 1,000 connections
//
// Clients run in a process of their own, the test binary once more, so that what
// is measured is the server alone.
package compare
