package hub

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// Faults and bugs of other hubs that a test covers:
//
//	a peer that never reads delays nobody    TestOneSlowMemberDelaysNobody; hubconn TestASlowReaderSkipsAhead
//	nats-server #2631, #5394, #6413          TestOneSlowMemberDelaysNobody
//	phoenix #2306                            TestTheOldConnectionsCleanupLeavesTheUserThere
//	MongooseIM #4788, Openfire #1527         the same, and hubconn TestAResumedSessionKeepsItsMembership
//	a drain that returns too early (nats.go) TestCloseWaitsForOffers
//	a handler panics                         TestAPanicEndsTheMembershipAlone
//	a handler blocks                         TestPublishersWaitForTheSweep, TestLeaveWaitsForTheOfferUnderWay
//	10,000 slow readers                      hubconn TestTenThousandSlowReaders
//	join, leave and publish at once          TestChurn, TestRoomsComeAndGo, TestCloseWhileEverythingIsUnderWay
//	broker partition and restart             TestPartitionedNodeTellsOfTheGap, TestRestartedBrokerBeginsAnotherEpoch
//	new epoch, old offset (centrifuge-go #160)  TestRestartedBrokerBeginsAnotherEpoch
//	what comes by another path is not counted (SignalR #55575)  TestSignalsTakeNoPosition

// A burst reaches everybody who takes it, merged as it may be. Close itself is no
// drain: it ends memberships wherever they stand.
func TestABurstReachesEverybody(t *testing.T) {
	bubble(t, texts(), func(t *testing.T, h *Hub[string]) {
		var all []*reader
		for range 100 {
			m, _ := join(t, h, "r")
			all = append(all, m)
		}
		for i := range 50 {
			_, err := h.Publish(t.Context(), "r", fmt.Sprint(i))
			require.NoError(t, err)
		}
		synctest.Wait()
		require.NoError(t, h.Close())
		for _, m := range all {
			require.Len(t, strings.Fields(m.String()), 52)
		}
	})
}

// What is no value is offered between values, and does not move positions.
func TestSignalsTakeNoPosition(t *testing.T) {
	bubble(t, texts(), func(t *testing.T, h *Hub[string]) {
		m, s := join(t, h, "r", As("ann"))
		publish(t, h, "r", "a")
		require.NoError(t, h.Signal(t.Context(), "r", "s"))
		require.NoError(t, h.SendTo(t.Context(), "r", "ann", "t"))
		join(t, h, "r", As("bob"))
		p, err := h.Publish(t.Context(), "r", "b")
		require.NoError(t, err)
		require.EqualValues(t, 2, p.Offset)
		require.Equal(t, "[joined 1] a s t +bob b", m.String())
		s.Leave()
		again, _ := join(t, h, "r", From(s.Position()))
		publish(t, h, "r", "c")
		require.Equal(t, "[joined 3] c", again.String())
	})
}
