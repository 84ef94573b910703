/**
 * The chat as one tab knows it: what the server has said, and what the user has said that is not yet confirmed. No DOM, no network.
 *
 * @module model
 */
import { Conversations } from './conversations.js';
import { Outgoing, unconfirmed } from './outgoing.js';
import { Reading } from './reading.js';
import { Stream, missing } from './stream.js';
import { mentions } from './text.js';

const RECENT = 100; // lines that are asked for at first
const LATEST = 8.64e15; // the latest time that a Date can have
const TYPED = 3_000; // ms between two messages that say that the user types

/** @typedef {(message: object) => boolean} Send hands a message to the session; false if there is none */

export class Chat extends Conversations {
  /** The user's name. */ me = '';
  /** The rooms there are, when they were asked for. */ catalogue = [];
  #mailboxRoom = ''; #motd = ''; #outgoing; #reading; #keep; #send; #now; #typed = new Map(); #asked = new Set(); #welcomed = false;

  /**
   * @param {object} o
   * @param {Send} o.send
   * @param {() => void} [o.changed] is called when something has changed
   * @param {(what: {name?: string, token?: string, rooms?: string[], seen?: object}) => void} [o.keep] is told what should
   *   outlive the page
   * @param {() => number} [o.now]
   * @param {string} [o.mark] begins the ids of this tab's lines, and no other tab's
   * @param {Record<string, import('./stream.js').Position>} [o.seen] what was read, by conversation
   */
  constructor({ send, changed = () => {}, keep = () => {}, now = Date.now, mark = Math.random().toString(36).slice(2, 10), seen = {} }) {
    super({ changed, now, begin: (c) => this.#reading.begin(c) });
    this.#keep = keep;
    this.#send = send;
    this.#now = now;
    this.#outgoing = new Outgoing((m) => this.#welcomed && send(m), now, mark);
    this.#reading = new Reading(seen, keep, send);
  }

  // What the user does.

  /** Be a member of a room, now and with each session to come. */
  join(name) {
    const c = this.open('room', name);
    if (!c.joined) this.#ask(c);
    this.#keepRooms();
    this.changed();
    return c;
  }

  /** Be in exactly these rooms, as the page was before, or as another tab is. */
  follow(names) {
    const wanted = names.map((name) => this.open('room', name));
    for (const c of wanted) if (!c.joined) this.#ask(c);
    for (const c of this.rooms) if (!wanted.includes(c)) this.#forget(c);
    this.changed();
  }

  leave(key) {
    const c = this.conversations.get(key);
    if (!c) return false;
    this.#forget(c);
    this.#keepRooms();
    return true;
  }

  #forget(c) {
    if (c.kind === 'room' && c.joined) this.#send({ op: 'leave', room: c.name });
    this.remove(c);
  }

  say(c, text, action = false) {
    const line = this.#outgoing.add(c, text, action);
    c.divider = null;
    this.#typed.delete(c.key);
    this.changed();
    return line;
  }

  /** Say again what a lost session did not take, or what has failed. */
  again(c, line) {
    if (line.state === 'sent' || !c.pending.includes(line)) return;
    this.#outgoing.transmit(c, line);
    this.changed();
  }

  discard(c, line) {
    c.pending = c.pending.filter((p) => p !== line);
    this.changed();
  }

  types(c) {
    const now = this.#now();
    if (c.kind !== 'room' || !c.joined || now - (this.#typed.get(c.key) ?? -Infinity) < TYPED) return;
    this.#typed.set(c.key, now);
    this.#send({ op: 'typing', room: c.name });
  }

  nick(name, token) { return this.#send({ op: 'nick', name, ...(token && { token }) }); }

  /** Ask who is in a room, and have the answer said. */
  who(c) {
    if (!this.#send({ op: 'who', room: c.name })) return false;
    this.#asked.add(c.name);
    return true;
  }

  listRooms() { this.#send({ op: 'rooms' }); }

  /** Ask for older lines. Returns whether there may be any. */
  history(c, last = RECENT) {
    const { first } = c.stream;
    if (!first || c.older === 'none') return false;
    if (first.offset <= 1) c.older = 'none';
    else if (c.older === 'maybe' && this.#send({ op: 'history', room: this.#roomOf(c), before: first.offset, last })) c.older = 'asked';
    return c.older !== 'none';
  }

  /** Everything that stands in a conversation has been read. */
  see(c) {
    if (this.#reading.see(c, this.privates)) this.changed();
  }

  /** Another tab has read. */
  seenElsewhere(seen) {
    if (this.#reading.elsewhere(seen, this.conversations)) this.changed();
  }

  // What becomes of sessions, and of the page.

  /** Lines that nobody has confirmed, for the page that comes after a reload. */
  get unconfirmed() { return unconfirmed(this.all); }

  /** For how many ms the oldest line on its way has been without an answer; 0 if there is none. */
  get waited() { return this.#outgoing.waited(this.all); }

  /** What the page before had not had confirmed: the history ticks it off, or it is the user's to send again. */
  restore(lines) {
    for (const { kind, name, ...line } of lines) this.open(kind, name).pending.push({ ...line, state: 'unknown' });
  }

  /** A session is over. What it has not delivered for certain, or perhaps not, is the user's to send again. */
  ended(undelivered = []) {
    this.#welcomed = false;
    for (const c of this.all) {
      c.joined = false;
      if (c.older === 'asked') c.older = 'maybe';
    }
    this.#outgoing.end(this.all, undelivered);
    this.changed();
  }

  #ask(c) {
    const { next } = c.stream;
    if (this.#welcomed && this.#send({ op: 'join', room: c.name, ...(next ? { from: next } : { last: RECENT }) })) c.joined = true;
  }

  #roomOf(c) { return c.kind === 'room' ? c.name : this.#mailboxRoom; }

  #keepRooms() { this.#keep({ rooms: this.rooms.map((c) => c.name) }); }

  // What the server says.

  /** @param {{op: string, [field: string]: any}} m */
  receive(m) {
    this[`on_${m.op}`]?.(m);
    this.changed();
  }

  on_welcome({ name, token, text = '' }) {
    const mailbox = `user:${name}`, anew = !this.#welcomed, renamed = mailbox !== this.#mailboxRoom;
    this.me = name;
    this.#keep({ name, token });
    if (renamed) { // another mailbox, with positions of its own
      this.mailbox = new Stream();
      for (const c of this.privates) c.stream = this.mailbox;
      this.#mailboxRoom = mailbox;
      this.#reading.mailbox(null);
    }
    this.#welcomed = true;
    if (anew || renamed) this.#send({ op: 'join', room: mailbox, ...(this.mailbox.next && { from: this.mailbox.next }) });
    if (!anew) return;
    for (const c of this.rooms) this.#ask(c);
    this.#outgoing.begin(this.all);
    if (text && text !== this.#motd) this.note((this.#motd = text), this.current ?? this.rooms[0]);
  }

  on_joined(m) { this.#jump(m); }

  on_gap(m) { this.#jump(m); }

  #jump({ room, next, from, users, count }) {
    const mailbox = room === this.#mailboxRoom, c = this.room(room) ?? (mailbox ? null : this.#adopt(room));
    if (!next || (!mailbox && !c)) return;
    const stream = mailbox ? this.mailbox : c.stream, fresh = !stream.next;
    const gap = stream.jump(next, from);
    if (c && (users || count)) c.roster(users ?? [], count);
    if (c && !users) this.#send({ op: 'who', room }); // too many to be named to everybody who comes
    for (const one of !gap ? [] : mailbox ? this.privates : [c]) one.append({ kind: 'gap', missing: missing(gap), at: this.#now() });
    if (!fresh || !mailbox) return;
    this.#reading.mailbox(next);
    if (next.offset > 1) this.#send({ op: 'history', room, before: next.offset, last: RECENT });
  }

  /** A name that the server writes in another way than the user: the room that is waited for goes by the server's. */
  #adopt(room) {
    const c = this.rooms.find((one) => one.joined && !one.stream.next);
    if (!c) return null;
    const active = this.active === c.key;
    this.conversations.delete(c.key);
    const at = this.open('room', room);
    at.joined = true;
    at.draft = c.draft;
    at.pending = c.pending;
    if (active) this.active = at.key;
    this.#keepRooms();
    return at;
  }

  on_left({ room }) {
    const c = this.room(room);
    if (c) c.joined = false;
  }

  on_line(m) {
    const mailbox = m.room === this.#mailboxRoom;
    const stream = mailbox ? this.mailbox : this.room(m.room)?.stream;
    const position = stream?.line();
    if (!position) return;
    const c = this.#conversationOf(m, mailbox);
    if (m.name === this.me) this.#outgoing.confirm(c, m.id);
    const unread = c.unread, { n } = c.append(this.#entry(m, position));
    if (c === this.current && !this.attended && c.seen && unread === 0 && c.unread === 1) c.divider = n;
  }

  #conversationOf(m, mailbox) {
    return mailbox ? this.open('user', m.name === this.me ? m.to : m.name) : this.open('room', m.room);
  }

  #entry({ name, text = '', action = false, at, id }, position) {
    const mine = name === this.me, when = Math.abs(at) <= LATEST ? at : this.#now();
    return { kind: 'line', name: String(name), text: String(text), action, at: when, id, position, mine, mention: !mine && mentions(String(text), this.me) };
  }

  on_history({ room, lines = [] }) {
    const mailbox = room === this.#mailboxRoom, c = this.room(room);
    const stream = mailbox ? this.mailbox : c?.stream;
    if (!stream?.first) return;
    const positions = stream.older(lines.length), news = new Map();
    lines.forEach((line, i) => {
      const one = this.#conversationOf({ ...line, room }, mailbox);
      news.set(one, [...(news.get(one) ?? []), this.#entry(line, positions[i])]);
    });
    for (const [one, entries] of news) one.prepend(entries);
    for (const one of mailbox ? this.privates : [c]) one.older = lines.length === 0 || stream.first.offset <= 1 ? 'none' : 'maybe';
  }

  on_present({ room, name }) { this.room(room)?.come(name); }

  on_absent({ room, name }) { this.room(room)?.go(name); }

  on_typing({ room, name }) {
    if (name !== this.me) this.room(room)?.types(name, this.#now());
  }

  on_rooms({ rooms = [] }) { this.catalogue = rooms; }

  on_who({ room, users = [], count = users.length }) {
    this.room(room)?.roster(users, count);
    if (!this.#asked.delete(room)) return;
    const names = [...users].sort((a, b) => a.localeCompare(b)).join(', ');
    const more = count > users.length ? ` and ${count - users.length} more` : '';
    this.note(names ? `In #${room}: ${names}${more}` : `Nobody is in #${room}.`);
  }

  on_notice({ text = '' }) { this.note(text); }

  on_failed({ code, text, room, id }) {
    const why = text || code;
    if (this.#outgoing.fail(this.all, id, why)) return;
    const c = room && this.room(room);
    if (c?.older === 'asked') c.older = 'maybe';
    if (c && !c.stream.next) { // could not even be joined
      c.joined = false;
      this.leave(c.key);
    }
    this.note(why, c && this.conversations.has(c.key) ? c : this.current);
  }
}
