package conntest

import (
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"
)

// watchdog is how long one check may take. All of them end within a fraction
// of a second on a transport that is sound.
const watchdog = 15 * time.Second

// TestTransport runs a conformance suite against a transport: everything that
// reliable connections over it rely on. An adapter's own tests call it once:
//
//	func TestConformance(t *testing.T) {
//		conntest.TestTransport(t, func(t *testing.T) (client, server net.Conn) {
//			…
//		})
//	}
//
// The dial function returns the two ends of a new connection, with all
// handshakes done, and is called once for each subtest, in the subtest's
// goroutine: it may fail the subtest and register cleanups. The suite closes both ends. What the connection needs
// besides, such as a listener or an HTTP server, must be ended by a cleanup of
// the t that dial was given, or started before TestTransport, because the suite
// checks that no goroutine is left.
//
// Every check runs from the client's end and from the server's. One that does
// not come to an end fails after 15 seconds. Checks of CloseWrite are skipped
// for transports that do not have it. An unbuffered transport can pass:
// nothing is expected of a Write whose peer does not read.
//
// What the suite demands beyond the documentation of [net.Conn] is small: a
// Read that timed out can be repeated, without a lost byte and without harm to
// the other direction; a peer that closed is read as [io.EOF] after all that it
// had written; and closing twice or from several goroutines is harmless. A
// Write that timed out may leave the connection unusable.
func TestTransport(t *testing.T, dial func(t *testing.T) (client, server net.Conn)) {
	t.Helper()
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			for i, side := range [2]string{"from the client", "from the server"} {
				t.Run(side, func(t *testing.T) {
					near, far := dial(t)
					if i == 1 {
						near, far = far, near
					}
					switch err := runCheck(c, near, far, watchdog); err {
					case nil:
					case errSkip:
						t.Skip(err)
					default:
						t.Error(err)
					}
				})
			}
		})
	}
	t.Run("no goroutine is left", func(t *testing.T) {
		err := checkGoroutines(func() {
			t.Run("used", func(t *testing.T) {
				markGoroutines(t.Name())
				near, far := dial(t)
				if err := runCheck(check{"use", useAndClose}, near, far, watchdog); err != nil {
					t.Error(err)
				}
			})
		}, t.Name()+"/used")
		if err != nil {
			t.Error(err)
		}
	})
}

// A check examines one property of a fresh connection. Checks return errors
// rather than use a testing.T, so that the suite itself can be tested against
// transports that are broken on purpose.
type check struct {
	name string
	run  func(*trial) error
}

// A trial is one run of a check.
type trial struct {
	near, far net.Conn // the end under test and its peer
	limit     time.Duration
	step      atomic.Value
}

// doing notes the step that the watchdog names if it is the last.
func (tr *trial) doing(step string) { tr.step.Store(step) }

// errSkip says that a check does not apply to the transport.
var errSkip = fmt.Errorf("not offered by this transport")

var checks = []check{
	{"addresses are not nil", addresses},
	{"bytes pass in any slicing", anySlicing},
	{"large transfers both ways at once", bothWaysAtOnce},
	{"empty reads and writes change nothing", emptyOperations},
	{"all methods at once", allMethodsAtOnce},

	{"a past read deadline fails a read", pastReadDeadline},
	{"a read deadline is kept", readDeadlineKept},
	{"a read that timed out can be repeated", readRepeated},
	{"an expired read deadline leaves writes alone", expiredReadWrites},
	{"a read deadline moved to the past unblocks", readDeadlineMovedBack},
	{"a read deadline can be extended while blocked", readDeadlineExtended},
	{"deadlines that expire in traffic lose nothing", deadlinesInTraffic},
	{"a past write deadline fails a write", pastWriteDeadline},
	{"an expired write deadline leaves reads alone", expiredWriteReads},
	{"a write deadline ends a blocked write", writeDeadlineKept},
	{"a write deadline moved to the past unblocks", writeDeadlineMovedBack},

	{"close delivers everything and then EOF", closeDelivers},
	{"close unblocks a read", closeUnblocksRead},
	{"close unblocks a write", closeUnblocksWrite},
	{"close by the peer ends a blocked read", peerCloseEndsRead},
	{"writes to a peer that is gone end", writesToNobodyEnd},
	{"a peer that left data unread ends a blocked read", peerAbandons},
	{"close can be repeated and concurrent", closeRepeated},
	{"half-close leaves the way back open", halfClose},
}

// runCheck runs c under a watchdog and closes both ends.
func runCheck(c check, near, far net.Conn, limit time.Duration) error {
	tr := &trial{near: near, far: far, limit: limit}
	tr.doing("begin")
	result := make(chan error, 2)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				result <- fmt.Errorf("panic while %v: %v", tr.step.Load(), r)
			}
		}()
		err := c.run(tr)
		if err != nil {
			result <- err // closing may hang or panic, and is not what failed
		}
		tr.doing("closing")
		_ = near.Close()
		_ = far.Close()
		result <- err
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case err := <-result:
		if err != nil && err != errSkip {
			return fmt.Errorf("%v: %w", c.name, err)
		}
		return err
	case <-timer.C:
		go near.Close() // they may hang too
		go far.Close()
		return fmt.Errorf("%v: not done after %v; last step: %v", c.name, limit, tr.step.Load())
	}
}
