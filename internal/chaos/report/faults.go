package main

// A fault is a row of the matrix.
type fault struct {
	number   int
	name     string
	expected string
	over     bool // it has to be played over every transport
}

// transports are those that a fault has to be played over.
var transports = []string{"TCP", "TLS", "WebSocket"}

// faults are all rows. H is the heartbeat's interval in the tests, 200 ms, and D
// the time to detect that a peer is dead, 3 H.
var faults = []fault{
	{1, "reset in mid-frame, at every byte", "resumes", true},
	{2, "FIN of one direction", "drains, then closes within D", true},
	{3, "black hole both ways", "dead within D, resumes after it heals", true},
	{4, "black hole one way, either way", "both ends dead within D + H", true},
	{5, "black hole that heals on one side", "one generation survives", true},
	{6, "slices of one byte", "same output", true},
	{7, "64 KiB coalesced", "same output", true},
	{8, "10 % of packets lost, H = 5 s", "nobody taken for dead in 60 s", true},
	{9, "200 ± 200 ms of delay, H = 5 s", "nobody taken for dead in 60 s", true},
	{10, "a peer that never reads", "link dropped within the write deadline; others' p99 < 2 × baseline", true},
	{11, "wall clock set by ± 1 h", "nobody dead, no token lives longer", false},
	{12, "server stopped (SIGSTOP) for 60 s", "client notices within D; the server reads before it judges", true},
	{13, "server killed (kill -9)", "change of epoch reported exactly once", true},
	{14, "client killed (kill -9)", "session expires ± 10 %, memory freed", true},
	{15, "restart with 10,000 clients", "all back within 60 s, peak of dials ≤ 2 × uniform", true},
	{16, "graceful drain (SIGTERM)", "nothing unknown", true},
	{17, "resumption while the old link lives", "the old one is fenced first", true},
	{18, "two resumptions of a session at once", "exactly one wins", true},
	{19, "1,000 resumptions in a row", "nothing lost, nothing doubled", true},
	{20, "duplicate session id", "refused, logged, the victim unaffected", true},
	{21, "stolen token of another identity", "refused, logged, the victim unaffected", true},
	{22, "acknowledgement lost", "no duplicate", true},
	{23, "acknowledgement ahead of what was sent", "closed for breach of protocol, nothing evicted", true},
	{24, "acknowledgement backward or repeated", "ignored", true},
	{25, "the peer's position does not match", "closed for breach of protocol, nothing skipped", true},
	{26, "data beyond the window", "closed for breach of protocol", true},
	{27, "positions near 2⁶⁴", "closed, no wrap", false},
	{28, "offline buffer overflows", "as configured; memory ≤ cap + 10 %", true},
	{29, "sends during a replay", "order kept", true},
	{30, "expiry races resumption", "resumed or lost, never both", true},
	{31, "dial that hangs", "fails at its timeout, cancelled within 50 ms", true},
	{32, "DNS fails or changes", "resolved anew for each attempt", true},
	{33, "accepts, then silence", "handshake times out", true},
	{34, "link flaps every 50 ms", "backoff not reset until stable", true},
	{35, "no descriptors left for accept", "backs off, recovers within 2 s, CPU < 20 %", true},
	{36, "handler panics", "its session closes, the server lives", true},
	{37, "handler blocks", "heartbeats answered, queue bounded", true},
	{38, "Close during Send, dial, resumption", "returns within 1 s with a typed error", true},
	{39, "peer speaks HTTP, TLS or garbage", "closed after the first read, nothing reflected", true},
	{40, "claimed length of 4 GiB − 1", "refused before allocation", true},
	{41, "flood of empty frames", "limited, then closed", true},
	{42, "flood of pings, pongs unread", "one pending pong at most, then closed", true},
	{43, "unsolicited pong", "proves nothing", true},
	{44, "decompression bomb", "cut at the limit of a message", true},
	{45, "slowloris: 1,000 handshakes at 1 B/s", "closed at 5 s; an honest dial < 1 s meanwhile", true},
	{46, "10,000 slow readers", "heap ≤ cap; healthy members lose nothing", true},
	{47, "churn of joins, leaves and publishing", "no offer starts after Leave has returned", false},
	{48, "partition and restart of the broker", "gap told, no loops", false},
	{49, "truncated TLS", "unclean end without our CLOSE", false},
	{50, "bit flipped in plaintext", "closed where the checksum is on", false},
}
