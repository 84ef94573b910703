package session

// A Rule is one of the protocol's rules whose necessity the simulator shows by
// breaking it. In an ordinary build broken is a constant and every test of it
// is compiled away; with the build tag "mutants" a test can set it.
type Rule uint8

// The rules, in the order of the table in docs/design.md.
const (
	NoRule Rule = iota
	RuleFenceClient
	RuleFenceServer
	RuleCheckGeneration
	RuleRisingAttempt
	RuleTwoPhaseToken
	RuleCarryConsumed
	RuleCountCarried
	RuleStickyAckReq
	RuleOneMessageFits
	RuleRepeatClose
	RuleCloseEndsPeer
	RuleTombstone
	RulePinWrites
	RuleExpireDetached
	RuleRewindSent
	RuleDetachOwnLink
	RuleFenceWriter
	RuleAnswerNewest
	RuleConfirmNewest
	RuleRetireToken
	RuleBindIdentity
	RuleCountWholeFrame
	RuleForgetConsumed
	RuleAckRises
	RuleAckWithinSent
	RuleAckTellsSent
	RulePositionsMatch
	RuleLimitsNeverShrink
	RuleKeepToWindow
	RuleGuardWindow
	RuleCapOutbox
	RuleSentIsUnknown
	RuleAskAgain
	RuleTellInTime
	RuleBearPings
	RuleStopAtClose
	RuleStopAtFinal
	RuleGuardFinal
	RuleDiscardAtClose
	RuleTombOfClosed
	RuleNoWrap
	RuleSharedStays
	ruleEnd
)

var ruleNames = [...]string{
	NoRule:              "none",
	RuleFenceClient:     "fence the client in the step that snapshots HELLO",
	RuleFenceServer:     "fence the server in the step that snapshots WELCOME",
	RuleCheckGeneration: "check the generation where a frame is applied",
	RuleRisingAttempt:   "ignore a HELLO whose attempt is not newer",
	RuleTwoPhaseToken:   "accept the confirmed and the issued token",
	RuleCarryConsumed:   "the handshake carries consumed as well as received",
	RuleCountCarried:    "count as told only what this link has carried",
	RuleStickyAckReq:    "ACKREQ stays in force until drained",
	RuleOneMessageFits:  "one message always fits an empty window",
	RuleRepeatClose:     "CLOSE is sent again on each new link",
	RuleCloseEndsPeer:   "the peer's CLOSE ends what waits for it",
	RuleTombstone:       "a closed session leaves a tombstone",
	RulePinWrites:       "memory under a fenced write is pinned",
	RuleExpireDetached:  "only a detached session of the same generation expires",
	RuleRewindSent:      "sent goes back to what the peer received",

	RuleDetachOwnLink:     "the end of an old link leaves its successor alone",
	RuleFenceWriter:       "the writer of an old link gets no more to write",
	RuleAnswerNewest:      "only the answer to the newest HELLO counts",
	RuleConfirmNewest:     "only a frame on the newest link confirms its token",
	RuleRetireToken:       "a token that is confirmed retires the one before",
	RuleBindIdentity:      "only the identity that began a session resumes it",
	RuleCountWholeFrame:   "a position counts whole frames",
	RuleForgetConsumed:    "only what was consumed is forgotten",
	RuleAckRises:          "an acknowledgement that is behind changes nothing",
	RuleAckWithinSent:     "nothing is acknowledged that was not sent",
	RuleAckTellsSent:      "ACK tells how much its sender has sent",
	RulePositionsMatch:    "the positions of a handshake are ones that can be",
	RuleLimitsNeverShrink: "windows and message limits never shrink",
	RuleKeepToWindow:      "a sender keeps to the window",
	RuleGuardWindow:       "a receiver takes no more than its window",
	RuleCapOutbox:         "an outbox takes no more than its cap",
	RuleSentIsUnknown:     "what was sent may have been consumed",
	RuleAskAgain:          "a question that died with its link is asked again",
	RuleTellInTime:        "progress is told in time, asked for or not",
	RuleBearPings:         "no more pings are under way than a peer bears",
	RuleStopAtClose:       "nothing is accepted after CLOSE",
	RuleStopAtFinal:       "nothing is sent beyond final",
	RuleGuardFinal:        "nothing is taken beyond final",
	RuleDiscardAtClose:    "nothing is kept that nobody will consume",
	RuleTombOfClosed:      "a session that was lost half open leaves no tombstone",
	RuleNoWrap:            "no position wraps",
	RuleSharedStays:       "bytes that are shared are not reused",
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
