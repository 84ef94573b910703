package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
)

const (
	alt   = 1
	ctrl  = 2
	shift = 8
)

// fill types into a field.
func fill(selector, text string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(chromedp.Focus(selector), chromedp.SendKeys(selector, text))
}

// Everything by keyboard.
func TestKeys(t *testing.T) {
	s := serve(t)
	bob := visit(t, s, "bobby", "lobby")
	ann := browse(t, s.url())
	ann.await(`document.querySelector('#login').open && document.activeElement.id === 'login-name'`)
	ann.do(chromedp.KeyEvent("9ann"))
	ann.press("Enter", 13, 0)
	ann.awaitText("#login-error", "name")
	ann.do(chromedp.KeyEvent(kb.Home + kb.Delete))
	ann.press("Enter", 13, 0)
	ann.ready("ann")
	ann.await(`document.activeElement.id === 'input'`)
	focus := func() string {
		return eval[string](ann, `document.activeElement.id || document.activeElement.className`)
	}
	value := func() string { return eval[string](ann, `document.querySelector('#input').value`) }

	ann.do(chromedp.KeyEvent("bo" + kb.Tab)) // completes, and stays
	assert.Equal(t, "bobby: ", value())
	ann.do(chromedp.KeyEvent("hi"))
	ann.press("Enter", 13, 0)
	bob.awaitHeard("ann", 1)
	assert.Equal(t, "input", focus())
	ann.do(chromedp.KeyEvent(kb.Tab)) // nothing to complete: goes on
	assert.NotEqual(t, "input", focus())
	ann.do(chromedp.Focus("#input"), chromedp.KeyEvent("one"))
	ann.do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(shift)))
	ann.do(chromedp.KeyEvent("two"))
	assert.Equal(t, "one\ntwo", value())
	ann.press("Enter", 13, 0)
	bob.awaitHeard("ann", 2)
	assert.Equal(t, []string{"bobby: hi", "one\ntwo"}, bob.heard("ann"))
	ann.press("ArrowUp", 38, 0)
	assert.Equal(t, "one\ntwo", value())
	eval[any](ann, `document.querySelector('#input').setSelectionRange(0, 0)`)
	ann.press("ArrowUp", 38, 0)
	assert.Equal(t, "bobby: hi", value())
	ann.press("ArrowDown", 40, 0)
	ann.press("ArrowDown", 40, 0)
	assert.Empty(t, value())

	ann.enter("/join dev")
	ann.awaitText("#title", "dev")
	ann.press("ArrowUp", 38, alt)
	ann.awaitText("#title", "lobby")
	ann.press("Digit2", 50, alt)
	ann.awaitText("#title", "dev")
	ann.press("k", 75, ctrl)
	ann.await(`document.querySelector('#find').open && document.activeElement.id === 'find-name'`)
	ann.press("Escape", 27, 0)
	ann.await(`!document.querySelector('#find').open`)

	// One stop for each list, the arrows within it, and Enter to go there.
	ann.do(chromedp.Focus(`#rooms [data-key="room:dev"]`))
	ann.press("ArrowUp", 38, 0)
	assert.Equal(t, "room:lobby", eval[string](ann, `document.activeElement.dataset.key`))
	assert.Equal(t, 1, eval[int](ann, `document.querySelectorAll('#lists .conversation[tabindex="0"]').length`))
	ann.do(chromedp.KeyEvent(kb.Enter))
	ann.awaitText("#title", "lobby")
	ann.do(chromedp.Focus(".skip"))
	assert.True(t, eval[bool](ann, `document.activeElement.getBoundingClientRect().top >= 0 || new Promise((done) => setTimeout(() => done(document.querySelector('.skip').getBoundingClientRect().top >= 0), 400))`))

	// What is said is announced, and nothing that is shown again.
	bob.say("lobby", "heard by all")
	ann.awaitText("#announcer[aria-live=polite]", "bobby: heard by all")
	ann.press("F1", 112, 0)
	ann.await(`document.querySelector('#help').open`)
	ann.press("Escape", 27, 0)

	ann.enter("/nick anna")
	ann.await(`document.querySelector('#me').textContent === 'anna'`)
	ann.enter("as anna")
	bob.awaitHeard("anna", 1)
	ann.enter("/leave dev")
	ann.await(`!document.querySelector('#rooms [data-key="room:dev"]')`)
	ann.enter("/quit")
	ann.await(`document.querySelector('#login').open`)
}

// A name that is somebody else's is not given away.
func TestTheNameIsTaken(t *testing.T) {
	s := serve(t)
	ann := browse(t, s.url())
	ann.signIn("ann")
	eve := ann.stranger(s.url())
	eve.await(`document.querySelector('#login').open`)
	eve.do(chromedp.SetValue("#login-name", "Ann"), chromedp.Click("#login-go"))
	eve.awaitText("#login-error", "taken")
	eve.do(chromedp.SetValue("#login-name", "eve"), chromedp.Click("#login-go"))
	eve.ready("eve")
	ann.do(chromedp.Reload())
	ann.ready("ann")
}
