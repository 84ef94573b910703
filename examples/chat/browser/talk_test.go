package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"

	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
	"github.com/longsplice/longsplice/examples/chat/protocol"
)

// Two tabs of one user, another user's browser, the terminal client and one that
// is none of these.
func TestEverybodyHearsEverybody(t *testing.T) {
	s := serve(t)
	bob := visit(t, s, "bob", "lobby")
	ann := browse(t, s.url())
	ann.signIn("ann")
	ann2 := ann.open(s.url())
	ann2.ready("ann")
	eve := ann.stranger(s.url())
	eve.signIn("eve")
	tom := startTerminal(t, s, "tom")
	eve.await(`[...document.querySelectorAll('#users bdi')].some((e) => e.textContent === 'tom')`)

	tabs := []*tab{ann, ann2, eve}
	ann.enter("a from the first tab")
	ann2.awaitLines(1, "a from")
	ann2.enter("a from the second tab")
	eve.awaitLines(2, "a from")
	eve.enter("a from eve")
	bob.awaitHeard("eve", 1)
	bob.say("lobby", "a from bob")
	eve.awaitLines(4, "a from")
	tom.await("#lobby bob: a from bob")
	tom.enter("a from a terminal")
	for _, tb := range tabs {
		tb.awaitLines(5, "a from")
		assert.Equal(t, []string{"a from the first tab", "a from the second tab", "a from eve", "a from bob", "a from a terminal"}, tb.lines())
		tb.await(`[...document.querySelectorAll('#users bdi')].map((e) => e.textContent).sort().join() === 'ann,bob,eve,tom'`)
	}

	eve.enter("/msg ann psst")
	eve.awaitText("#title", "ann")
	eve.awaitLines(1, "psst")
	ann.await(`document.querySelector('#privates .badge')?.textContent === '1' && !document.querySelector('#privates .badge').hidden`)
	ann2.await(`document.title.startsWith('(1)')`)
	ann.do(chromedp.Click("#privates .conversation"))
	ann.awaitLines(1, "psst")
	ann2.await(`!document.title.startsWith('(') && document.querySelector('#privates .badge').hidden`) // it was read in the other tab
	ann.enter("/me winks")
	eve.awaitText("#lines .action", "ann winks")
	ann.enter("/msg tom only you")
	tom.await("@ann ann: only you")
	bob.awaitHeard("eve", 1)
	assert.Equal(t, []string{"a from eve"}, bob.heard("eve"), "private lines are private")
}

func TestTheLinkIsCut(t *testing.T) {
	s := serve(t)
	bob := visit(t, s, "bob", "lobby")
	ann := browse(t, s.url())
	ann.signIn("ann")
	ann.enter("before 1")
	bob.say("lobby", "b 1")
	ann.awaitLines(1, "b ")
	ann.awaitLines(1, "before")
	eval[bool](ann, `(() => { // what the list of people does from now on
		window.flicker = 0;
		new MutationObserver((all) => { window.flicker += all.length; }).observe(document.querySelector('#users'), { childList: true });
		return true;
	})()`)

	s.proxy.Stall(faultproxy.ToServer)
	for _, text := range numbered("away", 3) {
		ann.enter(text)
	}
	ann.await(`/^Connected, but no answer for \d+ s$/.test(document.querySelector('#trouble[data-tone=busy]:not([hidden]) #trouble-text')?.textContent)`)
	assert.Equal(t, "online", ann.text("#me-state"))
	assert.NoError(t, s.proxy.Pause())
	bob.say("lobby", numbered("b while", 3)...)
	ann.await(`/Reconnecting in \d+ s \(attempt \d+: .+\)/.test(document.querySelector('#trouble:not([hidden]) #trouble-text')?.textContent)`)
	ann.await(`(() => { // the countdown moves, if only by the next attempt
		const text = document.querySelector('#trouble-text').textContent;
		window.first ??= text;
		return text !== window.first;
	})()`)
	assert.Equal(t, "offline", ann.text("#me-state"))
	ann.enter("away 4")
	ann.await(`document.querySelectorAll('#lines .pending').length === 4`)

	s.proxy.Heal(faultproxy.Both)
	assert.NoError(t, s.proxy.Resume())
	ann.await(`(document.querySelector('#now:not([hidden])')?.click(), /^resumed, \d+ replayed$/.test(document.querySelector('#link-text').textContent))`)
	ann.awaitLines(4, "away")
	ann.awaitLines(3, "b while")
	bob.awaitHeard("ann", 5)
	assert.Equal(t, append([]string{"before 1"}, numbered("away", 4)...), bob.heard("ann"))
	assert.Equal(t, numbered("away", 4), beginning(ann.lines(), "away"))
	assert.Equal(t, numbered("b while", 3), beginning(ann.lines(), "b while"))
	assert.Zero(t, eval[int](ann, "window.flicker"), "changes in the list of people")
	assert.Zero(t, count(bob.messages(), func(m protocol.Message) bool { return m.Op == protocol.Absent }))
	ann.await(`document.querySelector('#trouble').hidden && document.querySelector('#unsent').hidden`)
}

func TestReload(t *testing.T) {
	s := serve(t)
	bob := visit(t, s, "bob", "lobby", "dev")
	bob.say("lobby", numbered("early", 3)...)
	ann := browse(t, s.url())
	ann.signIn("ann")
	ann.enter("/join dev")
	ann.awaitText("#title", "dev")
	bob.say("dev", "d 1")
	ann.awaitLines(1, "d ")
	before := map[*faultproxy.Link]int64{}
	for _, link := range s.proxy.Links() {
		before[link] = link.Forwarded(faultproxy.ToServer)
	}
	ann.enter("mine 1")
	bob.awaitHeard("ann", 1)
	for link, n := range before { // the WebSocket's, not those that the page was loaded over
		if link.Forwarded(faultproxy.ToServer) > n {
			link.Stall(faultproxy.ToServer)
		}
	}
	ann.enter("mine 2") // goes nowhere

	ann.do(chromedp.Reload())
	ann.await(`document.querySelector('#link').dataset.tone === 'good' && document.querySelector('#title').textContent === '# dev'`)
	ann.awaitLines(1, "mine")
	ann.awaitText("#lines .unknown", "May not have arrived")
	assert.Equal(t, []string{"d 1", "mine 1", "mine 2"}, ann.lines())
	ann.do(chromedp.Click("#unsent-again"))
	ann.awaitLines(2, "mine")
	bob.awaitHeard("ann", 2)
	assert.Equal(t, numbered("mine", 2), bob.heard("ann"))
	assert.Equal(t, []string{"lobby", "dev"}, eval[[]string](ann, `[...document.querySelectorAll('#rooms bdi')].map((e) => e.textContent)`))
	bob.say("lobby", "early 4")
	ann.await(`document.querySelector('#rooms [data-key="room:lobby"] .badge').textContent === '1'`)
	ann.do(chromedp.Click(`#rooms [data-key="room:lobby"]`))
	ann.awaitLines(4, "early")
	assert.Equal(t, numbered("early", 4), ann.lines())
	assert.Zero(t, count(bob.messages(), func(m protocol.Message) bool { return m.Op == protocol.Absent }), "a reload is no absence")
}

func TestTheServerRestarts(t *testing.T) {
	s := serve(t)
	ann := browse(t, s.url())
	ann.signIn("ann")
	ann.enter("kept 1")
	ann.awaitLines(1, "kept")
	s.kill()
	ann.await(`!document.querySelector('#trouble').hidden`)
	ann.enter("kept 2")
	ann.enter("/msg bob psst")
	ann.awaitText("#title", "bob")
	ann.do(chromedp.Click(`#rooms [data-key="room:lobby"]`))
	s.start()
	ann.await(`(document.querySelector('#now:not([hidden])')?.click(), document.querySelector('#link-text').textContent === 'new session: the server has restarted')`)
	ann.await(`document.querySelector('#unsent-text').textContent === 'One message could not be sent.'`)
	bobs := `document.querySelector('#privates [data-key="user:bob"]')`
	assert.Equal(t, "!", eval[string](ann, bobs+`.querySelector('.badge:not([hidden])')?.textContent`), "what was not sent elsewhere is told of")
	assert.Equal(t, "Messages with bob, 1 line was not sent", eval[string](ann, bobs+`.getAttribute('aria-label')`))
	ann.do(chromedp.Click("#unsent-again"))
	ann.awaitLines(2, "kept")
	bob := visit(t, s, "bob", "lobby")
	bob.say("lobby", "after")
	ann.awaitLines(1, "after")
	assert.Equal(t, []string{"kept 1", "kept 2", "after"}, ann.lines())
	ann.await(`document.querySelector('#unsent').hidden`)
}

// A server that is stopped in good order takes what was said, and says that it
// goes; the page comes back by itself.
func TestTheServerShutsDown(t *testing.T) {
	s := serve(t, "-come-back-min", "10ms", "-come-back-max", "20ms")
	ann := browse(t, s.url())
	ann.signIn("ann")
	ann.enter("kept 1")
	ann.awaitLines(1, "kept")
	s.stop()
	ann.await(`!document.querySelector('#trouble').hidden`)
	ann.enter("kept 2") // there is no session: it waits for one
	ann.awaitText("#lines .waiting", "Waits for the connection")
	s.start()
	ann.await(`(document.querySelector('#now:not([hidden])')?.click(), document.querySelector('#link-text').textContent === 'new session: the server has restarted')`)
	ann.awaitLines(2, "kept")
	assert.Equal(t, []string{"kept 1", "kept 2"}, ann.lines())
	ann.await(`document.querySelector('#unsent').hidden`)
}
