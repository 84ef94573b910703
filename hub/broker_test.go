package hub_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/hub/hubtest"
	"github.com/longsplice/longsplice/internal/chaos/row"
)

// A listener is a member that keeps what it takes.
type listener struct {
	mu  sync.Mutex
	got []string
}

func (l *listener) Offer(_ *hub.Sub[string], v string) hub.Answer {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got = append(l.got, v)
	return hub.Taken
}

func (l *listener) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.got, " ")
}

func (l *listener) waitFor(t *testing.T, want string) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) { require.Equal(c, want, l.String()) }, 10*time.Second, time.Millisecond)
}

// A cluster is hubs at one broker.
type cluster struct {
	broker *hubtest.Local[string]
	ways   []*hubtest.Node[string]
	hubs   []*hub.Hub[string]
}

func newCluster(t *testing.T, n int) *cluster {
	c := &cluster{broker: hubtest.NewLocal[string]()}
	for range n {
		way := hubtest.NewNode(c.broker)
		c.ways = append(c.ways, way)
		c.hubs = append(c.hubs, hub.New(hub.Config[string]{
			Broker: way,
			Notice: func(n hub.Notice) string {
				switch n.Kind {
				case hub.Joined:
					return fmt.Sprintf("[at %d]", n.Next.Offset)
				case hub.Gap:
					return fmt.Sprintf("[%d-%d]", n.From.Offset, n.Next.Offset)
				}
				return n.User
			},
		}))
	}
	t.Cleanup(func() {
		for _, h := range c.hubs {
			require.NoError(t, h.Close())
		}
		require.NoError(t, c.broker.Close())
	})
	return c
}

func (c *cluster) join(t *testing.T, node int, room string, o ...hub.JoinOption) (*listener, *hub.Sub[string]) {
	t.Helper()
	l := &listener{}
	s, err := c.hubs[node].Join(t.Context(), room, l, o...)
	require.NoError(t, err)
	return l, s
}

func (c *cluster) publish(t *testing.T, node int, room string, words ...string) {
	t.Helper()
	for _, w := range words {
		_, err := c.hubs[node].Publish(t.Context(), room, w)
		require.NoError(t, err)
	}
}

func TestRoomsOfSeveralNodes(t *testing.T) {
	c := newCluster(t, 3)
	c.publish(t, 0, "r", "before")
	a, _ := c.join(t, 0, "r", hub.As("ann"))
	b, sb := c.join(t, 1, "r", hub.Last(1))
	c.publish(t, 2, "r", "x", "y") // of a node where nobody is
	a.waitFor(t, "[at 2] x y")
	b.waitFor(t, "[at 1] before x y")
	require.NoError(t, c.hubs[1].SendTo(t.Context(), "r", "ann", "psst"))
	require.NoError(t, c.hubs[1].Signal(t.Context(), "r", "all"))
	a.waitFor(t, "[at 2] x y psst all")
	b.waitFor(t, "[at 1] before x y all")

	// A member goes on at another node, where it was.
	sb.Leave()
	c.publish(t, 0, "r", "z")
	moved, _ := c.join(t, 2, "r", hub.From(sb.Position()))
	moved.waitFor(t, "[at 4] z")
}

// Row 48 of the fault matrix: what a node missed is told, once, and it goes on.
func TestPartitionedNodeTellsOfTheGap(t *testing.T) {
	row.Of(t, 48, "")
	c := newCluster(t, 2)
	near, _ := c.join(t, 0, "r")
	far, _ := c.join(t, 1, "r")
	c.publish(t, 0, "r", "1")
	far.waitFor(t, "[at 1] 1")
	c.ways[1].Partition()
	_, err := c.hubs[1].Publish(t.Context(), "r", "never")
	require.ErrorIs(t, err, hubtest.ErrPartitioned)
	_, err = c.hubs[1].Join(t.Context(), "other", &listener{})
	require.ErrorIs(t, err, hubtest.ErrPartitioned)
	c.publish(t, 0, "r", "2", "3")
	near.waitFor(t, "[at 1] 1 2 3")
	require.Never(t, func() bool { return far.String() != "[at 1] 1" }, 50*time.Millisecond, 10*time.Millisecond)
	c.ways[1].Heal()
	c.publish(t, 1, "r", "4")
	far.waitFor(t, "[at 1] 1 [2-4] 4")
	near.waitFor(t, "[at 1] 1 2 3 4")
	late, _ := c.join(t, 1, "r", hub.Last(9))
	late.waitFor(t, "[at 1] 1 [2-4] 4")
}

func TestLostMessagesAreTold(t *testing.T) {
	c := newCluster(t, 2)
	l, s := c.join(t, 1, "r")
	c.ways[1].Lose(2)
	c.publish(t, 0, "r", "1", "2", "3", "4")
	l.waitFor(t, "[at 1] [1-3] 3 4")
	require.EqualValues(t, 5, s.Position().Offset)
	require.EqualValues(t, 0, c.hubs[1].Stats().Gaps, "everybody was told at once, nobody apart")
}

// Row 48 of the fault matrix: the broker begins anew.
func TestRestartedBrokerBeginsAnotherEpoch(t *testing.T) {
	row.Of(t, 48, "")
	c := newCluster(t, 2)
	l, s := c.join(t, 1, "r")
	c.publish(t, 0, "r", "1", "2")
	l.waitFor(t, "[at 1] 1 2")
	old := s.Position()
	require.NoError(t, c.broker.Restart())
	c.publish(t, 0, "r", "a")
	l.waitFor(t, "[at 1] 1 2 [3-1] a")
	require.NotEqual(t, old.Epoch, s.Position().Epoch)
	back, _ := c.join(t, 0, "r", hub.From(old))
	back.waitFor(t, "[at 3] [3-1] a")
}

// A member that comes from a node that is ahead waits for this one.
func TestANodeThatIsBehind(t *testing.T) {
	c := newCluster(t, 2)
	_, ahead := c.join(t, 0, "r")
	c.join(t, 1, "r")
	c.ways[1].Delay(20 * time.Millisecond)
	c.publish(t, 0, "r", "1", "2", "3", "4", "5")
	require.Eventually(t, func() bool { return ahead.Position().Offset == 6 }, 5*time.Second, time.Millisecond)
	l, _ := c.join(t, 1, "r", hub.From(ahead.Position()))
	c.publish(t, 0, "r", "6")
	l.waitFor(t, "[at 6] 6")
}

// A flaky broker is any other that fails or takes long to open rooms.
type flaky struct {
	hub.Broker[string]
	open  func(ctx context.Context) error
	opens atomic.Int32
}

func (b *flaky) Open(ctx context.Context, room string, n int, s hub.Sink[string]) (hub.Feed, error) {
	b.opens.Add(1)
	if err := b.open(ctx); err != nil {
		return nil, err
	}
	return b.Broker.Open(ctx, room, n, s)
}

func flakyHub(t *testing.T, open func(ctx context.Context) error) (*hub.Hub[string], *flaky) {
	inner := hubtest.NewLocal[string]()
	b := &flaky{Broker: inner, open: open}
	h := hub.New(hub.Config[string]{Broker: b})
	t.Cleanup(func() {
		require.NoError(t, h.Close())
		require.NoError(t, inner.Close())
	})
	return h, b
}

func TestABrokerThatCannotOpenARoom(t *testing.T) {
	failure := errors.New("no")
	h, b := flakyHub(t, func(context.Context) error { return failure })
	_, err := h.Join(t.Context(), "r", &listener{})
	require.ErrorIs(t, err, failure)
	require.Eventually(t, func() bool { return len(h.Rooms()) == 0 }, 5*time.Second, time.Millisecond)
	b.open = func(context.Context) error { return nil }
	_, err = h.Join(t.Context(), "r", &listener{})
	require.NoError(t, err)
	require.EqualValues(t, 2, b.opens.Load())
}

// A room that is being opened is not dropped, and is opened once for all.
func TestABrokerThatIsSlowToOpenARoom(t *testing.T) {
	release := make(chan struct{})
	h, b := flakyHub(t, func(context.Context) error { <-release; return nil })
	errs := make(chan error, 10)
	for range 10 {
		go func() {
			_, err := h.Join(context.Background(), "r", &listener{})
			errs <- err
		}()
	}
	require.Never(t, func() bool { return b.opens.Load() > 1 || len(h.Rooms()) > 1 }, 50*time.Millisecond, 5*time.Millisecond)
	close(release)
	for range 10 {
		require.NoError(t, <-errs)
	}
	require.EqualValues(t, 1, b.opens.Load())
	require.Equal(t, 10, h.Stats().Members)
}

// Whoever gives up does so for itself.
func TestAJoinThatIsCancelled(t *testing.T) {
	release := make(chan struct{})
	h, b := flakyHub(t, func(ctx context.Context) error {
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	first, second := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := h.Join(ctx, "r", &listener{})
		first <- err
	}()
	require.Eventually(t, func() bool { return b.opens.Load() == 1 }, 5*time.Second, time.Millisecond)
	go func() {
		_, err := h.Join(context.Background(), "r", &listener{})
		second <- err
	}()
	cancel()
	require.ErrorIs(t, <-first, context.Canceled)
	close(release)
	require.NoError(t, <-second)
}

func TestCloseEndsAJoinUnderWay(t *testing.T) {
	h, b := flakyHub(t, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	errs := make(chan error, 1)
	go func() {
		_, err := h.Join(context.Background(), "r", &listener{})
		errs <- err
	}()
	require.Eventually(t, func() bool { return b.opens.Load() == 1 }, 5*time.Second, time.Millisecond)
	require.NoError(t, h.Close())
	require.ErrorIs(t, <-errs, hub.ErrClosed)
}

// Values that do not fit, and signals that do not, leave positions right.
func TestWhatDoesNotFitLeavesPositionsRight(t *testing.T) {
	b := hubtest.NewLocal[string]()
	h := hub.New(hub.Config[string]{
		Broker: b,
		Size:   func(v string) int { return len(v) },
		Rooms:  hub.Room{Bytes: 10},
		Notice: func(n hub.Notice) string { return fmt.Sprintf("[%d-%d]", n.From.Offset, n.Next.Offset) },
	})
	t.Cleanup(func() {
		require.NoError(t, h.Close())
		require.NoError(t, b.Close())
	})
	l := &listener{}
	s, err := h.Join(t.Context(), "r", l)
	require.NoError(t, err)
	long := strings.Repeat("x", 11)
	require.NoError(t, h.Signal(t.Context(), "r", long))
	p, err := h.Publish(t.Context(), "r", "a")
	require.NoError(t, err)
	require.EqualValues(t, 1, p.Offset)
	_, err = h.Publish(t.Context(), "r", long)
	require.NoError(t, err)
	_, err = h.Publish(t.Context(), "r", "b")
	require.NoError(t, err)
	l.waitFor(t, "[0-1] a [2-3] b")
	require.EqualValues(t, 4, s.Position().Offset)
}
