package js_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
)

func TestInABrowser(t *testing.T) {
	const count, planned = 2000, 30
	s := start(t, "ws", conn.Config{}, echo, cuts(7, planned, 20<<10, 0))
	out := <-chromium(t, s, count, time.Minute)
	t.Log(out.stdout)
	require.NoError(t, out.err)
	assert.Equal(t, []int{count, count, 0}, out.counts(t))
	assert.GreaterOrEqual(t, s.proxy.Stats().Cuts, planned*4/5)
	assert.GreaterOrEqual(t, s.links.Load(), int64(planned/2), "resumptions")
	assert.EqualValues(t, count, s.echoed.Load(), "each exactly once")
	s.wantEnd(t, "the client closed", closedByClient)
}

func TestAHalfOpenLinkInABrowser(t *testing.T) {
	const count = 3000
	s := start(t, "ws", conn.Config{MinPing: -1}, echo, nil)
	s.proxy.SetBandwidth(faultproxy.Both, 1<<20) // or all is said before the link goes silent
	done := chromium(t, s, count, 800*time.Millisecond)
	s.waitFor(t, 100, done)
	for _, l := range s.proxy.Links() {
		l.Stall(faultproxy.Both)
	}
	out := <-done
	t.Log(out.stdout)
	require.NoError(t, out.err)
	assert.Equal(t, []int{count, count, 0}, out.counts(t))
	assert.Contains(t, out.stdout, "the link is silent")
	assert.EqualValues(t, count, s.echoed.Load())
}

// chromium opens a page that runs browser.js, and returns what that has told.
func chromium(t *testing.T, s *server, count int, dead time.Duration) <-chan result {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil && os.Getenv("LONGSPLICE_REQUIRE_CHROMIUM") != "" {
		require.FailNow(t, "LONGSPLICE_REQUIRE_CHROMIUM is set, and there is no chromium")
	}
	if err != nil {
		t.Skip("NOT TESTED: there is no chromium; LONGSPLICE_REQUIRE_CHROMIUM=1 makes this a failure")
	}
	done := make(chan result, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `<!doctype html><title>echo</title><script type="module" src="browser.js"></script>`)
	})
	for path, file := range map[string]string{"browser.js": "browser.js", "longsplice.js": "../chat/server/web/longsplice.js"} {
		mux.HandleFunc("GET /"+path, func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, file) })
	}
	mux.HandleFunc("POST /done", func(_ http.ResponseWriter, r *http.Request) {
		told, err := io.ReadAll(r.Body)
		if strings.HasPrefix(string(told), "failed") {
			err = fmt.Errorf("%s", told)
		}
		done <- result{stdout: string(told), err: err}
	})
	web := httptest.NewServer(mux)
	t.Cleanup(web.Close)

	profile, err := os.MkdirTemp("", "chromium")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(profile) }) // what ends after the program may still write to it
	query := url.Values{"to": {s.target()}, "count": {fmt.Sprint(count)}, "dead": {fmt.Sprint(dead.Milliseconds())}}
	cmd := exec.CommandContext(t.Context(), program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		"--user-data-dir="+profile, "--remote-debugging-port=0", web.URL+"/?"+query.Encode())
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Wait() }) // the test's context has ended it
	limit := time.AfterFunc(patience, func() { done <- result{err: fmt.Errorf("nothing from the browser in %v", patience)} })
	t.Cleanup(func() { limit.Stop() })
	return done
}
