package browser_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/wsconn"
)

// script serves the page, and says these messages to whoever connects, and then
// those that come from more. What it hears it does not answer.
func script(t *testing.T, more <-chan string, messages ...string) string {
	srv := conn.NewServer(conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
		for _, m := range messages {
			if err := c.Send(ctx, []byte(m)); err != nil {
				return err
			}
		}
		if more != nil {
			go func() {
				for m := range more {
					_ = c.Send(ctx, []byte(m))
				}
			}()
		}
		for _, err := range c.Messages(ctx) {
			if err != nil {
				return err
			}
		}
		return nil
	}), nil)
	ln := wsconn.NewListener(nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(context.Background(), ln)
	}()
	mux := http.NewServeMux()
	mux.Handle("/chat", ln)
	mux.Handle("/", http.FileServer(http.Dir("../server/web")))
	hs := httptest.NewServer(mux)
	t.Cleanup(func() {
		ln.Close()
		srv.Close()
		<-done
		hs.CloseClientConnections()
		hs.Close()
	})
	return hs.URL
}
