package browser_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/examples/chat/protocol"
)

// contrasts are the texts in view that cannot be told well enough from what they
// stand on: less than 4.5 to 1, WCAG 2.2, 1.4.3.
const contrasts = `(() => {
	const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
	const rgba = (colour) => {
		canvas.clearRect(0, 0, 1, 1);
		canvas.fillStyle = colour;
		canvas.fillRect(0, 0, 1, 1);
		return [...canvas.getImageData(0, 0, 1, 1).data];
	};
	const luminance = ([r, g, b]) => {
		const [x, y, z] = [r, g, b].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
		return 0.2126 * x + 0.7152 * y + 0.0722 * z;
	};
	const ground = (e) => {
		for (; e; e = e.parentElement) {
			const c = rgba(getComputedStyle(e).backgroundColor);
			if (c[3] === 255) return c;
		}
		return [255, 255, 255];
	};
	const bad = new Set(), seen = new Set();
	for (const e of document.querySelectorAll('body *')) {
		if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || e.disabled || e.closest('.hidden')) continue;
		const [a, b] = [luminance(rgba(getComputedStyle(e).color)), luminance(ground(e))].sort((x, y) => y - x), ratio = (a + 0.05) / (b + 0.05);
		seen.add(e.textContent.trim());
		if (ratio < 4.5) bad.add(e.tagName + '.' + e.className + ' "' + e.textContent.trim().slice(0, 30) + '" ' + ratio.toFixed(2));
	}
	return [String(seen.size), ...bad];
})()`

var pictures = flag.String("pictures", "", "save pictures of the page in this `directory`")

// conversation is what three people say on two days, as the server tells it.
func conversation() []string {
	today := time.Now().Truncate(24 * time.Hour).Add(9*time.Hour + 12*time.Minute)
	line := func(m protocol.Message, after time.Duration) string {
		m.Op, m.At = protocol.Line, today.Add(after).UnixMilli()
		raw, _ := json.Marshal(m)
		return string(raw)
	}
	said := func(name, text string, after time.Duration) string {
		return line(protocol.Message{Room: "harbour", Name: name, Text: text}, after)
	}
	const minute = time.Minute
	return []string{
		`{"op":"welcome","name":"mira","token":"t"}`,
		`{"op":"joined","room":"user:mira","next":{"epoch":1,"offset":1}}`,
		`{"op":"joined","room":"lobby","next":{"epoch":1,"offset":1},"users":["mira","jonas","adaeze","tomás"]}`,
		`{"op":"joined","room":"harbour","next":{"epoch":1,"offset":1},"users":["mira","jonas","adaeze"]}`,
		`{"op":"joined","room":"splicing","next":{"epoch":1,"offset":1},"users":["mira","tomás"]}`,
		said("jonas", "The mooring lines are chafed again, both on the port side.", -17*60*minute),
		said("adaeze", "I have the new ones in the van. Can somebody be there at half past nine?", -17*60*minute+4*minute),
		said("mira", "I can. Leave the old ones, I want to see where they wore through.", -17*60*minute+6*minute),
		said("adaeze", "Good morning! I am at the gate.", 0),
		said("adaeze", "It is locked, of course.", minute),
		said("mira", "Two minutes", 2*minute),
		line(protocol.Message{Room: "harbour", Name: "jonas", Text: "looks for the spare key", Action: true}, 3*minute),
		said("jonas", "mira, a long splice or an eye splice for the short one? There is a drawing at https://example.org/splices/long.pdf", 14*minute),
		said("mira", "A long splice: it has to run through the fairlead, and a short one is too thick for that.", 17*minute),
		said("mira", "Unlay about 15 turns to each side, then marry the strands.\nI will show you on the first one.", 18*minute),
		said("adaeze", "Then I bring coffee and watch ☕", 21*minute),
		line(protocol.Message{Room: "lobby", Name: "tomás", Text: "Who took the heat gun?"}, 22*minute),
		line(protocol.Message{Room: "lobby", Name: "jonas", Text: "Not me"}, 23*minute),
		line(protocol.Message{Room: "user:mira", Name: "tomás", To: "mira", Text: "Do you have ten minutes later?"}, 24*minute),
		`{"op":"typing","room":"harbour","name":"jonas"}`,
	}
}

func TestLightAndDark(t *testing.T) {
	need(t)
	ann := browse(t, script(t, nil, conversation()...))
	ann.do(chromedp.EmulateViewport(1280, 800))
	_, err := chromedp.Call(ann.ctx, emulation.SetLocaleOverride, emulation.SetLocaleOverrideParams{Locale: "en-GB"})
	require.NoError(t, err)
	eval[any](ann, `localStorage.setItem('chat.rooms', '["lobby","harbour","splicing"]'), sessionStorage.setItem('chat.active', '"room:harbour"')`)
	ann.await(`document.querySelector('#login').open`)
	ann.do(fill("#login-name", "mira"))
	ann.press("Enter", 13, 0)
	ann.awaitText("#typing", "jonas is typing")
	ann.awaitLines(1, "Then I bring")
	ann.await(`document.querySelector('#rooms .badge:not([hidden])') && document.querySelector('#privates .badge.call:not([hidden])')`)
	ground := func() string { return eval[string](ann, `getComputedStyle(document.body).backgroundColor`) }
	var grounds []string
	for _, scheme := range []string{"light", "dark"} {
		_, err := chromedp.Call(ann.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		require.NoError(t, err)
		grounds = append(grounds, ground())
		told := eval[[]string](ann, contrasts)
		assert.Empty(t, told[1:], scheme)
		t.Logf("%s: %s texts looked at", scheme, told[0])
		if *pictures != "" {
			ann.picture(filepath.Join(*pictures, map[string]string{"light": "chat-web.png", "dark": "chat-web-dark.png"}[scheme]))
		}
	}
	assert.NotEqual(t, grounds[0], grounds[1], "the scheme of the system counts")
	ann.do(chromedp.Click("#theme")) // from the system's, which is dark by now, to light
	assert.Equal(t, grounds[0], ground(), "and the user's choice counts more")
	ann.do(chromedp.Reload())
	ann.await(`document.querySelector('#link').dataset.tone === 'good'`)
	assert.Equal(t, grounds[0], ground(), "and is remembered")
}

// Names of all hues, and what goes wrong, can be read as well.
func TestContrastOfTheRest(t *testing.T) {
	s := serve(t)
	ann := browse(t, s.url())
	ann.signIn("ann")
	for i := range 24 {
		visit(t, s, fmt.Sprintf("%c%d", 'a'+i, i), "lobby").say("lobby", "hello, ann")
	}
	ann.awaitLines(24, "hello")
	require.NoError(t, s.proxy.Pause())
	ann.enter("away")
	ann.enter("/nothing")
	ann.await(`!document.querySelector('#trouble').hidden`)
	hues := eval[int](ann, `new Set([...document.querySelectorAll('#lines .who')].map((e) => e.className)).size`)
	assert.GreaterOrEqual(t, hues, 9)
	for _, scheme := range []string{"light", "dark"} {
		_, err := chromedp.Call(ann.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		require.NoError(t, err)
		told := eval[[]string](ann, contrasts)
		assert.Empty(t, told[1:], scheme)
	}
	if *pictures != "" {
		ann.picture(filepath.Join(*pictures, "chat-web-away.png"))
	}
}

func TestNarrow(t *testing.T) {
	s := serve(t)
	bob := visit(t, s, "bob", "lobby", "dev")
	ann := browse(t, s.url())
	ann.do(chromedp.EmulateViewport(360, 640, chromedp.EmulateMobile, chromedp.EmulateTouch))
	ann.signIn("ann")
	bob.say("lobby", "w"+fmt.Sprintf("%0300d", 0), "a line that is long enough to be broken in several places on a phone")
	ann.awaitLines(1, "a line")
	assert.LessOrEqual(t, eval[int](ann, `document.documentElement.scrollWidth`), 360)
	assert.Equal(t, 0, eval[int](ann, `(() => { const log = document.querySelector('#log'); return log.scrollWidth - log.clientWidth; })()`), "nothing sticks out")
	assert.Empty(t, eval[[]string](ann, `[...document.querySelectorAll('button, textarea')]
		.filter((e) => e.checkVisibility({ visibilityProperty: true }))
		.filter((e) => { const r = e.getBoundingClientRect(); return r.left < 0 || r.right > 360 || r.bottom > 640 || r.width < 24 || r.height < 24; })
		.map((e) => e.id + e.className)`), "all that is there can be reached and hit")

	ann.await(`getComputedStyle(document.querySelector('#side')).visibility === 'hidden'`)
	ann.do(chromedp.Click("#side-open"))
	ann.await(`getComputedStyle(document.querySelector('#side')).visibility === 'visible' && document.querySelector('#side').contains(document.activeElement)`)
	ann.press("Escape", 27, 0)
	ann.await(`getComputedStyle(document.querySelector('#side')).visibility === 'hidden' && document.activeElement.id === 'side-open'`)
	ann.do(chromedp.Click("#side-open"))
	ann.await(`document.querySelector('#side').getBoundingClientRect().left === 0`)
	ann.do(chromedp.Click("#rooms-open"))
	ann.await(`[...document.querySelectorAll('#found bdi')].some((e) => e.textContent === 'dev')`)
	ann.do(fill("#find-name", "dev"))
	ann.press("Enter", 13, 0)
	ann.awaitText("#title", "dev")
	ann.await(`getComputedStyle(document.querySelector('#side')).visibility === 'hidden'`)
	ann.enter("from a phone")
	bob.awaitHeard("ann", 1)
	ann.do(chromedp.Click("#people-open"))
	ann.await(`document.querySelector('#people').getBoundingClientRect().right === 360`)
	ann.do(chromedp.Click(`//aside[@id="people"]//bdi[text()="bob"]`))
	ann.awaitText("#title", "bob")
}
