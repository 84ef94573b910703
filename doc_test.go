package longsplice_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/hub/hubconn"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func serve(ctx context.Context, ln net.Listener) error {
	srv := conn.NewServer(conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
		for msg, err := range c.Messages(ctx) {
			if err != nil {
				return err
			}
			if err := c.Send(ctx, bytes.ToUpper(msg)); err != nil {
				return err
			}
		}
		return nil // the client has closed
	}), nil)
	defer srv.Close()
	return srv.Serve(ctx, ln)
}

func ask(ctx context.Context, target, question string) (string, error) {
	c, err := conn.Dial(ctx, target, nil)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if err := c.Send(ctx, []byte(question)); err != nil {
		return "", err
	}
	answer, err := c.Receive(ctx) // borrowed until the next call
	return string(answer), err
}

// The server and the client of the README.
func Example() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	served := make(chan error, 1)
	go func() { served <- serve(ctx, ln) }()

	answer, err := ask(ctx, "tcp://"+ln.Addr().String(), "long splice")
	fmt.Println(answer, err)
	stop()
	<-served
	// Output: LONG SPLICE <nil>
}

func outcome(err error) string {
	var lost *conn.LostError
	if errors.As(err, &lost) {
		return fmt.Sprintf("%s: %d certainly not delivered, %d may have been",
			lost.Reason, len(lost.Undelivered), len(lost.Unknown))
	}
	return "in order"
}

// What is known of messages whose session has ended without them: here the
// server gives up over the first of two.
func Example_lost() {
	ctx := context.Background()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	srv := conn.NewServer(conn.OnMessage(func(ctx context.Context, c *conn.Conn, msg []byte) error {
		return errors.New("this does not parse")
	}), nil)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ctx, ln) }()
	c, err := conn.Dial(ctx, ln.Addr().String(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	both, err := conn.Encode([]byte("apple"), []byte("pear"))
	if err == nil {
		err = c.TrySendBatch(both)
	}
	fmt.Println(err, c.Flush(ctx) == nil)
	<-c.Done()
	fmt.Println(outcome(c.Err()))
	_ = c.Close() // says the same
	_ = srv.Close()
	<-served
	// Output:
	// <nil> false
	// closed: 2 certainly not delivered, 0 may have been
}

func rooms(ln net.Listener) *conn.Server {
	cfg := hubconn.Config()
	cfg.Rooms.History = 50
	cfg.Notice = notice // tells members what joined, came, went, and what they missed
	h := hub.New(cfg)
	srv := conn.NewServer(conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
		sub, err := h.Join(ctx, "lobby", hubconn.Member(c), hub.Last(50), hub.As(c.Identity()))
		if err != nil {
			return err
		}
		defer sub.Leave()
		for msg, err := range c.Messages(ctx) {
			if err != nil {
				return err
			}
			batch, err := conn.Encode(msg) // once, for all members
			if err != nil {
				return err
			}
			if _, err := h.Publish(ctx, "lobby", batch); err != nil {
				return err
			}
		}
		return nil
	}), nil)
	go srv.Serve(context.Background(), ln)
	return srv
}

func notice(n hub.Notice) *conn.Batch {
	b, err := conn.Encode(fmt.Appendf(nil, "* %d %v", n.Kind, n.Next))
	if err != nil {
		panic(err) // it is short
	}
	return b
}

// The rooms of the README.
func Example_rooms() {
	ctx := context.Background()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	srv := rooms(ln)
	defer srv.Close()
	var people [2]*conn.Conn
	for i := range people {
		if people[i], err = conn.Dial(ctx, ln.Addr().String(), nil); err != nil {
			fmt.Println(err)
			return
		}
		defer people[i].Close()
		joined, err := people[i].Receive(ctx)
		fmt.Printf("%.3s %v\n", joined, err)
	}
	if err := people[0].Send(ctx, []byte("hello")); err != nil {
		fmt.Println(err)
	}
	for _, c := range people {
		said, err := c.Receive(ctx)
		fmt.Printf("%s %v\n", said, err)
	}
	// Output:
	// * 1 <nil>
	// * 1 <nil>
	// hello <nil>
	// hello <nil>
}

// TestTheReadmeShowsCodeThatRuns holds the README to the code above.
func TestTheReadmeShowsCodeThatRuns(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	code, err := os.ReadFile("doc_test.go")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?ms)^```go\n(.*?)^```$").FindAllSubmatch(readme, -1)
	require.NotEmpty(t, blocks)
	for _, block := range blocks {
		require.Contains(t, string(code), "\n"+string(block[1]))
	}
}

// TestTheProgramsInTheDocumentationRun runs the programs of package comments.
func TestTheProgramsInTheDocumentationRun(t *testing.T) {
	for file, want := range map[string]string{
		"doc.go":      "LONG\nSPLICE\n",
		"conn/doc.go": "1 apple\n2 pear\n",
	} {
		t.Run(file, func(t *testing.T) {
			main := filepath.Join(t.TempDir(), "main.go")
			require.NoError(t, os.WriteFile(main, program(t, file), 0o600))
			cmd := exec.Command("go", "run", main)
			cmd.Env = append(cmd.Environ(), "GOWORK=off", "GOFLAGS=")
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			require.Equal(t, want, string(out))
		})
	}
}

// program returns the program in a package comment: what is indented from
// "package main" on.
func program(t *testing.T, file string) []byte {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	require.NoError(t, err)
	_, doc, ok := strings.Cut(parsed.Doc.Text(), "\tpackage main\n")
	require.True(t, ok, "no program in %s", file)
	var main bytes.Buffer
	main.WriteString("package main\n")
	for line := range strings.Lines(doc) {
		if !strings.HasPrefix(line, "\t") && line != "\n" {
			break
		}
		main.WriteString(strings.TrimPrefix(line, "\t"))
	}
	return main.Bytes()
}
