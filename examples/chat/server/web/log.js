/**
 * The messages of the active conversation. However many there are, the page holds a window of them, which moves with the reader.
 *
 * @module log
 */
import { $, arrange } from './dom.js';
import { look, render, renderPending } from './entry.js';
import { dayOf } from './times.js';

const STEP = 100, WINDOW = 300; // entries that are added at a time, and that the page holds
const NEAR = 600; // pixels from an edge at which more is put there
const SLACK = 24; // pixels from the end that count as the end

export class Log {
  #chat; #box = $('log'); #list = $('lines'); #pill = $('pill'); #key = null; #c = null;
  #top = 0; #bottom = 0; #follow = true; #nodes = new Map(); #places = new Map(); #pendings = new Map(); #me = ''; #day = 0;

  /** @param {import('./model.js').Chat} chat */
  constructor(chat) {
    this.#chat = chat;
    this.#box.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    this.#pill.addEventListener('click', () => {
      this.toEnd();
      $('input').focus();
    });
    const resized = new ResizeObserver(() => this.#follow && this.#stick());
    for (const box of [this.#box, this.#list]) resized.observe(box);
  }

  /** Whether the newest line is in view. */
  get following() { return this.#follow; }

  /** Go to the newest line. */
  toEnd() {
    this.#follow = true;
    this.draw(); // at once: a scroll that has just happened would be taken for going back
    this.#chat.changed();
  }

  /** Go by pages, for keys that are pressed elsewhere. */
  page(direction) { this.#box.scrollBy({ top: direction * this.#box.clientHeight * 0.9 }); }

  draw() {
    const c = this.#chat.current;
    if (c?.key !== this.#key || c !== this.#c) this.#change(c);
    const anchor = this.#follow ? null : this.#anchor();
    if (anchor && this.#box.scrollTop < NEAR) this.#up(c);
    if (c) this.#fill(c);
    else arrange(this.#list, []);
    if (this.#follow) this.#stick();
    else if (anchor) this.#restore(anchor);
    this.#drawPill(c);
  }

  #change(c) {
    if (this.#key !== null) this.#places.set(this.#key, { follow: this.#follow, top: this.#top, bottom: this.#bottom, at: this.#box.scrollTop });
    this.#key = c?.key ?? null;
    this.#c = c;
    this.#nodes.clear();
    this.#pendings.clear();
    arrange(this.#list, []);
    const place = this.#places.get(this.#key);
    this.#follow = !place || place.follow || Boolean(c?.unread);
    if (this.#follow || !c) {
      this.#bottom = c?.end ?? 0;
      this.#top = Math.max(c?.start ?? 0, this.#bottom - STEP);
    } else {
      [this.#top, this.#bottom] = [Math.max(place.top, c.start), Math.min(place.bottom, c.end)];
      this.#fill(c);
      this.#box.scrollTop = place.at;
    }
  }

  /** The first entry in view, and where it ends: its top may change with what comes before it. */
  #anchor() {
    const { top } = this.#box.getBoundingClientRect();
    for (const [n, { node }] of this.#nodes) {
      const end = node.getBoundingClientRect().bottom;
      if (end > top) return { n, end };
    }
    return null;
  }

  #restore({ n, end }) {
    const node = this.#nodes.get(n)?.node;
    if (node) this.#box.scrollTop += node.getBoundingClientRect().bottom - end;
  }

  #fill(c) {
    if (this.#follow) {
      this.#bottom = c.end;
      this.#top = Math.max(c.start, Math.min(this.#top, this.#bottom), this.#bottom - WINDOW);
      if (this.#bottom - this.#top < STEP) this.#top = Math.max(c.start, this.#bottom - STEP);
    }
    this.#top = Math.max(this.#top, c.start);
    this.#bottom = Math.min(Math.max(this.#bottom, this.#top), c.end);
    const now = Date.now(), about = { me: this.#chat.me, now };
    if (about.me !== this.#me || dayOf(now) !== this.#day) { // "Today" has become "Yesterday"
      [this.#me, this.#day] = [about.me, dayOf(now)];
      this.#nodes.clear();
      this.#pendings.clear();
    }
    const nodes = [], kept = new Map();
    for (let n = this.#top; n < this.#bottom; n++) {
      const entry = c.at(n), l = look(entry, c.at(n - 1), c.divider === n), sign = `${l.day} ${l.fresh} ${l.head}`;
      let have = this.#nodes.get(n);
      if (!have || have.sign !== sign) have = { sign, node: render(entry, l, about) };
      kept.set(n, have);
      nodes.push(have.node);
    }
    this.#nodes = kept;
    if (this.#bottom === c.end) nodes.push(...this.#pending(c, about));
    arrange(this.#list, nodes);
  }

  #pending(c, about) {
    const kept = new Map(), nodes = [];
    let before = c.last;
    for (const line of c.pending) {
      const entry = { ...line, kind: 'line', name: about.me }, sign = `${line.state} ${line.error} ${look(entry, before, false).head}`;
      let have = this.#pendings.get(line.id);
      if (!have || have.sign !== sign) {
        const again = () => this.#chat.again(c, line), drop = () => this.#chat.discard(c, line);
        have = { sign, node: renderPending(line, before, { ...about, again, drop }) };
      }
      kept.set(line.id, have);
      nodes.push(have.node);
      before = entry;
    }
    this.#pendings = kept;
    return nodes;
  }

  #stick() {
    const { scrollHeight, clientHeight } = this.#box;
    if (this.#box.scrollTop + clientHeight >= scrollHeight - 1) return;
    this.#box.scrollTop = scrollHeight;
  }

  #scrolled() {
    const c = this.#chat.current, { scrollTop, scrollHeight, clientHeight } = this.#box;
    if (!c) return;
    const below = scrollHeight - clientHeight - scrollTop;
    const follow = below <= SLACK && (this.#follow || this.#bottom === c.end); // what has come since is not drawn yet
    let moved = follow !== this.#follow;
    this.#follow = follow;
    if (scrollTop < NEAR && !follow) moved = this.#up(c) || moved;
    else if (scrollTop < NEAR && this.#top <= c.start) this.#chat.history(c);
    if (below < NEAR && this.#bottom < c.end) {
      this.#bottom = Math.min(c.end, this.#bottom + STEP);
      this.#top = Math.max(this.#top, this.#bottom - WINDOW);
      moved = true;
    }
    if (moved) this.#chat.changed();
  }

  #up(c) {
    if (this.#top <= c.start) {
      this.#chat.history(c);
      return false;
    }
    this.#top = Math.max(c.start, this.#top - STEP);
    this.#bottom = Math.min(this.#bottom, this.#top + WINDOW);
    return true;
  }

  #drawPill(c) {
    const away = c && !this.#follow;
    this.#pill.hidden = !away;
    if (!away) return;
    const text = c.unread ? `${c.unread} new ${c.unread === 1 ? 'message' : 'messages'}` : 'Newest messages';
    if ($('pill-text').textContent !== text) $('pill-text').textContent = text;
    this.#pill.classList.toggle('news', c.unread > 0);
  }
}
