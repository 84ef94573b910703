package browser_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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

func TestLightAndDark(t *testing.T) {
	s := serve(t)
	bob := visit(t, s, "bob", "lobby", "dev")
	ann := browse(t, s.url())
	ann.signIn("ann")
	bob.say("lobby", "hello ann, see https://example.org/", "and more")
	ann.enter("hello")
	ann.enter("/join dev")
	ann.enter("/me waves")
	ann.enter("/nothing")
	bob.say("lobby", "ann?")
	for i := range 12 { // a name of each hue, more or less
		visit(t, s, fmt.Sprintf("%c%d", 'a'+i, i), "dev").say("dev", "hello")
	}
	ann.awaitLines(12, "hello")
	ann.await(`document.querySelector('#rooms .badge.call:not([hidden])')`)
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
	}
	assert.NotEqual(t, grounds[0], grounds[1], "the scheme of the system counts")
	ann.do(chromedp.Click("#theme")) // from the system's, which is dark by now, to light
	assert.Equal(t, grounds[0], ground(), "and the user's choice counts more")
	ann.do(chromedp.Reload())
	ann.ready("ann")
	assert.Equal(t, grounds[0], ground(), "and is remembered")
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
