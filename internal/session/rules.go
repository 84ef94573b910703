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
