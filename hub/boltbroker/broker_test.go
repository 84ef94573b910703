package boltbroker

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
	"go.uber.org/goleak"

	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/hub/hubtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var plenty = Limits{Values: 1000}

var config = Config[string]{
	Marshal:   func(v string) ([]byte, error) { return []byte(v), nil },
	Unmarshal: func(p []byte) (string, error) { return string(p), nil },
	NoSync:    true, // no machine fails here
}

func open(t *testing.T, dir string, l Limits) *Broker[string] {
	t.Helper()
	cfg := config
	cfg.Limits = l
	s, err := Open(filepath.Join(dir, "rooms.db"), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func say(t *testing.T, s *Broker[string], room, what string) hub.Position {
	t.Helper()
	p, err := s.Publish(context.Background(), room, hub.Message[string]{Value: what})
	require.NoError(t, err)
	return p
}

// A record of what a room's sink was given.
type records struct {
	mu   sync.Mutex
	next hub.Position
	got  []string
	news chan struct{}
}

func newRecords() *records { return &records{news: make(chan struct{}, 1)} }

func (r *records) Seek(p hub.Position) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next = p
	r.got = append(r.got, fmt.Sprint("seek ", p.Offset))
}

func (r *records) Deliver(m hub.Message[string]) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m.Volatile {
		r.got = append(r.got, "("+m.Value+")")
	} else {
		r.got = append(r.got, fmt.Sprint(r.next.Offset, " ", m.Value))
		r.next.Offset++
	}
	select {
	case r.news <- struct{}{}:
	default:
	}
}

// wait returns what was given, once it is n long.
func (r *records) wait(t *testing.T, n int) []string {
	t.Helper()
	for {
		r.mu.Lock()
		got := append([]string(nil), r.got...)
		r.mu.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-r.news:
		case <-time.After(30 * time.Second):
			t.Fatalf("%d expected, %q", n, got)
		}
	}
}

func TestPositionsHoldOverARestart(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, plenty)
	first := say(t, s, "lobby", "one")
	require.EqualValues(t, 1, first.Offset)
	require.NotZero(t, first.Epoch)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close(), "it is idempotent")
	_, err := s.Publish(t.Context(), "lobby", hub.Message[string]{Value: "late"})
	require.ErrorIs(t, err, ErrClosed)

	s = open(t, dir, plenty)
	require.Equal(t, hub.Position{Epoch: first.Epoch, Offset: 2}, say(t, s, "lobby", "two"))
	require.EqualValues(t, 1, say(t, s, "other", "x").Offset)
	values, from, err := s.Before("lobby", 0, 10)
	require.NoError(t, err)
	require.EqualValues(t, 1, from)
	require.Equal(t, []string{"one", "two"}, values)
}

func TestTwoBrokersDoNotShareAFile(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, plenty)
	_, err := Open(filepath.Join(dir, "rooms.db"), config)
	require.ErrorIs(t, err, bolt.ErrTimeout)
}

func TestARoomIsHandedOverWithoutHoleOrRepetition(t *testing.T) {
	s := open(t, t.TempDir(), plenty)
	for i := range 5 {
		say(t, s, "lobby", fmt.Sprint("old", i+1))
	}
	stop, wrote := make(chan struct{}), make(chan int)
	go func() { // writes on while rooms are opened
		n := 5
		for {
			select {
			case <-stop:
				wrote <- n
				return
			default:
				n++
				_, err := s.Publish(context.Background(), "lobby", hub.Message[string]{Value: fmt.Sprint("new", n)})
				if err != nil {
					panic(err)
				}
			}
		}
	}()
	var sinks []*records
	for range 20 {
		r := newRecords()
		feed, err := s.Open(t.Context(), "lobby", 3, r)
		require.NoError(t, err)
		defer feed.Close()
		sinks = append(sinks, r)
	}
	close(stop)
	n := uint64(<-wrote)
	for _, r := range sinks {
		require.Eventually(t, func() bool {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.next.Offset == n+1
		}, 30*time.Second, time.Millisecond)
		first := r.next.Offset - uint64(len(r.got)-1)
		require.Equal(t, fmt.Sprint("seek ", first), r.got[0])
		for i, line := range r.got[1:] {
			offset := first + uint64(i)
			age := "new"
			if offset <= 5 {
				age = "old"
			}
			require.Equal(t, fmt.Sprint(offset, " ", age, offset), line)
		}
	}
}

func TestSignalsAreHandedOverAndNotKept(t *testing.T) {
	s := open(t, t.TempDir(), plenty)
	r := newRecords()
	feed, err := s.Open(t.Context(), "lobby", 10, r)
	require.NoError(t, err)
	say(t, s, "lobby", "a")
	_, err = s.Publish(t.Context(), "lobby", hub.Message[string]{Value: "typing", Volatile: true})
	require.NoError(t, err)
	say(t, s, "lobby", "b")
	require.Equal(t, []string{"seek 1", "1 a", "(typing)", "2 b"}, r.wait(t, 4))
	feed.Close()
	feed.Close()
	say(t, s, "lobby", "c")
	values, _, err := s.Before("lobby", 0, 10)
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "c"}, values)
	require.Len(t, r.wait(t, 4), 4, "nothing after Close")
}

func TestWhatCannotBeSavedIsShownToNobody(t *testing.T) {
	s := open(t, t.TempDir(), plenty)
	r := newRecords()
	feed, err := s.Open(t.Context(), "lobby", 10, r)
	require.NoError(t, err)
	defer feed.Close()
	say(t, s, "lobby", "before")
	full := errors.New("no space left on device")
	var told []error
	s.cfg.OnCommit = func(_ int, _ time.Duration, err error) { told = append(told, err) }
	real := s.write
	s.write = func(write func(*bolt.Tx) error) error {
		return real(func(tx *bolt.Tx) error { // it fails when all is written
			if err := write(tx); err != nil {
				return err
			}
			return full
		})
	}
	_, err = s.Publish(t.Context(), "lobby", hub.Message[string]{Value: "lost"})
	require.ErrorIs(t, err, full)
	s.write = real
	require.EqualValues(t, 2, say(t, s, "lobby", "after").Offset)
	require.Equal(t, []string{"seek 1", "1 before", "2 after"}, r.wait(t, 3))
	require.Equal(t, []error{full, nil}, told)
}

func TestWhatGathersIsOneTransaction(t *testing.T) {
	s := open(t, t.TempDir(), plenty)
	begun, goOn := make(chan struct{}), make(chan struct{})
	var sizes []int
	s.cfg.OnCommit = func(jobs int, _ time.Duration, _ error) { sizes = append(sizes, jobs) }
	real := s.write
	s.write = func(write func(*bolt.Tx) error) error {
		select {
		case begun <- struct{}{}:
			<-goOn
		case <-goOn:
		}
		return real(write)
	}
	var all sync.WaitGroup
	publish := func(i int) { all.Go(func() { say(t, s, "lobby", fmt.Sprint(i)) }) }
	publish(0)
	<-begun // the first one is under way
	for i := range 50 {
		publish(i + 1)
	}
	require.Eventually(t, func() bool { return len(s.calls) == 50 }, 30*time.Second, time.Millisecond)
	close(goOn)
	all.Wait()
	require.NoError(t, s.Close())
	require.Equal(t, []int{1, 50}, sizes)
}

func TestValuesAreAppendedTogetherOrNotAtAll(t *testing.T) {
	s := open(t, t.TempDir(), plenty)
	bad := errors.New("cannot be written down")
	s.cfg.Marshal = func(v string) ([]byte, error) {
		if v == "bad" {
			return nil, bad
		}
		return []byte(v), nil
	}
	require.NoError(t, s.Append(t.Context(), Entry[string]{"user:ann", "x"}, Entry[string]{"user:bob", "x"}))
	require.ErrorIs(t, s.Append(t.Context(), Entry[string]{"user:ann", "y"}, Entry[string]{"user:bob", "bad"}), bad)
	for _, room := range []string{"user:ann", "user:bob"} {
		values, _, err := s.Before(room, 0, 10)
		require.NoError(t, err)
		require.Equal(t, []string{"x"}, values)
	}
}

func TestOldValuesGo(t *testing.T) {
	s := open(t, t.TempDir(), Limits{Values: 3})
	for i := range 10 {
		say(t, s, "lobby", fmt.Sprint(i+1))
	}
	values, first, err := s.Before("lobby", 0, 100)
	require.NoError(t, err)
	require.EqualValues(t, 8, first)
	require.Equal(t, []string{"8", "9", "10"}, values)

	s.SetLimits(Limits{Values: 100, Age: time.Nanosecond})
	values, first, err = s.Before("lobby", 0, 100)
	require.NoError(t, err)
	require.Empty(t, values, "too old to be shown, though still there")
	require.EqualValues(t, 11, first)
	require.NoError(t, s.Sweep(t.Context()))
	s.SetLimits(plenty)
	values, _, err = s.Before("lobby", 0, 100)
	require.NoError(t, err)
	require.Empty(t, values, "and gone")
	require.EqualValues(t, 11, say(t, s, "lobby", "x").Offset, "its place is not given out again")
}

func TestPages(t *testing.T) {
	s := open(t, t.TempDir(), plenty)
	for i := range 10 {
		say(t, s, "lobby", fmt.Sprint(i+1))
	}
	for _, c := range []struct {
		before uint64
		n      int
		first  uint64
		want   []string
	}{
		{0, 3, 8, []string{"8", "9", "10"}},
		{8, 3, 5, []string{"5", "6", "7"}},
		{3, 5, 1, []string{"1", "2"}},
		{1, 5, 1, nil},
		{99, 1, 10, []string{"10"}},
	} {
		values, first, err := s.Before("lobby", c.before, c.n)
		require.NoError(t, err)
		require.Equal(t, c.first, first, "%+v", c)
		require.Equal(t, c.want, values, "%+v", c)
	}
	values, _, err := s.Before("nowhere", 0, 5)
	require.NoError(t, err)
	require.Empty(t, values)
}

func TestAnEndedContextEndsTheWait(t *testing.T) {
	s := open(t, t.TempDir(), plenty)
	goOn := make(chan struct{})
	real := s.write
	s.write = func(write func(*bolt.Tx) error) error { <-goOn; return real(write) }
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Publish(ctx, "lobby", hub.Message[string]{Value: "x"})
	require.ErrorIs(t, err, context.Canceled)
	r := newRecords()
	_, err = s.Open(ctx, "lobby", 1, r)
	require.ErrorIs(t, err, context.Canceled)
	close(goOn)
	require.NoError(t, s.Close())
	require.Empty(t, r.got)
}

func TestSize(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, plenty)
	require.Positive(t, s.Size())
	require.NoError(t, s.Close())
	require.Zero(t, s.Size())
}

func TestConformance(t *testing.T) {
	hubtest.TestBroker(t, func(t *testing.T) []hub.Broker[string] {
		b := open(t, t.TempDir(), plenty)
		return []hub.Broker[string]{b, b, b}
	})
}

// A sink that blocks delays no other room, and is given the rest from the file.
func TestASinkThatBlocksReadsTheRestLater(t *testing.T) {
	s := open(t, t.TempDir(), plenty)
	goOn := make(chan struct{})
	slow := &blocking{records: newRecords(), goOn: goOn}
	feed, err := s.Open(t.Context(), "lobby", 0, slow)
	require.NoError(t, err)
	defer feed.Close()
	var want []string
	n := maxPending + 500
	s.SetLimits(Limits{Values: -1})
	var all sync.WaitGroup
	for i := range n {
		want = append(want, fmt.Sprint(i+1))
		if i%100 == 99 { // in order, and many in one transaction
			entries := make([]Entry[string], 0, 100)
			for _, v := range want[i-99:] {
				entries = append(entries, Entry[string]{"lobby", v})
			}
			require.NoError(t, s.Append(t.Context(), entries...))
		}
	}
	other := newRecords()
	another, err := s.Open(t.Context(), "other", 0, other)
	require.NoError(t, err)
	defer another.Close()
	say(t, s, "other", "x")
	require.Equal(t, []string{"seek 1", "1 x"}, other.wait(t, 2))
	close(goOn)
	got := slow.wait(t, n+1)
	for i, v := range want {
		require.Equal(t, v+" "+v, got[i+1])
	}
	all.Wait()
}

type blocking struct {
	*records
	goOn chan struct{}
}

func (b *blocking) Deliver(m hub.Message[string]) {
	<-b.goOn
	b.records.Deliver(m)
}

// What has been dropped before a sink could take it is told as a jump.
func TestWhatWasDroppedMeanwhileIsAGap(t *testing.T) {
	s := open(t, t.TempDir(), Limits{Values: 10})
	goOn := make(chan struct{})
	slow := &blocking{records: newRecords(), goOn: goOn}
	feed, err := s.Open(t.Context(), "lobby", 0, slow)
	require.NoError(t, err)
	defer feed.Close()
	for i := range maxPending + 100 {
		say(t, s, "lobby", fmt.Sprint(i+1))
	}
	close(goOn)
	last := uint64(maxPending + 100)
	require.Eventually(t, func() bool {
		slow.mu.Lock()
		defer slow.mu.Unlock()
		return slow.next.Offset == last+1
	}, 30*time.Second, time.Millisecond)
	require.Contains(t, slow.got, fmt.Sprint("seek ", last-9))
}

func TestForgetAndNext(t *testing.T) {
	s := open(t, t.TempDir(), plenty)
	say(t, s, "lobby", "a")
	say(t, s, "lobby", "b")
	var p hub.Position
	require.NoError(t, s.Update(t.Context(), func(tx *bolt.Tx) (err error) {
		p, err = s.Forget(tx, "lobby")
		return err
	}))
	require.Equal(t, hub.Position{Epoch: s.Epoch(), Offset: 3}, p)
	require.NoError(t, s.View(func(tx *bolt.Tx) error {
		p = s.Next(tx, "nowhere")
		return nil
	}))
	require.EqualValues(t, 1, p.Offset)
	require.Equal(t, hub.Position{Epoch: s.Epoch(), Offset: 3}, say(t, s, "lobby", "c"))
}

// Whoever is told that the broker is closed may publish elsewhere: it must not be
// in the file.
func TestWhatIsSaidToBeClosedIsNotInTheFile(t *testing.T) {
	for range 20 {
		dir := t.TempDir()
		s := open(t, dir, plenty)
		ctx := &pausing{Context: context.Background(), entered: make(chan struct{}), release: make(chan struct{})}
		published := make(chan error, 1)
		go func() {
			_, err := s.Publish(ctx, "r", hub.Message[string]{Value: "x"})
			published <- err
		}()
		<-ctx.entered
		require.NoError(t, s.Close())
		close(ctx.release)
		require.NoError(t, <-published, "it was committed before Close returned")
		s = open(t, dir, plenty)
		values, _, err := s.Before("r", 0, 10)
		require.NoError(t, err)
		require.Equal(t, []string{"x"}, values)
		require.NoError(t, s.Close())
	}
}

// A pausing context stops who uses it between handing a call over and waiting for
// its outcome.
type pausing struct {
	context.Context
	asked            int
	entered, release chan struct{}
}

func (c *pausing) Done() <-chan struct{} {
	if c.asked++; c.asked == 2 {
		close(c.entered)
		<-c.release
	}
	return nil
}

func TestAnOpenThatIsGivenUpLeavesNothing(t *testing.T) {
	s := open(t, t.TempDir(), plenty)
	for range 10 {
		entered, release := make(chan struct{}), make(chan struct{})
		updated := make(chan error, 1)
		go func() {
			updated <- s.Update(context.Background(), func(*bolt.Tx) error { close(entered); <-release; return nil })
		}()
		<-entered
		ctx, cancel := context.WithCancel(context.Background())
		opened := make(chan error, 1)
		go func() {
			_, err := s.Open(ctx, "r", 10, newRecords())
			opened <- err
		}()
		require.Eventually(t, func() bool { return len(s.calls) == 1 }, 30*time.Second, time.Millisecond)
		cancel()
		require.ErrorIs(t, <-opened, context.Canceled)
		close(release)
		require.NoError(t, <-updated)
	}
	f, err := s.Open(t.Context(), "other", 0, newRecords()) // behind them all
	require.NoError(t, err)
	defer f.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	require.Empty(t, s.feeds["r"])
}

func TestOpenEndsWithTheBroker(t *testing.T) {
	for i := range 200 {
		s := open(t, t.TempDir(), plenty)
		opened := make(chan struct{})
		go func() {
			defer close(opened)
			if f, err := s.Open(context.Background(), "r", 10, newRecords()); err == nil {
				f.Close()
			}
		}()
		if i%2 == 0 {
			<-time.After(time.Duration(i) * time.Microsecond)
		}
		require.NoError(t, s.Close())
		<-opened
	}
}
