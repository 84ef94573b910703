/**
 * The lists at the sides: conversations, and who is here. Each list is one stop for Tab; the arrow keys go through it.
 *
 * @module lists
 */
import { $, arrange, el, icon, setText } from './dom.js';
import { avatar } from './entry.js';

/** Have the arrow keys, Home and End go through the buttons in box that match; Tab comes to the last one only. */
export function roving(box, selector) {
  const all = () => [...box.querySelectorAll(selector)];
  box.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const items = all(), at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    items[Math.max(0, Math.min(to, items.length - 1))].focus();
  });
  box.addEventListener('focusin', ({ target }) => {
    if (target.matches(selector)) for (const item of all()) item.tabIndex = item === target ? 0 : -1;
  });
}

/** Let exactly one item be reached by Tab: the one that had it, else `preferred`. */
function oneStop(items, preferred) {
  const held = items.find((item) => item === document.activeElement) ?? preferred ?? items[0];
  for (const item of items) item.tabIndex = item === held ? 0 : -1;
}

/** What is said of lines that wait for the user's decision; empty if there are none. @param {import('./outgoing.js').Pending[]} stuck */
export function unsent(stuck) {
  const n = stuck.length, doubtful = stuck.every((line) => line.state === 'unknown');
  if (n === 0) return '';
  if (doubtful) return n === 1 ? '1 line may not have arrived' : `${n} lines may not have arrived`;
  return n === 1 ? '1 line was not sent' : `${n} lines were not sent`;
}

export class Conversations {
  #chat; #show; #items = new Map();

  /** @param {import('./model.js').Chat} chat @param {(key: string) => void} show */
  constructor(chat, show) {
    this.#chat = chat;
    this.#show = show;
    roving($('lists'), '.conversation');
    $('lists').addEventListener('keydown', (event) => {
      const key = event.target.dataset?.key;
      if (event.key === 'Delete' && key) chat.leave(key);
    });
  }

  draw() {
    const { rooms, privates, current, users } = this.#chat;
    arrange($('rooms'), rooms.map((c) => this.#item(c)));
    arrange($('privates'), privates.map((c) => this.#item(c, users.has(c.name))));
    $('privates-head').hidden = privates.length === 0;
    for (const key of this.#items.keys()) if (!this.#chat.conversations.has(key)) this.#items.delete(key);
    oneStop([...$('lists').querySelectorAll('.conversation')], current && this.#items.get(current.key)?.button);
    const elsewhere = this.#chat.unread - (current?.unread ?? 0), stuck = this.#chat.all.some((c) => c !== current && c.stuck.length > 0);
    $('elsewhere').hidden = elsewhere === 0 && !stuck;
    setText($('elsewhere'), stuck ? '!' : elsewhere > 99 ? '99+' : String(elsewhere));
    $('side-open').setAttribute('aria-label', `Show the list of conversations${stuck ? ': a line was not sent' : ''}`);
  }

  #item(c, here = false) {
    let item = this.#items.get(c.key);
    if (!item) this.#items.set(c.key, (item = this.#make(c)));
    const { li, button, badge, alarm, face } = item, active = this.#chat.current === c, count = c.unread > 99 ? '99+' : String(c.unread);
    button.classList.toggle('active', active);
    if (active) button.setAttribute('aria-current', 'true');
    else button.removeAttribute('aria-current');
    button.classList.toggle('unread', c.unread > 0);
    face.classList.toggle('here', here);
    badge.hidden = c.unread === 0;
    badge.classList.toggle('call', c.kind === 'user' || c.mentions > 0);
    setText(badge, count);
    const trouble = unsent(c.stuck);
    alarm.hidden = !trouble;
    alarm.title = trouble;
    const news = c.unread ? `, ${c.unread} unread` : '', presence = c.kind === 'user' && here ? ', here' : '';
    button.setAttribute('aria-label', `${c.kind === 'room' ? 'Room' : 'Messages with'} ${c.name}${presence}${news}${trouble && `, ${trouble}`}`);
    return li;
  }

  #make(c) {
    const face = c.kind === 'room' ? el('span', { class: 'hash', 'aria-hidden': 'true', text: '#' }) : avatar(c.name, 'small');
    const badge = el('span', { class: 'badge', 'aria-hidden': 'true' });
    const alarm = el('span', { class: 'badge call', 'aria-hidden': 'true', hidden: true, text: '!' });
    const button = el('button', { type: 'button', class: 'conversation', 'data-key': c.key, tabindex: '-1', onclick: () => this.#show(c.key) },
      face, el('bdi', { class: 'label', text: c.name }), badge, alarm);
    const what = c.kind === 'room' ? `Leave ${c.name}` : `Close ${c.name}`;
    const leave = el('button', { type: 'button', class: 'tool leave', tabindex: '-1', 'aria-label': what, title: `${what} (Delete)`,
      onclick: () => this.#chat.leave(c.key) }, icon('close'));
    return { li: el('li', {}, button, leave), button, badge, alarm, face };
  }
}

export class People {
  #chat; #show; #items = new Map(); #more = el('li', { class: 'more' });

  /** @param {import('./model.js').Chat} chat @param {(name: string) => void} show opens what is said to one user alone */
  constructor(chat, show) {
    this.#chat = chat;
    this.#show = show;
    roving($('users'), '.person');
  }

  draw() {
    const { current: c, me } = this.#chat;
    const names = !c ? [] : c.kind === 'room' ? [...c.users] : [c.name, me];
    names.sort((a, b) => (b === me) - (a === me) || a.localeCompare(b));
    const room = c?.kind === 'room', unnamed = room ? c.unnamed : 0;
    setText(this.#more, `${names.length ? 'and ' : ''}${unnamed.toLocaleString()} more`);
    arrange($('users'), [...names.map((name) => this.#item(name)), ...(unnamed ? [this.#more] : [])]);
    for (const name of this.#items.keys()) if (!names.includes(name)) this.#items.delete(name);
    oneStop([...$('users').querySelectorAll('.person')]);
    setText($('people-count'), room ? c.count.toLocaleString() : '');
  }

  #item(name) {
    const me = name === this.#chat.me, sign = String(me);
    let item = this.#items.get(name);
    if (item?.dataset.me !== sign) {
      item = el('li', { 'data-me': sign }, el('button', { type: 'button', class: 'person', tabindex: '-1', disabled: me, title: me ? false : `Write to ${name}`,
        onclick: () => this.#show(name) }, avatar(name, 'small'), el('bdi', { class: 'label', text: name }), me && el('small', { text: 'you' })));
      this.#items.set(name, item);
    }
    return item;
  }
}
