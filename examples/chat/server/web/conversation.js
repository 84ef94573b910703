/**
 * One conversation: a room, or what two users say to each other. Entries are numbered by `n`, newer ones higher, and keep their numbers.
 *
 * @module conversation
 * @typedef {import('./stream.js').Position} Position
 * @typedef {object} Entry
 * @property {number} n
 * @property {'line' | 'gap' | 'note'} kind
 * @property {string} [name] of a line: who speaks
 * @property {string} [text]
 * @property {boolean} [action]
 * @property {number} [at] ms since 1970
 * @property {boolean} [mine]
 * @property {boolean} [mention] my name is in it
 * @property {Position} [position] of a line
 * @property {number | null} [missing] of a gap: lines, or null if nobody can know
 */
import { before } from './stream.js';

const MOST = 20_000, KEEP = 15_000; // entries that are kept here; the server may have the older ones
const TYPING = 6_000; // ms for which somebody who typed counts as typing

export class Conversation {
  /** @type {Entry[]} */ entries = [];
  /** Own lines that the room has not confirmed: {id, text, action, at, state, error}. */ pending = [];
  /** Who is here, as far as the server has named them. */ users = new Set();
  /** How many are here. */ count = 0;
  unread = 0; mentions = 0;
  /** Of the first line that has not been read. @type {Position | null} */ seen = null;
  /** `n` of the entry above which "new" stands. @type {number | null} */ divider = null;
  joined = false;
  /** Whether older lines may be had: 'maybe', 'asked', 'none'. */ older = 'maybe';
  /** What is being written here and not yet sent. */ draft = '';
  #typing = new Map();

  /** @param {'room' | 'user'} kind @param {string} name @param {import('./stream.js').Stream} stream */
  constructor(kind, name, stream) {
    Object.assign(this, { kind, name, stream, key: keyOf(kind, name) });
  }

  get start() { return this.entries.length ? this.entries[0].n : 0; }

  get end() { return this.entries.length ? this.entries.at(-1).n + 1 : 0; }

  get last() { return this.entries.at(-1); }

  /** @param {number} n */
  at(n) { return this.entries[n - this.start]; }

  append(entry) {
    this.entries.push({ ...entry, n: this.end });
    if (entry.kind === 'line') {
      this.#typing.delete(entry.name);
      if (!entry.mine && !before(entry.position, this.seen)) {
        this.unread++;
        if (entry.mention) this.mentions++;
      }
    }
    if (this.entries.length > MOST) {
      this.entries.splice(0, MOST - KEEP);
      const first = this.entries.find((e) => e.kind === 'line');
      if (first && this.kind === 'room') {
        this.stream.first = { ...first.position };
        this.older = 'maybe';
      } else this.older = 'none'; // a mailbox is asked for all its conversations at once
    }
    return this.last;
  }

  prepend(entries) {
    const start = this.start;
    this.entries.unshift(...entries.map((entry, i) => ({ ...entry, n: start - entries.length + i })));
  }

  /** All before position is read, here or in another tab. */
  see(position) {
    if (!position || (this.seen && this.seen.epoch === position.epoch && position.offset <= this.seen.offset)) return false;
    this.seen = { ...position };
    this.unread = this.mentions = 0;
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const { kind, mine, mention, position: at } = this.entries[i];
      if (kind !== 'line') continue;
      if (at.epoch !== position.epoch || at.offset < position.offset) break;
      if (mine) continue;
      this.unread++;
      if (mention) this.mentions++;
    }
    return true;
  }

  /** The first line that has not been read, if there is one. */
  get firstUnread() {
    if (!this.unread) return null;
    let left = this.unread;
    for (let i = this.entries.length - 1; i >= 0; i--) {
      if (this.entries[i].kind === 'line' && !this.entries[i].mine && --left === 0) return this.entries[i];
    }
    return null;
  }

  /** Own lines that wait for the user's decision. What a page before has left is not among them until the history had its say. */
  get stuck() {
    return this.stream.next ? this.pending.filter(({ state }) => state === 'unknown' || state === 'undelivered' || state === 'failed') : [];
  }

  /** Who is here, and how many. Large rooms are not named as a whole. @param {string[]} users @param {number} [count] */
  roster(users, count = users.length) {
    this.users = new Set(users);
    this.count = Math.max(this.users.size, Number.isSafeInteger(count) ? count : 0);
  }

  /** Somebody is here. */
  come(name) {
    if (this.users.has(name)) return;
    this.users.add(name);
    this.count++;
  }

  /** Somebody is not here any more; perhaps one who was never named. */
  go(name) {
    if (this.users.delete(name) || this.count > this.users.size) this.count--;
  }

  /** How many are here and not named. */
  get unnamed() { return this.count - this.users.size; }

  /** Somebody types. */
  types(name, now) { this.#typing.set(name, now + TYPING); }

  /** Who types, at this moment. */
  typing(now) {
    for (const [name, until] of this.#typing) if (until <= now) this.#typing.delete(name);
    return [...this.#typing.keys()];
  }
}

/** @param {'room' | 'user'} kind @param {string} name */
export const keyOf = (kind, name) => `${kind}:${name}`;
