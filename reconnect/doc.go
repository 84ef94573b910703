// Package reconnect keeps one closable thing alive: it dials, hands over what
// it got, and dials again when that is lost, until it is told to stop.
//
// It knows nothing of what it dials. A [Dialer] of a net.Conn, a TLS session, a
// database handle or an SSH client differ only in their Dial function.
//
//	d := &reconnect.Dialer[net.Conn]{
//		Targets: []string{"a.example:7777", "b.example:7777"},
//		Dial: func(ctx context.Context, target string) (net.Conn, error) {
//			return new(net.Dialer).DialContext(ctx, "tcp", target)
//		},
//		OnState: func(e reconnect.Event) { log.Println(e.State, e.Target, e.Delay, e.Cause) },
//	}
//	err := d.Run(ctx, func(ctx context.Context, c net.Conn) error {
//		return follow(ctx, c) // an error: dial again; nil: done
//	})
//
// # When to try again
//
// [Policy] divides the time of an outage into windows: the first InitialDelay
// long, each further one longer by Multiplier, up to 4/5 of MaxDelay. A client
// dials once in each, at a random place. The first retry is thus uniform over
// [0, InitialDelay); the place then wanders by up to a quarter of a window from
// one to the next, so later delays are never short, never longer than MaxDelay,
// and random at the cap as well as below it.
//
// It is done so for the sake of the server. When it restarts, all its clients
// lose it at one instant and share the same windows; each window is then filled
// evenly. Simulated with 10,000 clients and the default Policy, for servers that
// were away between 0 s and 15 min, all clients are back within 30 s of the
// server, and no twentieth of that time sees more than twice its share of them.
// With delays drawn independently from [0, interval] the same measure reaches
// seven times its share after 5 s away, since stragglers sit out long intervals.
//
// An outage is over when a connection has lived for StableAfter, not when it is
// made: a server that accepts and hangs up at once must not be met with a fresh
// backoff each time. Without limits in Policy a Dialer never gives up.
//
// A server that knows better says so: Dial or use return [RetryAfter]. Errors
// that no retry can mend are marked with [Permanent].
//
// # Several targets
//
// A round tries each target once, without delay between them; the delays lie
// between rounds, so a failover is quick, and the even spread of the round's
// beginning carries over to all of its dials. Each round begins at the target
// that last held a stable connection, in the hope that it comes back.
//
// # Circuit breakers
//
// Dial is a function: a breaker wraps it, and returns RetryAfter for as long as
// it is open. See the example.
//
// # Limitations
//
//   - One connection at a time; there is no pool.
//   - The first attempt of Run is made at once. Clients that are all started by
//     one event, such as the return of power, must be spread by their owner.
//   - Failures that are not noticed at the same time, as timeouts are not, are
//     spread more, not less. Attempts that hang and then all fail at one instant
//     are spread over a delay's jitter alone: 2/5 of MaxDelay at the cap.
//   - A Dial that ignores its context is left behind, at most 16 times over;
//     from then on attempts fail until one of those calls returns.
//   - Time stands still for the delays while some systems are asleep. Call Wake
//     when the system is back.
//
// # Sources
//
// Exponential backoff and its growth are those of github.com/cenkalti/backoff,
// whose own jitter and time limit are not used. The herd is described in the
// AWS Architecture Blog, "Exponential Backoff And Jitter" (2015), which compares
// jitters by the work of contending clients; the connection backoff of gRPC
// (doc/connection-backoff.md in its repository) gives the multiplier.
package reconnect
