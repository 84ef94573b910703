package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(status int) {
		_ = os.RemoveAll(builtIn) // of processes, if any ran
		os.Exit(status)
	}))
}

// builtIn is the directory of the program that tests of processes have built.
var builtIn string

// A transcript is what a program writes to its standard error. One can wait
// for a text in it.
type transcript struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{}
}

func newTranscript() *transcript { return &transcript{changed: make(chan struct{})} }

func (s *transcript) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
	return s.text.Write(p)
}

func (s *transcript) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// await waits for a match and returns its last group.
func (s *transcript) await(t *testing.T, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	timeout := time.After(20 * time.Second)
	for {
		s.mu.Lock()
		changed, match := s.changed, re.FindStringSubmatch(s.text.String())
		s.mu.Unlock()
		if match != nil {
			return match[len(match)-1]
		}
		select {
		case <-changed:
		case <-timeout:
			t.Fatalf("no %q in:\n%s", pattern, s)
		}
	}
}

// An end is a program that runs in this process.
type end struct {
	*transcript
	interrupt context.CancelFunc
	status    chan int
}

func start(t *testing.T, stdin io.Reader, stdout io.Writer, args ...string) *end {
	ctx, cancel := context.WithCancel(t.Context())
	e := &end{newTranscript(), cancel, make(chan int, 1)}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		e.status <- program(ctx, args, stdin, stdout, e.transcript)
	}()
	t.Cleanup(func() {
		cancel()
		<-gone
	})
	return e
}

// ends waits for the end of the program, and for its status to be want.
func (e *end) ends(t *testing.T, want int) {
	t.Helper()
	select {
	case status := <-e.status:
		require.Equal(t, want, status, e.String())
	case <-time.After(60 * time.Second):
		t.Fatalf("still running:\n%s", e)
	}
}

// listening is the address of a receiver.
func (s *transcript) listening(t *testing.T) string { return s.await(t, `listening on (\S+)`) }

// data returns n random bytes from a source that makes them as it is read, and
// their hash afterwards.
func data(n int64) (io.Reader, hash.Hash) {
	sum := sha256.New()
	seed := [32]byte{byte(n), byte(n >> 8), byte(n >> 16)}
	return io.TeeReader(io.LimitReader(rand.NewChaCha8(seed), n), sum), sum
}

// agree checks that the data arrived and that both ends printed its hash.
func agree(t *testing.T, sent, received hash.Hash, transcripts ...fmt.Stringer) {
	t.Helper()
	want := fmt.Sprintf("sha256 %x", sent.Sum(nil))
	require.Equal(t, want, fmt.Sprintf("sha256 %x", received.Sum(nil)))
	for _, s := range transcripts {
		require.Contains(t, s.String(), want)
		require.Equal(t, 1, strings.Count(s.String(), "sha256"))
	}
}
