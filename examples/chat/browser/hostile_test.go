package browser_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// Whatever others write is shown as they wrote it, and nothing else comes of it.
func TestTextsAreTexts(t *testing.T) {
	s := serve(t)
	bob := visit(t, s, "bob", "lobby")
	ann := browse(t, s.url())
	ann.signIn("ann")
	texts := []string{
		`<img src=x onerror="window.hit=1">`,
		`<script>window.hit=1</script>`,
		`<svg/onload=window.hit=1><a href="javascript:window.hit=1">click</a>`,
		`javascript:window.hit=1 data:text/html,<script>window.hit=1</script>`,
		`http://example.org/"onmouseover="window.hit=1`,
		`&lt;b&gt; <b>bold</b> <!-- </body>`,
		`{{constructor.constructor('window.hit=1')()}} ${window.hit=1}`,
		"https://example.org/a_(b) and (https://example.org/c), or https://user@example.org/?q=<i>.",
	}
	bob.say("lobby", texts...)
	ann.await(`document.querySelectorAll('#lines .text').length === 8`)
	assert.Equal(t, texts, ann.lines())
	assert.Empty(t, eval[[]string](ann, `[...document.querySelectorAll('#lines img, #lines script, #lines svg, #lines b, #lines i')].map((e) => e.outerHTML)`))
	assert.Equal(t, []string{"http://example.org/", "https://example.org/a_(b)", "https://example.org/c", "https://user@example.org/?q="},
		eval[[]string](ann, `[...document.querySelectorAll('#lines a')].map((a) => a.href)`))
	assert.Equal(t, "noopener noreferrer/_blank",
		eval[string](ann, `[...new Set([...document.querySelectorAll('#lines a')].map((a) => a.rel + '/' + a.target))].join()`))

	ann.enter(`/join <img src=x onerror="window.hit=1">`) // no name of a room
	ann.awaitText("#lines .note", "a name has letters")
	ann.enter(`/msg <b>bob</b> <script>window.hit=1</script>`)
	ann.awaitText("#title", "<b>bob</b>")
	ann.awaitText("#lines .failed", "<script>window.hit=1</script>")
	ann.enter(`/nick <script>window.hit=1</script>`)
	ann.awaitText("#lines .note", "a name")
	assert.True(t, eval[bool](ann, `window.hit === undefined`))
}

// A server may send anything; the page goes on with what it understands.
func TestTheServerSaysNonsense(t *testing.T) {
	need(t)
	s := script(t, nil,
		`{"op":"welcome","name":"<b>ann</b>","token":"t","text":"<script>window.hit=1</script>"}`,
		`not JSON`, `null`, `[]`, `{"op":"constructor"}`, `{"op":"line","room":"lobby","text":"before joined"}`,
		`{"op":"joined","room":"lobby","next":{"epoch":1,"offset":1},"users":["<img src=x onerror=window.hit=1>","__proto__","constructor"]}`,
		`{"op":"line","room":"lobby","name":"__proto__","text":"one","at":1}`,
		`{"op":"line","room":"lobby","name":"<i>x</i>","text":"two","at":1e300}`,
		`{"op":"line","room":"lobby","text":3}`,
		`{"op":"future","room":"lobby"}`,
		`{"op":"line","room":"lobby","name":"bob","text":"last","at":1700000000000}`,
	)
	ann := browse(t, s)
	ann.expectFaults = true
	ann.await(`document.querySelector('#login').open`)
	ann.do(fill("#login-name", "ann"))
	ann.press("Enter", 13, 0)
	ann.awaitLines(1, "last")
	ann.awaitText("#me", "<b>ann</b>")
	ann.awaitText("#users", "<img src=x onerror=window.hit=1>")
	assert.True(t, eval[bool](ann, `window.hit === undefined`))
}
