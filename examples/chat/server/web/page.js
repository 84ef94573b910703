/**
 * The page around the conversations: its head, the state of the connection, drawers on narrow screens, and keys that work everywhere.
 *
 * @module page
 */
import { Announcer } from './attention.js';
import { $, setText } from './dom.js';
import { avatar } from './entry.js';

/** The head of the conversation, and who the user is. */
export function drawHead(chat) {
  const c = chat.current;
  setText($('title'), c ? (c.kind === 'room' ? `# ${c.name}` : c.name) : 'Longsplice chat');
  setText($('subtitle'), subtitle(chat, c));
  setText($('me'), chat.me);
  if ($('me-avatar').dataset.name !== chat.me) {
    $('me-avatar').className = chat.me ? avatar(chat.me).className : 'avatar';
    setText($('me-avatar'), chat.me ? avatar(chat.me).textContent : '');
    $('me-avatar').dataset.name = chat.me;
  }
}

function subtitle(chat, c) {
  if (!c) return 'Join a room, or write to somebody';
  if (c.kind === 'user') return chat.users.has(c.name) ? 'Here now · only the two of you are shown this' : 'Only the two of you are shown this';
  const n = c.count;
  return n === 0 ? '' : n === 1 ? 'Only you are here' : `${n.toLocaleString()} people are here`;
}

/** Own lines that a lost session did not take. */
export function drawUnsent(chat) {
  const stuck = unsentOf(chat), doubtful = stuck.filter((line) => line.state === 'unknown').length, n = stuck.length;
  $('unsent').hidden = n === 0;
  if (!n) return;
  const what = n === 1 ? 'One message' : `${n} messages`;
  setText($('unsent-text'), doubtful === n ? `${what} may not have arrived.` : doubtful ? `${what} were not sent, or may not have arrived.` : `${what} could not be sent.`);
}

/** Own lines of the active conversation that wait for the user's decision. */
export function unsentOf(chat) {
  return (chat.current?.stuck ?? []).filter((line) => line.state !== 'failed'); // which says so itself
}

/** The state of the connection: in the head while all is well, in a bar of its own else. */
export class Connection {
  #spoken = '';

  /** @param {import('./status.js').Told} told */
  draw({ tone, text, linked, retry, spoken }) {
    $('link').dataset.tone = tone;
    const trouble = tone !== 'good' && text !== 'connecting';
    setText($('link-text'), trouble ? (linked ? 'no answer' : 'not connected') : text); // the bar below says more
    setText($('me-state'), linked ? 'online' : 'offline');
    $('trouble').hidden = !trouble;
    $('trouble').dataset.tone = tone;
    if (trouble) setText($('trouble-text'), text[0].toUpperCase() + text.slice(1));
    $('now').hidden = !retry;
    if (spoken !== this.#spoken) Announcer.say((this.#spoken = spoken));
  }
}

/** The lists at the sides, which lie over the page where it is narrow. */
export class Drawers {
  #app = $('app');

  constructor() {
    for (const side of ['side', 'people']) {
      $(`${side}-open`).addEventListener('click', () => this.toggle(side));
      $(`${side}-close`).addEventListener('click', () => this.close());
    }
    $('shade').addEventListener('click', () => this.close());
  }

  get open() { return this.#app.dataset.drawer ?? ''; }

  toggle(side) {
    const wide = side === 'people' && matchMedia('(min-width: 70rem)').matches;
    if (wide) { // it stands beside the messages, and can be put away
      const away = this.#app.classList.toggle('no-people');
      $('people-open').setAttribute('aria-expanded', String(!away));
      return;
    }
    const opening = this.open !== side;
    this.#app.dataset.drawer = opening ? side : '';
    this.#tell();
    if (opening) ($(side).querySelector('[tabindex="0"]') ?? $(`${side}-close`)).focus();
  }

  close() {
    const was = this.open;
    if (!was) return false;
    this.#app.dataset.drawer = '';
    this.#tell();
    $(`${was}-open`).focus();
    return true;
  }

  #tell() { for (const side of ['side', 'people']) $(`${side}-open`).setAttribute('aria-expanded', String(this.open === side)); }
}

/** Keys that work wherever the focus is. */
export function keys({ chat, show, find, help, drawers, log }) {
  const step = (by, wanted = () => true) => {
    const all = [...chat.rooms, ...chat.privates], at = all.indexOf(chat.current);
    for (let i = 1; i <= all.length; i++) {
      const c = all[(at + by * i + all.length * (i + 1)) % all.length];
      if (wanted(c)) return show(c.key);
    }
    return undefined;
  };
  document.addEventListener('keydown', (event) => {
    const { key, altKey: alt, shiftKey: shift } = event, ctrl = event.ctrlKey || event.metaKey;
    if (event.isComposing || document.querySelector('dialog[open]')) return;
    const act = alt && !ctrl && (key === 'ArrowUp' || key === 'ArrowDown') ? () => step(key === 'ArrowUp' ? -1 : 1, shift ? (c) => c.unread : undefined)
      : alt && !ctrl && /^Digit[1-9]$/u.test(event.code) ? () => [...chat.rooms, ...chat.privates].at(event.code.slice(5) - 1)?.key
      : ctrl && !alt && key.toLowerCase() === 'k' ? find
      : key === 'F1' ? help
      : key === 'Escape' ? () => { if (!drawers.close()) { log.toEnd(); $('input').focus(); } }
      : document.activeElement === $('input') && (key === 'PageUp' || key === 'PageDown') ? () => log.page(key === 'PageUp' ? -1 : 1)
      : null;
    if (!act) return;
    event.preventDefault();
    const digit = act();
    if (typeof digit === 'string') show(digit);
  });
}
