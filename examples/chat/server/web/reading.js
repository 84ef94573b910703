/**
 * How far the user has read: here, in other tabs, and with other devices.
 *
 * @module reading
 * @typedef {import('./conversation.js').Conversation} Conversation
 * @typedef {import('./stream.js').Position} Position
 */
import { before } from './stream.js';

export class Reading {
  #seen; #keep; #send; #told = null;

  /**
   * @param {Record<string, Position>} seen what was read before, by conversation
   * @param {(what: {seen: Record<string, Position>}) => void} keep
   * @param {(message: object) => boolean} send
   */
  constructor(seen, keep, send) {
    this.#seen = seen;
    this.#keep = keep;
    this.#send = send;
  }

  /** A conversation is opened. @param {Conversation} c */
  begin(c) { c.see(this.#seen[c.key]); }

  /** A mailbox begins where the server has it. @param {Position | null} next */
  mailbox(next) { this.#told = next && { ...next }; }

  /** Everything in a conversation has been read. Returns whether that is news. @param {Conversation} c @param {Conversation[]} privates */
  see(c, privates) {
    if (!c.see(c.stream.next)) return false;
    this.#seen[c.key] = c.seen;
    this.#keep({ seen: { [c.key]: c.seen } });
    if (c.kind === 'user') this.#tell(c.stream.next, privates);
    return true;
  }

  /** Another tab has read. Returns whether that is news. @param {Map<string, Conversation>} conversations */
  elsewhere(seen, conversations) {
    Object.assign(this.#seen, seen);
    return Object.entries(seen).filter(([key, position]) => conversations.get(key)?.see(position)).length > 0;
  }

  /** The server keeps how much of the mailbox was shown: all before the first line that was not. */
  #tell(end, privates) {
    const open = privates.map((c) => c.firstUnread?.position).filter((at) => at?.epoch === end.epoch);
    const next = open.reduce((least, at) => (before(at, least) ? at : least), end);
    if (this.#told?.epoch === next.epoch && !before(this.#told, next)) return;
    if (this.#send({ op: 'seen', next })) this.#told = { ...next };
  }
}
