/**
 * What calls the user back: the title, the icon, and what is read out to those who listen.
 *
 * @module attention
 */
import { $, el, setText } from './dom.js';
import { spoken } from './entry.js';

const ALOUD = 10, KEPT = 20; // lines of a burst that are read out, and that the live region holds
const RECENT = 60_000; // ms

/** The title and the icon. */
export class Attention {
  #shown = '';

  draw(chat) {
    const { unread, calls, current } = chat, place = current ? (current.kind === 'room' ? `#${current.name}` : current.name) : '';
    const title = `${unread ? `(${unread > 99 ? '99+' : unread}) ` : ''}${place ? `${place} · ` : ''}Longsplice chat`;
    if (document.title !== title) document.title = title;
    const count = calls || unread, sign = `${count} ${calls > 0}`;
    if (sign !== this.#shown) $('icon').href = iconOf(count, calls > 0);
    this.#shown = sign;
  }
}

/** The icon, with a count: strong if somebody calls for the user. */
function iconOf(count, strong) {
  const text = count > 99 ? '99' : String(count), colour = strong ? '#d92d20' : '#0b6e5f';
  const badge = count ? `<circle cx="22" cy="22" r="10" fill="${colour}" stroke="#fff" stroke-width="1.5"/><text x="22" y="26.500" text-anchor="middle" font-family="sans-serif" font-weight="700" font-size="${text.length > 1 ? 11 : 13}" fill="#fff">${text}</text>` : '';
  const rope = '<path d="M5 11c7 0 7 10 11 10s5-10 11-10M5 21c7 0 7-10 11-10s5 10 11 10" fill="none" stroke="#fff" stroke-width="2.500" stroke-linecap="round"/>';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0f766e"/>${rope}${badge}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** What is read out: the lines that come into the conversation that is shown, and what becomes of the connection. */
export class Announcer {
  #key = null; #end = 0;

  draw(chat) {
    const c = chat.current;
    if (!c || c.key !== this.#key) {
      this.#key = c?.key ?? null;
      this.#end = c?.end ?? 0;
      return;
    }
    const from = Math.max(this.#end, c.start);
    for (let n = Math.max(from, c.end - ALOUD); n < c.end; n++) {
      const entry = c.at(n);
      if (!entry.mine && entry.at > Date.now() - RECENT) this.#say(spoken(entry)); // not what was said before the page was there
    }
    if (c.end - from > ALOUD && c.at(c.end - ALOUD - 1).at > Date.now() - RECENT) this.#say(`${c.end - from - ALOUD} more messages`);
    this.#end = c.end;
  }

  #say(text) {
    const box = $('announcer');
    box.append(el('p', { text }));
    while (box.children.length > KEPT) box.firstChild.remove();
  }

  /** A word on what the user does, or on the connection. */
  static say(text) { setText($('spoken'), text); }
}
