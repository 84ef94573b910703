/**
 * All conversations of a tab, and which of them is shown.
 *
 * @module conversations
 */
import { Conversation, keyOf } from './conversation.js';
import { Stream } from './stream.js';

export class Conversations {
  /** @type {Map<string, Conversation>} */ conversations = new Map();
  /** The key of the one that is shown. @type {string | null} */ active = null;
  /** Whether the user looks at the newest lines of the active conversation. */ attended = false;
  /** Where the lines of all private conversations come from. */ mailbox = new Stream();
  #begin; #now;

  /** @param {{changed: () => void, begin: (c: Conversation) => void, now: () => number}} o begin is called for each that is opened */
  constructor({ changed, begin, now }) {
    this.changed = changed;
    this.#begin = begin;
    this.#now = now;
  }

  get all() { return [...this.conversations.values()]; }

  get rooms() { return this.all.filter((c) => c.kind === 'room'); }

  get privates() { return this.all.filter((c) => c.kind === 'user'); }

  get current() { return this.conversations.get(this.active) ?? null; }

  get unread() { return this.all.reduce((n, c) => n + c.unread, 0); }

  /** What asks for attention: lines to the user alone, and those with the user's name. */
  get calls() { return this.all.reduce((n, c) => n + (c.kind === 'user' ? c.unread : c.mentions), 0); }

  /** Everybody who is in a room with the user. */
  get users() { return new Set(this.rooms.flatMap((c) => [...c.users])); }

  /** @param {string} name */
  room(name) { return this.conversations.get(keyOf('room', name)); }

  /** The room or user, opened if need be. @param {'room' | 'user'} kind @param {string} name */
  open(kind, name) {
    if (kind === 'room') name = name.normalize('NFKC').toLowerCase(); // as the server does, but for rare letters
    const key = keyOf(kind, name);
    if (!this.conversations.has(key)) {
      const c = new Conversation(kind, name, kind === 'room' ? new Stream() : this.mailbox);
      this.#begin(c);
      this.conversations.set(key, c);
    }
    return this.conversations.get(key);
  }

  /** Look at a conversation. @param {string | null} key */
  show(key) {
    if (this.current) this.current.divider = null;
    this.active = this.conversations.has(key) ? key : null;
    if (this.current) this.current.divider = this.current.firstUnread?.n ?? null;
    this.changed();
  }

  /** Have a conversation no more; the next one is shown in its place. @param {Conversation} c */
  remove({ key }) {
    const keys = [...this.conversations.keys()], at = keys.indexOf(key);
    this.conversations.delete(key);
    if (this.active === key) this.show(keys[at + 1] ?? keys[at - 1] ?? null);
    this.changed();
  }

  /** A remark of the page's own. @param {string} text */
  note(text, c = this.current) {
    c?.append({ kind: 'note', text, at: this.#now() });
    this.changed();
  }
}
