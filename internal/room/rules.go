package room

// A Rule is one of the room's rules whose necessity the simulator shows by
// breaking it. In an ordinary build broken is a constant and every test of it
// is compiled away; with the build tag "mutants" a test can set it.
type Rule uint8

// The rules, in the order of the table in docs/design.md.
const (
	NoRule Rule = iota
	RuleNoteLost
	RuleMissingAtJoin
	RuleOwnEpoch
	RuleBreak
	RuleBreakOnce
	RuleToldDeaf
	RuleTooLargeIsGap
	RuleSmallerPieces
	RuleEndUntold
	RuleEndBehind
	RuleClogged
	RuleBlocked
	RuleWaitAgain
	RuleReadyEarly
	RuleHoles
	RuleLeastSwept
	RuleSameFrom
	RuleAddressed
	RuleSince
	RuleAware
	RuleRoster
	RuleGrace
	RuleNewGrace
	RuleGraceEnds
	RuleLastMember
	RuleReplaced
	RuleThinStale
	RuleLastCounts
	RuleQueueLeft
	RuleTakenLeft
	RuleUnoffered
	RuleRun
	RuleBytes
	RuleEntries
	RuleRest
	RuleAge
	RuleHistoryWhole
	RuleServed
	RuleTurnsOfQueue
	RuleTurnsOfSweep
	RuleServedNeed
	RuleLeftNeeds
	ruleEnd
)

var ruleNames = [...]string{
	NoRule:            "none",
	RuleNoteLost:      "what is evicted is noted as lost",
	RuleMissingAtJoin: "who joins where something is missing is told",
	RuleOwnEpoch:      "a position of another epoch is none of this one",
	RuleBreak:         "what a broker has lost is a gap for all",
	RuleBreakOnce:     "who begins behind a break is not told of it",
	RuleToldDeaf:      "who has missed notices or signals alone is told as well",
	RuleTooLargeIsGap: "a value that a member cannot take is a gap for it",
	RuleSmallerPieces: "what is too much at once is offered in smaller pieces",
	RuleEndUntold:     "a gap that cannot be told ends the membership",
	RuleEndBehind:     "so does one that the policy does not allow",
	RuleClogged:       "publishers wait for the sweep",
	RuleBlocked:       "under Block they wait for members who are behind",
	RuleWaitAgain:     "they wait again for who has caught up",
	RuleReadyEarly:    "who is ready before its offer is over is ready",
	RuleHoles:         "no member moves to a place that the sweep has passed",
	RuleLeastSwept:    "a sweep has got as far as its last member has",
	RuleSameFrom:      "what was made for one place is offered at that place alone",
	RuleAddressed:     "what is for one user is offered to that user alone",
	RuleSince:         "signals are for those who are there",
	RuleAware:         "who has been told who is there is not told again how they came",
	RuleRoster:        "rosters are bounded",
	RuleGrace:         "one who comes back within the grace has not been away",
	RuleNewGrace:      "the end of an old grace does not end the next one",
	RuleGraceEnds:     "a grace ends though nothing else happens",
	RuleLastMember:    "a user is there until the last member has left",
	RuleReplaced:      "a value that has been replaced is not offered",
	RuleThinStale:     "only what is no history is thinned out",
	RuleLastCounts:    "the last values are those that have not been replaced",
	RuleQueueLeft:     "who has left the queue is passed over",
	RuleTakenLeft:     "what is taken while leaving counts",
	RuleUnoffered:     "what was not offered was not taken",
	RuleRun:           "no more is merged than a run",
	RuleBytes:         "a room keeps no more than its bytes",
	RuleEntries:       "a room keeps no more entries than its most",
	RuleRest:          "at rest only history is kept",
	RuleAge:           "what is old goes",
	RuleHistoryWhole:  "history ends before what is missing",
	RuleServed:        "one who leaves waits for its offer",
	RuleTurnsOfQueue:  "who catches up has turns while others keep up",
	RuleTurnsOfSweep:  "who keeps up has turns while others catch up",
	RuleServedNeed:    "who is being served is behind until all is settled",
	RuleLeftNeeds:     "nothing is kept for one who has left",
}

func (r Rule) String() string { return ruleNames[r] }

// Rules returns every rule.
func Rules() []Rule {
	rules := make([]Rule, 0, ruleEnd-1)
	for r := NoRule + 1; r < ruleEnd; r++ {
		rules = append(rules, r)
	}
	return rules
}
