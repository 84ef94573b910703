package hubsim

// An event is something that a run has met. The counts show that an adversary
// was busy, and a test demands that each of them occurs.
type event uint8

const (
	metMove event = iota
	metTaken
	metMerged    // several entries at once
	metShared    // what was made of them is offered again
	metFullStep  // a step took as many members as it can
	metBusy      // a member refused
	metEager     // and was ready before its offer was over
	metTooLarge  // or took less at once
	metNever     // or could not take a single value
	metGone      // or was gone
	metJoined    // now
	metLast      // with the last values
	metFrom      // at a position
	metReturned  // at one that it had before
	metElsewhere // at another node
	metBeyond    // which has not got so far
	metEpochs    // in another life of the room
	metGap       // a member was told of one
	metDeaf      // in which no value is missing
	metBreak     // all members were
	metEnded     // a membership was ended by the hub
	metMidStep   // a member left while a step was under way
	metTakenLeft // which it had taken
	metSkipped   // it was passed over, being about to leave
	metSignal
	metAddressed  // a signal to one user
	metPresent    // a member was told of one who came
	metAbsent     // or went
	metStayed     // one came back within the grace
	metDismissed  // one said goodbye
	metUnnamed    // users were too many to be named
	metObsolete   // a value had been replaced before it was offered
	metClogged    // a publisher waited for the hub
	metBlocked    // or for a member
	metPassed     // and did not wait any longer
	metRushed     // or did not wait at all
	metTooBig     // a value was larger than a room may be
	metForgot     // a room gave up what it kept
	metAged       // a value was too old
	metDropped    // a room that nobody needed was
	metLate       // timers were
	metRestart    // a hub died
	metLost       // messages of the broker were
	metCutOff     // a node could not reach the broker
	metNewEpoch   // the broker began another
	metHole       // a node had no place for a broker's message
	metMailbox    // a personal room's owner found something there
	metHistory    // somebody looked at what is kept
	metRest       // there was nothing to do, and everybody had everything
	metUnfinished // a step was under way when the hub died
	metEnd
)

var eventNames = [metEnd]string{
	"moves", "taken", "merged", "shared", "fullstep", "busy", "eager", "toolarge", "never", "gone", "joined", "last", "from",
	"returned", "elsewhere", "beyond", "epochs", "gap", "deaf", "break", "ended", "midstep", "takenleft", "skipped", "signal", "addressed",
	"present", "absent", "stayed", "dismissed", "unnamed", "obsolete", "clogged", "blocked", "passed", "rushed", "toobig",
	"forgot", "aged", "dropped", "late", "restart", "lost", "cutoff", "newepoch", "hole", "mailbox", "history", "rest", "unfinished",
}

// tally counts events.
type tally [metEnd]uint64
