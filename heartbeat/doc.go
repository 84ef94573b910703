// Package heartbeat tells whether the other end of a link is still there: it watches anything that can be pinged.
// It knows no protocol, reads and writes nothing, and uses the standard library alone.
//
// A [Monitor] needs a function that sends a ping, another that is told of the death, and a call of [Monitor.Heard] for each read.
// This program watches a line protocol over TCP that this module has no other part in:
//
//	nc, err := net.Dial("tcp", "irc.example.org:6667")
//	if err != nil {
//		log.Fatal(err)
//	}
//	m := heartbeat.New(heartbeat.Config{Interval: 20 * time.Second, Timeout: time.Minute},
//		func(nonce uint64) { fmt.Fprintf(nc, "PING %x\r\n", nonce) },
//		func(err error) { log.Print(err); nc.Close() })
//	defer m.Close()
//
//	lines := bufio.NewScanner(nc)
//	for lines.Scan() {
//		m.Heard()
//		if answer, ok := strings.CutPrefix(lines.Text(), "PONG "); ok {
//			if nonce, err := strconv.ParseUint(answer, 16, 64); err == nil {
//				m.Pong(nonce)
//			}
//			continue
//		}
//		handle(lines.Text())
//	}
//
// # What counts as life
//
// Any inbound byte. Nothing that is sent ever does: a kernel accepts megabytes for a peer that has been dead for
// a while. A peer that has been silent for the interval is pinged, repeatedly if need be, because pings can get lost; one that
// has been silent for the timeout is dead. The answer to a ping counts only with the nonce that is outstanding, and gives a measurement
// of the round-trip time only when that ping was sent once.
//
// Where the protocol reports receipts, death under one-way traffic is found sooner: say [Monitor.Awaiting] after sending and
// [Monitor.Reported] on a report. When a report is overdue the peer is asked at once, and has to send something, not necessarily the report.
//
// # A process that was stopped
//
// After SIGSTOP, a laptop's sleep or a paused virtual machine every timer is overdue, and so is every peer. A poll that comes much
// too late therefore never judges: it pings and allows the time of one answer, in which the pending input is read. All
// instants are monotonic; setting the wall clock changes nothing.
//
// # Two layers
//
// [State] is the whole logic without clock, timer, lock or goroutine, in fewer than 160 bytes. It can be embedded by value in a
// connection that has a timer already, and be driven through years within a test. Monitor adds a clock, one timer and a mutex.
//
// # Sources
//
// Round-trip estimation and retransmission timeout are those of RFC 6298 (sections 2 and 3, with Karn's rule). RFC 1122, section
// 4.2.3.6, forbids to take a connection for dead because one probe was not answered. RFC 9113, section 10.5, counts pings among the
// means to overload a peer, which is why a peer may limit them: see [Monitor.LimitPings]. RFC 5382, section 5, lets a middlebox forget
// an idle TCP connection after two hours and four minutes; many do after a few minutes, and Adaptive finds out when.
//
// # Limitations
//
// Inbound life proves the inbound direction and no more. When only the outbound direction is cut and the peer goes on talking, it is the
// peer's own watch that has to notice; let both ends have one.
//
// Silence has many causes. A ping that waits behind a megabyte in the send buffer of a slow path is late, not lost: allow
// for that in Timeout and ProbeAfter.
//
// A suspension much shorter than Timeout less Interval is not noticed, and need not be. A clock that stands still while the machine
// sleeps, as Go's does on Linux, hides the sleep: then the silence during it does not count either.
package heartbeat
