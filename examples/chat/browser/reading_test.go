package browser_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
)

// place is the first line in view, and where it ends.
const place = `(() => { const log = document.querySelector('#log'), top = log.getBoundingClientRect().top;
	const e = [...document.querySelectorAll('#lines .entry')].find((e) => e.getBoundingClientRect().bottom > top + 1);
	return e.querySelector('.text').textContent + ' ' + Math.round(e.getBoundingClientRect().bottom - top); })()`

// A room with very many lines, and a reader who goes back in it.
func TestManyLines(t *testing.T) {
	const many = 10_000
	need(t)
	line := func(text string) string {
		return fmt.Sprintf(`{"op":"line","room":"lobby","name":"bob","text":%q,"at":%d}`, text, time.Now().UnixMilli())
	}
	messages := []string{`{"op":"welcome","name":"ann","token":"t"}`, `{"op":"joined","room":"lobby","next":{"epoch":1,"offset":1},"users":["ann","bob"]}`}
	for _, text := range numbered("n", many) {
		messages = append(messages, line(text))
	}
	more := make(chan string)
	defer close(more)
	ann := browse(t, script(t, more, messages...))
	ann.signIn("ann")
	ann.awaitText("#lines .entry:last-child", fmt.Sprintf("n %d", many))
	assert.LessOrEqual(t, eval[int](ann, `document.querySelectorAll('#lines .entry').length`), 300, "entries on the page")

	first := `Number(document.querySelector('#lines .text').textContent.slice(2))`
	// Up, step by step, far beyond what the page held at first.
	ann.await(fmt.Sprintf(`(document.querySelector('#log').scrollTop -= 400, %s < %d)`, first, many-1000))
	assert.LessOrEqual(t, eval[int](ann, `document.querySelectorAll('#lines .entry').length`), 300)
	eval[any](ann, `(document.querySelector('#log').scrollTop += 2000, new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1)))))`)
	before := eval[string](ann, place)
	for _, text := range numbered("late", 3) {
		more <- line(text)
	}
	ann.await(`document.querySelector('#pill.news:not([hidden])')?.textContent.includes('3 new messages')`)
	assert.Equal(t, before, eval[string](ann, place), "the reader's place")
	assert.Equal(t, 3, eval[int](ann, `Number(document.title.match(/^\((\d+)\)/)[1])`))
	ann.do(chromedp.Click("#pill"))
	ann.awaitText("#lines .entry:last-child", "late 3")
	ann.await(`document.querySelector('#pill').hidden && !document.title.startsWith('(')`)
	assert.True(t, eval[bool](ann, `(() => { const log = document.querySelector('#log'); return log.scrollHeight - log.clientHeight - log.scrollTop < 2; })()`))
}

// What was said before the page was there comes when the reader goes back to it.
func TestOlderLines(t *testing.T) {
	s := serve(t)
	bob := visit(t, s, "bob", "lobby")
	bob.say("lobby", numbered("n", 450)...)
	bob.awaitHeard("bob", 450)
	ann := browse(t, s.url())
	ann.signIn("ann")
	ann.awaitLines(100, "n ")
	assert.Equal(t, "n 351", ann.lines()[0])
	end := `Math.round([...document.querySelectorAll('#lines .text')].find((e) => e.textContent === 'n 351').closest('.entry').getBoundingClientRect().bottom)`
	before := eval[int](ann, `(document.querySelector('#log').scrollTop = 0, `+end+`)`)
	ann.await(`document.querySelector('#lines .text').textContent === 'n 251'`)
	assert.InDelta(t, before, eval[int](ann, end), 1, "the reader's place, in pixels")
	ann.await(`(document.querySelector('#log').scrollTop = 0, document.querySelector('#lines .text').textContent === 'n 1')`)
	ann.press("Escape", 27, 0)
	ann.await(`document.querySelector('#lines .entry:last-child .text').textContent === 'n 450'`)
	texts := ann.lines()
	for i, text := range texts {
		assert.Equal(t, fmt.Sprintf("n %d", 450-len(texts)+1+i), text)
	}
}
