/**
 * What the page says of the connection: the truth, and no more.
 *
 * @module status
 * @typedef {object} Told
 * @property {'good' | 'busy' | 'bad'} tone
 * @property {string} text
 * @property {boolean} linked whether there is a link, as far as anybody knows
 * @property {boolean} retry whether "now" would help
 * @property {string} spoken for those who listen: without the numbers that change by themselves
 */

const GOING_AWAY = 3; // the code of a server that shuts down
const NEWS = 10_000; // ms for which it is news that a session began or went on
const SLOW = 2_000; // ms: an answer that takes longer is worth a word
const LOST = {
  restarted: 'the server has restarted', expired: 'this page was away for too long', refused: 'the server did not let it resume',
  protocol: 'the two ends disagreed', closed: 'the server has closed it', link: 'it could not be resumed', 'gave-up': 'it took too long',
  'cut-off': 'it was cut off',
};

export class Status {
  /** Whether there is a network at all, as far as the browser knows. */ online = true;
  #state = { state: 'idle' }; #since = 0; #lost = null; #wasLinked = false;

  /** The connection's state changes. @param {import('./longsplice.js').State} state */
  change(state, now) {
    if (state.state === 'lost') this.#lost = LOST[state.reason] ?? state.reason;
    else if (state.state === 'closed' && state.remote) this.#lost = state.code === GOING_AWAY ? 'the server has restarted' : LOST.closed;
    const why = state.state === 'connected' ? this.#lost : null;
    if (why) this.#lost = null;
    if (state.state === 'connected' || state.state === 'resumed') this.#wasLinked = true;
    this.#state = { ...state, cause: state.cause ?? (state.state === 'connecting' ? this.#state.cause : null), why };
    this.#since = now;
  }

  /** Nobody wants a connection. */
  idle() {
    this.#state = { state: 'idle' };
    this.#lost = null;
    this.#wasLinked = false;
  }

  /** The server wants no session of this user for now. */
  over(reason) { this.#state = { state: 'over', reason }; }

  get linked() { return this.#state.state === 'connected' || this.#state.state === 'resumed'; }

  /** Until when the text changes by itself, as ms from now; Infinity if it does not. */
  next(now) {
    if (this.#state.state === 'reconnecting') return 1000 - ((now - this.#since) % 1000);
    return this.linked && this.#since + NEWS > now ? this.#since + NEWS - now : Infinity;
  }

  /**
   * @param {number | null} rtt the newest measurement, in ms
   * @param {number} waited for how many ms the oldest line on its way has been without an answer
   * @returns {Told}
   */
  tell(now, rtt = null, waited = 0) {
    const { state, attempt, delay, cause, replayed, why, error } = this.#state;
    const news = now - this.#since < NEWS;
    const told = (tone, text, { retry = false, spoken = text } = {}) => ({ tone, text, linked: this.linked, retry, spoken });
    const silent = Math.min(waited, now - this.#since); // an outage before this link is over
    if (this.linked && silent >= SLOW) {
      return told('busy', `connected, but no answer for ${Math.floor(silent / 1000)} s`, { retry: true, spoken: 'connected, but no answer' });
    }
    switch (state) {
      case 'connected':
        if (why && news) return told('good', `new session: ${why}`);
        break;
      case 'resumed':
        if (news) return told('good', replayed ? `resumed, ${replayed} replayed` : 'resumed', { spoken: 'resumed' });
        break;
      case 'connecting': {
        if (!this.online) return told('bad', 'offline: this device has no network', { retry: true });
        const verb = this.#wasLinked ? 'reconnecting' : 'connecting';
        return told('busy', attempt > 1 || this.#wasLinked ? `${verb} now (attempt ${attempt}${because(cause)})` : 'connecting', { spoken: verb });
      }
      case 'reconnecting': {
        if (!this.online) return told('bad', 'offline: this device has no network', { retry: true });
        const left = Math.max(0, Math.ceil((this.#since + delay - now) / 1000));
        return told('bad', `reconnecting in ${left} s (attempt ${attempt}${because(cause)})`,
          { retry: true, spoken: `connection lost; attempt ${attempt} follows` });
      }
      case 'goaway': return told('busy', 'the server is shutting down; a new session follows');
      case 'over': return told('bad', this.#state.reason, { retry: true });
      case 'lost': return told('bad', `session lost: ${LOST[this.#state.reason] ?? error?.message ?? this.#state.reason}`);
      case 'closed': return told('bad', this.#state.remote ? 'the server has closed the session' : 'signed out', { retry: true });
      default: return told('bad', 'not connected');
    }
    const ms = rtt ?? this.#state.rtt;
    return told('good', ms === null || ms === undefined ? 'connected' : `connected, ${Math.max(1, Math.round(ms))} ms`, { spoken: 'connected' });
  }
}

const REFUSED = { 5: 'the server is full', 6: 'the server is shutting down' };
const because = (cause) => (cause?.message ? `: ${REFUSED[cause.code] ?? cause.message}` : '');
