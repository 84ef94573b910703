/**
 * What the user has said and the server has not confirmed.
 *
 * @module outgoing
 * @typedef {import('./conversation.js').Conversation} Conversation
 * @typedef {object} Pending
 * @property {string} id the mark by which the server confirms it
 * @property {string} text
 * @property {boolean} action
 * @property {number} at
 * @property {number} [since] when it was last handed to a session
 * @property {'unsent' | 'sent' | 'waiting' | 'failed' | 'unknown' | 'undelivered'} state waiting: for a session; unknown: a lost session may
 *   have delivered it; undelivered: it certainly has not
 * @property {string | null} [error] why it has failed
 */

export class Outgoing {
  #send; #now; #mark; #count = 0;

  /**
   * @param {(message: object) => boolean} send
   * @param {() => number} now
   * @param {string} mark begins the ids of this tab's lines, and no other tab's
   */
  constructor(send, now, mark) {
    this.#now = now;
    this.#send = send;
    this.#mark = mark;
  }

  /** A line that the user enters. @param {Conversation} c */
  add(c, text, action) {
    const line = { id: `${this.#mark}-${++this.#count}`, text, action, at: this.#now(), state: 'unsent' };
    c.pending.push(line);
    this.transmit(c, line);
    return line;
  }

  /** Hand a line to the session, or keep it until there is one. @param {Conversation} c @param {Pending} line */
  transmit(c, line) {
    const { id, text, action } = line;
    const to = c.kind === 'room' ? { op: 'say', room: c.name } : { op: 'tell', to: c.name };
    line.error = null;
    line.since = this.#now();
    line.state = this.#send({ ...to, text, ...(action && { action }), id }) ? 'sent' : 'waiting';
  }

  /** A session has begun: what waits for one goes. @param {Iterable<Conversation>} all */
  begin(all) { for (const c of all) for (const line of c.pending) if (line.state === 'waiting') this.transmit(c, line); }

  /** A session is over. What it has not delivered is the user's to send again. @param {Iterable<Conversation>} all */
  end(all, undelivered) {
    const ids = new Set(undelivered.map((m) => m.id));
    for (const c of all) for (const line of c.pending) if (line.state === 'sent') line.state = ids.has(line.id) ? 'undelivered' : 'unknown';
  }

  /** For how many ms the oldest line on its way has been without an answer; 0 if there is none. @param {Iterable<Conversation>} all */
  waited(all) {
    let since = Infinity;
    for (const c of all) for (const line of c.pending) if (line.state === 'sent') since = Math.min(since, line.since);
    return Math.max(0, this.#now() - since);
  }

  /** The line has come back. */
  confirm(c, id) {
    const at = c.pending.findIndex((line) => line.id === id);
    if (at >= 0) c.pending.splice(at, 1);
  }

  /** The server did not take the line; false if there is none of this id. @param {Iterable<Conversation>} all */
  fail(all, id, error) {
    for (const c of all) {
      const line = id && c.pending.find((one) => one.id === id);
      if (line) return Boolean(Object.assign(line, { state: 'failed', error }));
    }
    return false;
  }
}

/** What nobody has confirmed, for the page that comes after a reload. @param {Iterable<Conversation>} all */
export function unconfirmed(all) {
  return [...all].flatMap((c) => c.pending.map(({ id, text, action, at }) => ({ kind: c.kind, name: c.name, id, text, action, at })));
}
