/**
 * Keeps a session with the server, one after the other, and turns messages into JSON and back.
 *
 * @module connection
 */
import { ClosedError, LimitError, RefusedError, run } from './longsplice.js';

const utf8 = new TextDecoder();

export class Link {
  #o; #c = null; #stop = null; #backlog = [];

  /**
   * @param {object} o
   * @param {string | URL} o.url
   * @param {() => object} o.login the credential of a session that begins, which holds for its whole life
   * @param {(message: object) => void} o.onmessage
   * @param {(state: object) => void} o.onstate
   * @param {(undelivered: object[]) => void} o.onend a session is over; these messages have certainly not arrived
   * @param {(error: RefusedError | ClosedError) => void} o.onover the server wants no session of this user, and none is tried any more
   * @param {object} [o.options] for longsplice's run
   */
  constructor(o) { this.#o = o; }

  get on() { return this.#stop !== null; }

  get rtt() { return this.#c?.stats.rtt ?? null; }

  start() {
    if (this.on) return;
    const stop = this.#stop = new AbortController();
    const mine = () => this.#stop === stop;
    let login = null;
    run(this.#o.url, (c) => this.#serve(c, mine), {
      backoff: [500, 15_000],
      pingAfter: 15_000,
      deadAfter: 30_000,
      ...this.#o.options,
      signal: stop.signal,
      credential: () => JSON.stringify(this.#o.login((login ??= {}))),
      onState: (state) => {
        if (!mine()) return;
        if (state.state === 'lost' || state.state === 'closed') login = null;
        this.#o.onstate(state);
        if (state.state === 'lost' || state.state === 'closed') this.#ended(state.undelivered ?? []);
      },
    }).then(() => mine() && (this.#stop = null), (err) => {
      if (!mine()) return;
      this.#stop = null;
      if (err instanceof RefusedError || err instanceof ClosedError) this.#o.onover(err);
      else reportError(err);
    });
  }

  /** End the session in good order. What was said is still delivered. */
  stop() {
    const stop = this.#stop;
    this.#stop = this.#c = null; // before: what it says from here on is of no concern
    stop?.abort();
  }

  /** Try at once. */
  wake() {
    if (this.#c) return this.#c.wake();
    this.stop(); // between two sessions there is nothing to lose
    return this.start();
  }

  /** Hand a message to the session. Returns whether there is one that takes it. */
  send(message) {
    const c = this.#c;
    if (!c || c.error || c.comeBack) return false;
    this.#backlog.push(message);
    c.send(JSON.stringify(message)).then(() => this.#accepted(message), (err) => {
      if (!(err instanceof LimitError)) return; // the session is ending: what waits is reported then
      this.#accepted(message);
      this.#o.onmessage({ op: 'failed', code: 'bad request', text: 'too long', id: message.id });
    });
    return true;
  }

  #accepted(message) { this.#backlog = this.#backlog.filter((m) => m !== message); }

  async #serve(c, mine) {
    this.#c = c;
    for await (const message of c) {
      if (!mine()) return;
      try {
        this.#o.onmessage(JSON.parse(utf8.decode(message)));
      } catch (err) {
        reportError(err); // one message that the page cannot show does not end the conversation
      }
    }
  }

  #ended(undelivered) {
    this.#c = null;
    const backlog = this.#backlog.splice(0);
    this.#o.onend([...undelivered.map((bytes) => JSON.parse(utf8.decode(bytes))), ...backlog]);
  }
}
