// Drives a Session by hand: the test is the network, the server, the clock and the dice.
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { Backoff, decode, encode, Kind, Parser, Session } from '../chat/server/web/longsplice.js';

export const EPOCH = 7, ID = Uint8Array.from({ length: 16 }, (_, i) => i);
export const token = (n) => new Uint8Array(32).fill(n);
export const bytes = (text) => new TextEncoder().encode(text);
export const text = (message) => new TextDecoder().decode(message);

export class Rig {
  now = 1000; dice = 0.5;
  states = []; written = []; dials = 0; drops = 0;
  #parser = new Parser(); #tokens = 0;

  constructor(options = {}) {
    this.session = new Session(options, new Backoff(500, 30_000, () => this.dice));
    this.session.start(this.now);
    this.pump();
  }

  /** A session that the server has welcomed. */
  static open(options, welcome) {
    const rig = new Rig(options);
    rig.hello();
    rig.welcome(welcome);
    return rig;
  }

  pump(room) {
    for (const action of this.session.pump(this.now, room)) {
      if (action.do === 'state') this.states.push(action.state);
      else if (action.do === 'dial') this.dials++;
      else if (action.do === 'drop') this.drops++;
      else this.#parser.push(action.bytes);
    }
    for (let got; (got = this.#parser.next(1 << 30));) this.written.push({ kind: got.kind, value: decode(got.kind, got.body) });
  }

  /** The transport opens; returns the HELLO. */
  hello() {
    assert.equal(this.session.phase, 'dialing');
    this.#parser = new Parser();
    this.written = [];
    this.session.opened(this.now);
    this.pump();
    return this.wrote(Kind.HELLO);
  }

  welcome(fields = {}) {
    this.say(Kind.WELCOME, { resumed: false, epoch: EPOCH, id: ID, received: 0, consumed: 0, window: 1 << 20, maxMessage: 1 << 20,
      minPing: 0, ttl: 60_000, token: token(++this.#tokens), ...fields });
  }

  /** The link breaks, and another one resumes; returns the HELLO. */
  resume(fields) {
    this.cut();
    const hello = this.redial();
    this.welcome({ resumed: true, ...fields });
    return hello;
  }

  cut(cause = new Error('cut')) {
    this.session.broke(cause, this.now);
    this.pump();
  }

  /** Waits for the next dial; returns the HELLO. */
  redial() {
    for (const until = this.now + 60_000; this.session.phase === 'waiting' && this.now < until;) this.advance(100);
    return this.hello();
  }

  feed(raw) {
    this.session.fed(raw, this.now);
    this.pump();
  }

  say(kind, value) { this.feed(encode(kind, value)); }

  data(...messages) { for (const message of messages) this.say(Kind.DATA, bytes(message)); }

  /** Lets time pass, and timers go off when they are due. */
  advance(ms) {
    const until = this.now + ms;
    for (let rounds = 0; this.session.deadline() <= until; rounds++) {
      assert.ok(rounds < 10_000, 'a timer that is always due');
      this.now = Math.max(this.now, this.session.deadline());
      this.session.tick(this.now);
      this.pump();
    }
    this.now = until;
  }

  /** Time passes, and no timer goes off: the device sleeps. */
  sleep(ms) { this.now += ms; }

  send(...messages) {
    for (const message of messages) {
      const frame = encode(Kind.DATA, bytes(message));
      assert.equal(this.session.sendError(), null);
      assert.ok(this.session.fits(frame.length), 'the send buffer is full');
      this.session.accept(frame);
    }
    this.pump();
  }

  /** The application takes a message, and is done with it. */
  consume(want) {
    const got = this.session.take();
    assert.equal(got && text(got), want);
    this.session.consume(this.now);
    this.pump();
  }

  /** The next frame that was written, which must be of this kind; returns its value. */
  wrote(kind) {
    const got = this.written.shift();
    assert.equal(got?.kind, kind, `wrote ${inspect(got)}`);
    return got.value;
  }

  /** Nothing more was written. */
  quiet() { assert.deepEqual(this.written, []); }

  /** The session is lost for this reason, and has said so once; returns the error. */
  lost(reason) {
    const { end } = this.session;
    assert.equal(end?.name, 'LostError', `ended with ${end}`);
    assert.equal(end.reason, reason);
    this.ended('lost');
    return end;
  }

  /** The session has ended, and has said so once. */
  ended(state) {
    assert.deepEqual(this.states.map((s) => s.state).filter((s) => s === 'lost' || s === 'closed'), [state]);
    assert.equal(this.states.at(-1).state, state);
    assert.equal(this.session.deadline(), Infinity);
    return this.states.at(-1);
  }
}
