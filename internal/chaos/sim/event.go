package main

// An event is something that a run has met. The counts show that an adversary
// was busy, and a test demands that each of them occurs.
type event uint8

const (
	metMove event = iota
	metDelivered
	metLink
	metResumed
	metReplayed   // messages were written once more
	metStale      // a HELLO was overtaken by a newer one
	metFenced     // a frame came on a link that had been replaced
	metOrphan     // a session began that no client ever heard of
	metTomb       // a client that missed the end was told
	metClosed     // an application closed
	metHalf       // in one direction alone
	metAborted    // at once
	metBoth       // both ends at the same time
	metExpired    // a client stayed away
	metTooLate    // a timer found its session resumed
	metEvicted    // the server made room
	metCrashed    // a client's process died
	metRestarted  // the server's did
	metEpoch      // and a client was told
	metDrained    // a client was asked to leave
	metRefused    // and a new session refused
	metDead       // a heartbeat took a link for dead
	metFull       // an outbox took no more
	metOffline    // without a link
	metWindow     // a window held messages back
	metFlushed    // what was sent is known to be consumed
	metStuck      // memory was fenced under a write
	metShared     // several sessions sent the same bytes
	metAtOnce     // and a link took them at once
	metHuge       // a message filled more than a window
	metExhausted  // a session ran out of positions
	metForged     // a peer broke the protocol and was found out
	metFraud      // a server was
	metHarmless   // or did something odd and was not minded
	metThief      // a stranger was refused
	metSentReplay // an application sent while messages were replayed
	metLost       // a session was reported lost
	metEnd
)

var eventNames = [metEnd]string{
	"moves", "delivered", "links", "resumed", "replayed", "stale", "fenced", "orphan", "tomb", "closed", "half",
	"aborted", "both", "expired", "toolate", "evicted", "crashed", "restarted", "epoch", "drained", "refused", "dead",
	"full", "offline", "window", "flushed", "stuck", "shared", "atonce", "huge", "exhausted", "forged", "fraud", "harmless", "thief",
	"sentreplay", "lost",
}

// tally counts events.
type tally [metEnd]uint64
