package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A tab is one page, of a browser that may have several.
type tab struct {
	t   *testing.T
	ctx context.Context

	expectFaults bool

	mu     sync.Mutex
	faults []string // exceptions, errors on the console, violations of the policy
}

// browse starts a browser of its own and opens a page.
func browse(t *testing.T, url string) *tab {
	t.Helper()
	dir, err := os.MkdirTemp("", "chromium")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium), chromedp.UserDataDir(dir), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.WindowSize(1280, 800))...)
	t.Cleanup(cancel)
	return open(t, ctx, url)
}

// open opens another page beside tb, of the same user.
func (tb *tab) open(url string) *tab { return open(tb.t, tb.ctx, url) }

// stranger opens a page beside tb that shares nothing with it.
func (tb *tab) stranger(url string) *tab {
	return open(tb.t, tb.ctx, url, chromedp.WithNewBrowserContext())
}

// watch reports violations of the policy from the very start of each page.
const watch = `addEventListener('securitypolicyviolation', (e) => console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI))`

func open(t *testing.T, parent context.Context, url string, options ...chromedp.ContextOption) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent, options...)
	tb := &tab{t: t, ctx: ctx}
	t.Cleanup(func() {
		if t.Failed() {
			tb.picture(fmt.Sprintf("%s/%s.png", os.TempDir(), t.Name()))
		}
		_ = chromedp.Cancel(ctx)
		cancel()
		assert.Equal(t, tb.expectFaults, len(tb.faults) > 0, "errors of the page: %q", tb.faults)
	})
	require.NoError(t, chromedp.Listen(ctx, tb.listen))
	_, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	require.NoError(t, err)
	_, err = chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watch})
	require.NoError(t, err)
	tb.do(chromedp.Navigate(url))
	return tb
}

func (tb *tab) listen(event any) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		details, _ := json.Marshal(e.ExceptionDetails)
		tb.faults = append(tb.faults, string(details))
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			args, _ := json.Marshal(e.Args)
			tb.faults = append(tb.faults, string(args))
		}
	}
}

// do carries out actions within the patience of tests.
func (tb *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	require.NoError(tb.t, chromedp.Do(ctx, actions...))
}

// await waits until an expression is true.
func (tb *tab) await(expression string) {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	err := chromedp.Do(ctx, chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingTimeout(0)))
	for err != nil && ctx.Err() == nil { // another page has come in its place
		err = chromedp.Do(ctx, chromedp.WaitReady("body"), chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingTimeout(0)))
	}
	if err != nil {
		tb.t.Fatalf("%v: %s\nthe page: %.1500s", err, expression, tb.text("body"))
	}
}

// eval returns what an expression is.
func eval[T any](tb *tab, expression string) T {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	require.NoError(tb.t, err)
	return v
}

// text is what a reader sees of an element.
func (tb *tab) text(selector string) string {
	return eval[string](tb, fmt.Sprintf("document.querySelector(%q)?.innerText ?? ''", selector))
}

// awaitText waits until an element shows a text, among others.
func (tb *tab) awaitText(selector, text string) {
	tb.t.Helper()
	tb.await(fmt.Sprintf("document.querySelector(%q)?.textContent.includes(%q)", selector, text))
}

// signIn gives a name, and waits until the page is connected and in the lobby.
func (tb *tab) signIn(name string) {
	tb.t.Helper()
	tb.await(`document.querySelector('#login').open`)
	tb.do(chromedp.SetValue("#login-name", name), chromedp.Click("#login-go"))
	tb.ready(name)
}

// ready waits until the page is connected and in the lobby.
func (tb *tab) ready(name string) {
	tb.t.Helper()
	tb.await(fmt.Sprintf(`document.querySelector('#me').textContent === %q && document.querySelector('#link').dataset.tone === 'good' &&
		[...document.querySelectorAll('#users .person bdi')].some((e) => e.textContent === %q)`, name, name))
}

// enter types a line as a user does, and sends it.
func (tb *tab) enter(text string) {
	tb.t.Helper()
	tb.do(chromedp.Focus("#input"), chromedp.SendKeys("#input", text))
	tb.press("Enter", 13, 0)
}

// press presses a key as a keyboard does, with modifiers held. chromedp's own
// Enter comes twice, as a key and as a character.
func (tb *tab) press(key string, code int64, modifiers int64) {
	tb.t.Helper()
	down := input.DispatchKeyEventParams{
		Type: input.DispatchKeyEventTypeRawKeyDown, Key: key, Code: key, Modifiers: modifiers, WindowsVirtualKeyCode: code, NativeVirtualKeyCode: code,
	}
	up := down
	up.Type = input.DispatchKeyEventTypeKeyUp
	if key == "Enter" {
		down.Type, down.Text = input.DispatchKeyEventTypeKeyDown, "\r"
	}
	for _, event := range []input.DispatchKeyEventParams{down, up} {
		_, err := chromedp.Call(tb.ctx, input.DispatchKeyEvent, event)
		require.NoError(tb.t, err)
	}
}

// lines are the texts of the lines shown, confirmed or not, in order.
func (tb *tab) lines() []string {
	return eval[[]string](tb, `[...document.querySelectorAll('#lines .text')].map((e) => e.textContent)`)
}

// awaitLines waits for as many lines that begin with prefix, all confirmed.
func (tb *tab) awaitLines(n int, prefix string) {
	tb.t.Helper()
	tb.await(fmt.Sprintf(`[...document.querySelectorAll('#lines .line-row:not(.pending) .text')].filter((e) => e.textContent.startsWith(%q)).length >= %d`, prefix, n))
}

// picture saves what the page looks like.
func (tb *tab) picture(path string) {
	png, err := chromedp.Run(tb.ctx, chromedp.CaptureScreenshot())
	if err == nil && os.WriteFile(path, png, 0o644) == nil {
		tb.t.Log("a picture: " + path)
	}
}
