/**
 * A client of the Longsplice protocol, version 1, in one module without dependencies, for browsers and Node.
 *
 *     const c = await connect('wss://example.org/longsplice', { onState: (s) => console.log(s.state) });
 *     await c.send('hello');
 *     for await (const message of c) show(message); // a Uint8Array; asking for the next one acknowledges this one
 *
 * A Connection is one session: two streams of messages that outlive the links under them. Each message arrives exactly once and in order,
 * unless the session is reported as lost. The token that resumes a session is kept in memory alone: a page that is loaded again has lost
 * the messages that go with it, and two tabs with one token would take the session from each other. So a reload begins a new session.
 *
 * Four layers, of which the first two do no IO and look at no clock: frames (encode, decode, Parser), the protocol (Session), transports
 * (dialWebSocket, or any other dial), and what an application calls (connect, run, Connection).
 *
 * @module longsplice
 */

// Frames. Times are in milliseconds throughout.

/** Kinds of frames. */
export const Kind = Object.freeze({
  HELLO: 0x01, WELCOME: 0x02, REFUSE: 0x03,
  DATA: 0x10, ACK: 0x11, ACKREQ: 0x12, PING: 0x13, PONG: 0x14, GOAWAY: 0x15, CLOSE: 0x16,
  OPTIONAL: 0x80, // from here up, who does not know a kind skips it
});

/** Codes of CLOSE. Those from 1000 to 65535 are the application's. */
export const Code = Object.freeze({ NORMAL: 0, ERROR: 1, PROTOCOL: 2, GOING_AWAY: 3, CUT_OFF: 4 });

/** In CLOSE: the sender still consumes. */
export const OPEN = 2n ** 64n - 1n;

const Refusal = Object.freeze({ BUSY: 5, GOING_AWAY: 6, STALE: 8 });
const LOST_BY = Object.freeze({ 3: 'expired', 4: 'restarted', 7: 'protocol' }); // other refusals: why a session is lost
const CONTROL_MAX = 4096; // the length of every frame but DATA
const REASON_MAX = 128;
const CREDENTIAL_MAX = 3072;
const MAGIC = 0x4c53504c;
const VERSION = 1;
const HEAD = 5; // bytes of a frame before its body; a position grows by this and the message's length

/** The base of this module's errors. */
export class LongspliceError extends Error {
  /** @param {string} message @param {ErrorOptions} [options] */
  constructor(message, options) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The server sent what no peer may send. */
export class ProtocolError extends LongspliceError {}

/** The server speaks another version of the protocol. */
class VersionError extends ProtocolError {}

/** A message is longer than the server takes, in bytes. It concerns the call alone. */
export class LimitError extends LongspliceError {
  /** @param {number} got @param {number} max */
  constructor(got, max) {
    super(`a message of ${got} bytes, and the server takes ${max}`);
    this.got = got;
    this.max = max;
  }
}

/** The server did not accept the client: a code as in docs/wire.md under REFUSE, and a reason for people. */
export class RefusedError extends LongspliceError {
  /** @param {number} code @param {string} reason */
  constructor(code, reason) {
    super(`refused with code ${code}${reason && `: ${reason}`}`);
    this.code = code;
    this.reason = reason;
  }
}

/**
 * The session was closed, by the server if it is remote, and everything was delivered. After GOAWAY, comeBack is the span [min, max] from
 * which to draw the time until a new session.
 */
export class ClosedError extends LongspliceError {
  /** @param {number} code @param {string} reason @param {boolean} remote @param {[number, number] | null} comeBack */
  constructor(code, reason, remote, comeBack = null) {
    super(`closed by the ${remote ? 'server' : 'client'} with code ${code}${reason && `: ${reason}`}`);
    this.code = code;
    this.reason = reason;
    this.remote = remote;
    this.comeBack = comeBack;
  }
}

/**
 * The session could not go on, or was closed before all was delivered; cause says more. Undelivered are the messages that the server's
 * application has certainly not consumed; unknown are those before them, which it may have consumed: to send them again risks doubling them.
 * @typedef {'restarted' | 'expired' | 'refused' | 'protocol' | 'closed' | 'link' | 'gave-up' | 'cut-off'} LostReason
 */
export class LostError extends LongspliceError {
  /** @param {LostReason} reason @param {Uint8Array[]} unknown @param {Uint8Array[]} undelivered @param {unknown} [cause] */
  constructor(reason, unknown, undelivered, cause) {
    super(`session lost: ${reason}; ${unknown.length} messages in doubt, ${undelivered.length} not delivered`, { cause });
    this.reason = reason;
    this.unknown = unknown;
    this.undelivered = undelivered;
  }
}

const utf8 = new TextEncoder();
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const NOTHING = new Uint8Array(0);

/**
 * An integer of 8 bytes is a number up to 2^53 - 1 and a BigInt beyond: the two compare with each other exactly, and equal values are
 * identical. A Session's own counts are numbers, which a peer's largest claims are held against without rounding.
 * @typedef {number | bigint} Uint64
 */

/** Reads the fields of a body. */
class Reader {
  constructor(bytes) { this.bytes = bytes; }
  get left() { return this.bytes.length; }

  take(size) {
    if (this.left < size) throw new ProtocolError('the body ends within its fields');
    const taken = this.bytes.slice(0, size);
    this.bytes = this.bytes.subarray(size);
    return taken;
  }

  uint(size) {
    const n = this.take(size).reduce((value, byte) => value * 256n + BigInt(byte), 0n);
    return n <= Number.MAX_SAFE_INTEGER ? Number(n) : n;
  }
}

const bigEndian = (size, value) => Array.from({ length: size }, (_, i) => Number((BigInt(value) >> BigInt(8 * (size - 1 - i))) & 255n));
const uint = (size) => ({ read: (r) => r.uint(size), write: (v) => bigEndian(size, v) });
const [u16, u32, u64] = [2, 4, 8].map(uint);
const constant = (size, value, Failure, text) => ({
  read: (r) => { if (r.uint(size) !== value) throw new Failure(text); },
  write: () => bigEndian(size, value),
});
const magic = constant(4, MAGIC, ProtocolError, 'not the magic of this protocol');
const version = constant(1, VERSION, VersionError, 'another version of the protocol');
const flag = { read: (r) => (r.uint(1) & 1) === 1, write: (v) => [v ? 1 : 0] };
const id = { read: (r) => r.take(16), write: (v) => v };
const credential = { read: (r) => r.take(r.uint(2)), write: (v) => [...bigEndian(2, v.length), ...v] };
const token = {
  read(r) {
    const size = r.uint(1);
    if (size !== 0 && size !== 32) throw new ProtocolError('a token has 0 or 32 bytes');
    const bytes = r.take(size);
    return bytes.some((b) => b !== 0) ? bytes : NOTHING;
  },
  write: (v) => [v.length, ...v],
};
const reason = {
  read(r) {
    if (r.left > REASON_MAX) throw new ProtocolError(`a reason of over ${REASON_MAX} bytes`);
    try {
      return strict.decode(r.take(r.left));
    } catch {
      throw new ProtocolError('a reason that is not UTF-8');
    }
  },
  write: (v) => utf8.encode(v),
};
const extensions = { read(r) { while (r.left) { r.uint(2); r.take(r.uint(2)); } }, write: () => [] };
const ignored = { read(r) { r.take(r.left); }, write: () => [] };

/** What is in a body, in order. Names that begin with _ are not kept. */
const LAYOUT = {
  [Kind.HELLO]: { _magic: magic, _version: version, plain: flag, epoch: u64, attempt: u64, received: u64, consumed: u64, window: u32,
    maxMessage: u32, token, credential, _extensions: extensions },
  [Kind.WELCOME]: { _version: version, resumed: flag, epoch: u64, id, received: u64, consumed: u64, window: u32, maxMessage: u32,
    minPing: u32, ttl: u32, token, _extensions: extensions },
  [Kind.REFUSE]: { code: u16, epoch: u64, min: u32, max: u32, reason },
  [Kind.ACK]: { received: u64, consumed: u64, sent: u64 },
  [Kind.ACKREQ]: {},
  [Kind.PING]: { nonce: u64 },
  [Kind.PONG]: { nonce: u64 },
  [Kind.GOAWAY]: { min: u32, max: u32, _rest: ignored },
  [Kind.CLOSE]: { code: u16, final: u64, consumed: u64, reason },
};

/** A frame of this kind and body. */
function frame(kind, body) {
  const bytes = new Uint8Array(HEAD + body.length);
  new DataView(bytes.buffer).setUint32(0, 1 + body.length);
  bytes[4] = kind;
  bytes.set(body, HEAD);
  return bytes;
}

/**
 * The whole frame for a value: an object with the fields of LAYOUT, or the bytes of a kind that has none (DATA, extensions).
 * @param {number} kind @param {any} value
 * @returns {Uint8Array}
 */
export function encode(kind, value = NOTHING) {
  const layout = LAYOUT[kind];
  return frame(kind, layout ? Object.entries(layout).flatMap(([name, type]) => [...type.write(value[name])]) : value);
}

/**
 * The value of a body, as encode takes it. Throws a ProtocolError.
 * @param {number} kind @param {Uint8Array} body
 * @returns {any}
 */
export function decode(kind, body) {
  const layout = LAYOUT[kind];
  if (!layout) {
    if (kind !== Kind.DATA && kind < Kind.OPTIONAL) throw new ProtocolError(`unknown kind ${kind}`);
    return body.slice();
  }
  const reader = new Reader(body), value = /** @type {any} */ ({});
  for (const [name, type] of Object.entries(layout)) {
    const got = type.read(reader);
    if (name[0] !== '_') value[name] = got;
  }
  if (reader.left) throw new ProtocolError(`a body of kind ${kind} with ${reader.left} bytes too many`);
  if ('received' in value && value.consumed > value.received) throw new ProtocolError('consumed is over received');
  if ('min' in value && value.max < value.min) throw new ProtocolError('the latest time lies before the earliest');
  return value;
}

/** Takes bytes as they come and gives frames. Its memory grows with what has arrived, never with what a length claims. */
export class Parser {
  #buffer = NOTHING; #from = 0; #to = 0;

  /** @param {Uint8Array} bytes */
  push(bytes) {
    const held = this.#to - this.#from;
    if (this.#to + bytes.length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(4096, 2 * held, held + bytes.length));
      larger.set(this.#buffer.subarray(this.#from, this.#to));
      [this.#buffer, this.#from, this.#to] = [larger, 0, held];
    }
    this.#buffer.set(bytes, this.#to);
    this.#to += bytes.length;
  }

  /**
   * The next whole frame, whose body is good until the next push; null if more bytes are needed. Throws a ProtocolError on the first
   * bytes that show a frame to be too long.
   * @param {number} maxMessage the longest message that is taken here; -1 for none, as in the handshake
   */
  next(maxMessage) {
    const held = this.#to - this.#from, at = this.#from;
    if (held < 4) return null;
    const size = new DataView(this.#buffer.buffer, at).getUint32(0);
    if (size === 0 || size > Math.max(CONTROL_MAX, 1 + maxMessage)) throw new ProtocolError(`a frame of length ${size}`);
    if (held < HEAD) return null;
    const kind = this.#buffer[at + 4];
    if (size > (kind === Kind.DATA ? 1 + maxMessage : CONTROL_MAX)) throw new ProtocolError(`a frame of kind ${kind} and length ${size}`);
    if (held < 4 + size) return null;
    this.#from += 4 + size;
    const body = this.#buffer.subarray(at + HEAD, this.#from);
    if (this.#from === this.#to) [this.#buffer, this.#from, this.#to] = [NOTHING, 0, 0];
    return { kind, body };
  }
}

// The protocol: no IO, no clock. Whoever drives a Session tells it what has happened and when, and does what pump returns.

const HANDSHAKE = 5_000, DIAL = 10_000; // for the server's answer; for the transport to open
const ACK_DELAY = 1_000, ACK_PROGRESS = 5; // until ACK: unasked, and while an ACKREQ is in force
const RECEIPT = 5_000, RECEIPT_DEAD = 10_000; // DATA without a receipt: until it is asked for, and then until silence means death
const STEADY = 10_000; // a link that has lived for so long resets the backoff
const GIVE_UP_CLOSE = 5_000; // without a link, for a CLOSE that the server does not wait for
const LATE = 1_000; // a judgement that comes so late was slept through: the link is asked once more
const STALE = 3_000; // silence after which a device that wakes up asks at once
const WRITE_AHEAD = 64 * 1024; // bytes that the transport holds before DATA waits, so that control frames need not

/** Delays that grow, each drawn evenly from 0 to a bound: the jitter comes after the cap. */
export class Backoff {
  #bound;

  constructor(first = 500, longest = 30_000, random = Math.random) {
    this.first = first;
    this.longest = longest;
    this.random = random;
    this.reset();
  }

  reset() { this.#bound = Math.min(this.first, this.longest); }

  next() {
    const delay = this.random() * this.#bound;
    this.#bound = Math.min(this.#bound * 1.6, this.longest);
    return delay;
  }

  between(min, max) { return min + this.random() * (max - min); }
}

/** What concerns one link alone, and is forgotten with it. */
class Link {
  parser = new Parser();
  phase = 'dialing'; // then 'greeting', then 'open'
  closeOwed = true;
  pong = null; // the newest nonce that is not answered
  asked = 0; // by the server: it wants to know when this is consumed
  askedAt = -1; // by this end: sent at the last ACKREQ
  ackDue = Infinity;
  pinged = -Infinity; nonce = null; // of the last PING, until it is answered
  receiptDue = Infinity; receiptWait = RECEIPT;
  judge = Infinity; // a sign of life was asked for: when silence means death
  excused = false; // a judgement was slept through

  constructor(now) {
    this.began = this.heard = now;
    this.deadline = now + DIAL;
  }
}

/** A queue whose shift does not move what is behind. */
class Queue {
  #items = []; #head = 0;

  get length() { return this.#items.length - this.#head; }
  at(i) { return this.#items[this.#head + i]; }
  push(item) { this.#items.push(item); }

  shift() {
    if (!this.length) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (2 * this.#head > this.#items.length) [this.#items, this.#head] = [this.#items.slice(this.#head), 0];
    return item;
  }

  all() { return this.#items.slice(this.#head); }
  clear() { [this.#items, this.#head] = [[], 0]; }
}

const full = (close) => close !== null && close.consumed !== OPEN; // a CLOSE that ends both directions

/**
 * The client's end of one session. Its methods are the events; what is to be done about them comes from pump:
 * {do: 'dial'}, {do: 'send', bytes}, {do: 'drop'} to let the link go after what was sent, and {do: 'state', state}.
 * Positions are numbers: no session comes near 2^53 bytes, and one that does ends with a clear error rather than a wrong count.
 */
export class Session {
  id = null; epoch = 0; attempt = 0; token = NOTHING;
  peerWindow = 0; peerMax = 0; minPing = 0;
  queued = 0; sent = 0; high = 0; reported = 0; acked = 0;
  received = 0; consumed = 0; told = 0; toldReceived = 0;
  local = null; remote = null; // the newest CLOSE of either end
  comeBack = null; // from GOAWAY: [min, max]
  end = null; // why the session is over
  links = 0; rtt = null;
  starved = false; // DATA waits for room in the transport
  #outbox = new Queue(); #next = 0; // {at, frame} of what is not acknowledged; from #next on it is unsent
  #inbox = new Queue(); #inHand = 0;
  #wanted = 0; // the application waits until this is acknowledged
  #closing = false; // the application has closed
  #link = null; #linkless = 0; #tries = 0; #retryAt = Infinity; #ordered = false;
  #srtt = 0; #rttvar = 0;
  #actions = [];

  /** @param {Options} options see connect; @param {Backoff} backoff */
  constructor(options, backoff) {
    this.options = { window: 1 << 20, maxMessage: 1 << 20, sendBuffer: 1 << 20, pingAfter: 30_000, deadAfter: 60_000, giveUp: Infinity,
      resume: true, ...options };
    this.backoff = backoff;
  }

  get connected() { return this.#link?.phase === 'open'; }
  get phase() { return this.end ? 'over' : this.#link?.phase ?? 'waiting'; }

  // Events of the link.

  /** Begin: at once, or after a delay, which may be one that the server has asked for. */
  start(now, delay = 0, ordered = false) {
    this.#linkless = now;
    this.#ordered = ordered;
    if (delay > 0) this.#wait(now, delay, null);
    else this.#dial(now);
  }

  /** The transport is open. @param {number} now @param {Uint8Array} credential */
  opened(now, credential = NOTHING) {
    const link = this.#link;
    this.attempt++;
    this.told = this.consumed;
    this.toldReceived = this.received;
    Object.assign(link, { phase: 'greeting', deadline: now + HANDSHAKE, began: now });
    this.#send(encode(Kind.HELLO, { plain: !this.options.resume, epoch: this.epoch, attempt: this.attempt,
      received: this.received, consumed: this.consumed, window: this.options.window, maxMessage: this.options.maxMessage,
      token: this.token, credential }));
  }

  /** Bytes have arrived. */
  fed(bytes, now) {
    const link = this.#link;
    if (!link) return;
    link.heard = now;
    link.judge = Infinity;
    link.excused = false;
    link.parser.push(bytes);
    while (this.#link === link) {
      const greeting = link.phase === 'greeting';
      let got = null;
      try {
        got = link.parser.next(greeting ? -1 : this.options.maxMessage);
        if (!got) return;
        if (greeting) this.#answered(got.kind, got.body, now);
        else this.#heard(got.kind, got.body, now);
      } catch (err) {
        if (!(err instanceof ProtocolError)) throw err;
        if (!greeting) this.#violated(err);
        else if (got && this.id) this.#finish(this.#lost('protocol', err));
        else if (err instanceof VersionError) this.#finish(err);
        else this.broke(err, now); // a stranger has answered
      }
    }
  }

  /** The link, or the attempt at one, has failed. */
  broke(cause, now, range = null) {
    const link = this.#link;
    if (!link) return;
    if (link.phase === 'open') {
      this.#linkless = now;
      if (now - link.began >= STEADY) this.backoff.reset();
    }
    this.#drop();
    if (this.id && !this.token.length) return this.#finish(this.#lost('link', cause));
    if (cause.permanent) return this.#finish(this.id ? this.#lost('refused', cause) : cause);
    this.#ordered = range !== null && range[1] > 0;
    this.#wait(now, this.#ordered ? this.backoff.between(...range) : this.backoff.next(), cause);
  }

  /** Time has passed. It may be called at any time. */
  tick(now) {
    const link = this.#link;
    if (this.end) return;
    if (link?.phase === 'open') return this.#watch(link, now);
    if (now >= this.#patience()) this.#finish(full(this.local) && full(this.remote) ? this.#verdict() : this.#giveUp('gave-up'));
    else if (!link && now >= this.#retryAt) this.#dial(now);
    else if (link && now >= link.deadline) this.broke(new LongspliceError(`no ${link.phase === 'dialing' ? 'link' : 'answer'} in time`), now);
  }

  /** The network or the user may be back. A time that the server has asked for stands. */
  wake(now) {
    if (this.phase === 'waiting' && !this.#ordered) this.#retryAt = Math.min(this.#retryAt, now);
    else if (this.connected && now - this.#link.heard > STALE) this.#probe(now, Math.max(RECEIPT, 4 * this.#rto()));
  }

  /** When tick has something to do, if nothing else happens before. */
  deadline() {
    const link = this.#link;
    if (this.end) return Infinity;
    if (link?.phase === 'open') {
      return Math.min(link.ackDue, link.judge, this.sent > this.reported ? link.receiptDue : Infinity, this.#pingAt(link));
    }
    return Math.min(this.#patience(), link ? link.deadline : this.#retryAt);
  }

  // Calls of the application.

  /** Whether a frame of this length is accepted now. */
  fits(length) { return this.queued === this.acked || this.queued + length - this.acked <= this.options.sendBuffer; }

  /** Accept a frame of DATA, if sendError is null and it fits. */
  accept(frame) {
    this.#outbox.push({ at: this.queued, frame });
    this.queued += frame.length;
  }

  /** Why nothing is accepted any more, or null. */
  sendError() {
    if (this.end || !(this.local || full(this.remote))) return this.end;
    if (full(this.remote)) return this.#byServer();
    return this.#closing ? this.#byClient() : new ClosedError(Code.GOING_AWAY, '', true, this.comeBack);
  }

  /** Somebody waits until all that is queued is acknowledged, or for room. */
  want() { this.#wanted = this.queued; }

  /** Why what is queued will not be acknowledged any more, or null. */
  flushError() { return this.end ?? (full(this.remote) ? this.#lost('closed', this.sendError()) : null); }

  /** The next message, or undefined. */
  take() {
    const message = this.#inbox.shift();
    if (message) this.#inHand = HEAD + message.length;
    return message;
  }

  /** The application is done with the message in hand. */
  consume(now) {
    this.consumed += this.#inHand;
    this.#inHand = 0;
    this.#ackSoon(now);
  }

  /** Whether the server has closed its direction alone, and everything from it is taken. */
  get halfClosed() { return this.#inbox.length === 0 && this.remote?.consumed === OPEN && this.received >= this.remote.final; }

  /** Close both directions in good order. */
  close(code, reason) {
    if (this.end) return;
    this.#inbox.clear();
    this.#inHand = 0;
    this.#closing = true;
    if (!this.id) this.#finish(new ClosedError(code, reason, false));
    else if (!full(this.local)) this.#say({ code, final: this.queued, consumed: this.consumed, reason });
  }

  /** After close: wait no longer. */
  cutOff() {
    if (this.end) return;
    if (this.local.final > this.sent) this.#say({ ...this.local, code: Code.CUT_OFF, final: this.sent });
    this.#finish(this.#giveUp('cut-off'));
  }

  // What is to be done.

  /**
   * What is to be done now. room is how many bytes the transport takes before DATA shall wait.
   * @returns {({do: 'dial' | 'drop'} | {do: 'send', bytes: Uint8Array} | {do: 'state', state: State})[]}
   */
  pump(now, room = Infinity) {
    if (!this.end && full(this.remote) && this.consumed >= this.remote.final && !full(this.local)) { // the answer
      this.#say({ code: Code.NORMAL, reason: '', final: this.queued, ...this.local, consumed: this.consumed });
    }
    this.starved = false;
    if (this.connected && !this.end) this.#write(now, room);
    return this.#actions.splice(0);
  }

  #act(what, more) { this.#actions.push({ do: what, ...more }); }
  #state(state, more) { this.#act('state', { state: { state, ...more } }); }
  #send(bytes) { this.#act('send', { bytes }); }

  #dial(now) {
    this.#link = new Link(now);
    this.#retryAt = Infinity;
    this.#ordered = false;
    this.#tries++;
    this.#state('connecting', { attempt: this.#tries });
    this.#act('dial');
  }

  #wait(now, delay, cause) {
    this.#retryAt = now + delay;
    this.#state('reconnecting', { delay, attempt: this.#tries + 1, cause });
  }

  #drop() {
    if (this.#link) this.#act('drop');
    this.#link = null;
  }

  #finish(error) {
    if (this.end) return;
    if (this.connected) this.#writeClose();
    if (full(this.local)) this.#inbox.clear();
    this.end = error;
    this.#drop();
    const { code, reason, remote, undelivered = [], unknown = [] } = error;
    if (error instanceof ClosedError) this.#state('closed', { code, reason, remote, error });
    else this.#state('lost', { reason: error instanceof LostError ? reason : 'refused', undelivered, unknown, error });
  }

  #lost(reason, cause) {
    const left = this.#outbox.all();
    const inDoubt = left.filter(({ at }) => at < this.high && !full(this.remote)).length;
    const messages = left.map(({ frame }) => frame.subarray(HEAD));
    return new LostError(reason, messages.slice(0, inDoubt), messages.slice(inDoubt), cause);
  }

  #byServer() { return new ClosedError(this.remote.code, this.remote.reason, true, this.comeBack); }
  #byClient() { return new ClosedError(this.local.code, this.local.reason, false); }

  /** How a session ends that both have closed, or that a tombstone has ended. */
  #verdict() {
    if (this.acked < this.queued || (!full(this.local) && this.received < this.remote.final)) return this.#lost('closed', this.#byServer());
    return this.#closing ? this.#byClient() : this.#byServer();
  }

  /** How one ends that is not waited for any longer. */
  #giveUp(reason) {
    if (!this.id) return new LongspliceError('no session in time');
    return this.#closing && this.acked >= this.queued ? this.#byClient() : this.#lost(reason);
  }

  /** Until when a session without a link is waited for. */
  #patience() {
    return this.#linkless + (full(this.local) && full(this.remote) ? GIVE_UP_CLOSE : this.options.giveUp);
  }

  /** Close, or close further: nothing is accepted or consumed after a CLOSE that a later one would have to take back. */
  #say(close) {
    this.local = close;
    if (this.#link) this.#link.closeOwed = true;
  }

  #violated(err) {
    this.#say({ code: Code.PROTOCOL, final: this.sent, consumed: this.consumed, reason: err.message.slice(0, REASON_MAX) });
    this.#finish(this.#lost('protocol', err));
  }

  // What this end writes, in the order of urgency.

  #writeClose() {
    if (!this.local || !this.#link.closeOwed) return;
    this.#link.closeOwed = false;
    this.#send(encode(Kind.CLOSE, this.local));
  }

  #write(now, room) {
    const link = this.#link;
    this.#writeClose();
    if (full(this.local) && full(this.remote)) return this.#finish(this.#verdict());
    if (link.pong !== null) {
      this.#send(encode(Kind.PONG, { nonce: link.pong }));
      link.pong = null;
    }
    if (now >= link.ackDue) {
      link.ackDue = Infinity;
      this.#send(encode(Kind.ACK, { received: this.received, consumed: this.consumed, sent: this.sent }));
      [this.told, this.toldReceived] = [this.consumed, this.received];
    }
    if (!full(this.remote)) this.#writeData(link, now, room);
  }

  #writeData(link, now, room) {
    const chunks = [];
    let blocked = false;
    for (; this.#next < this.#outbox.length; this.#next++) {
      const { frame } = this.#outbox.at(this.#next), end = this.sent + frame.length;
      if (this.sent > this.acked && end - this.acked > this.peerWindow) {
        blocked = true;
        break;
      }
      if (room <= 0) {
        this.starved = true;
        break;
      }
      if (this.sent === this.reported) link.receiptDue = now + link.receiptWait;
      chunks.push(frame);
      room -= frame.length;
      this.sent = end;
    }
    this.high = Math.max(this.high, this.sent);
    if (chunks.length) this.#send(concat(chunks));
    if (blocked || (this.acked < this.#wanted && this.#wanted <= this.sent)) this.#ask(link);
  }

  /** Ask for ACK, once for each position. */
  #ask(link) {
    if (link.askedAt === this.sent) return;
    link.askedAt = this.sent;
    this.#send(encode(Kind.ACKREQ));
  }

  #ackSoon(now) {
    const link = this.#link, news = this.consumed - this.told;
    if (link?.phase !== 'open' || (news === 0 && this.received === this.toldReceived)) return;
    const asked = link.asked > this.told;
    let delay = ACK_DELAY;
    if (news > 0 && (4 * news >= this.options.window || (asked && this.consumed >= link.asked))) delay = 0;
    else if (news > 0 && asked) delay = ACK_PROGRESS;
    link.ackDue = Math.min(link.ackDue, now + delay);
  }

  // Whether the link lives.

  #watch(link, now) {
    if (now >= link.judge) {
      if (now - link.judge <= LATE || link.excused) return this.broke(new LongspliceError('the link is silent'), now);
      link.excused = true; // timers stood still, or the device slept: what has arrived is read before it is judged
      link.judge = Infinity;
      this.#probe(now, RECEIPT_DEAD);
    }
    if (this.sent > this.reported && now >= link.receiptDue) {
      link.receiptWait *= 2;
      link.receiptDue = now + Math.max(link.receiptWait, this.#rto());
      this.#probe(now, Math.max(RECEIPT_DEAD, 4 * this.#rto()));
    }
    if (now >= this.#pingAt(link)) {
      this.#ping(link, now);
      link.judge = Math.max(link.heard + this.options.deadAfter, now + this.options.deadAfter - this.options.pingAfter);
    }
  }

  #pingAt(link) {
    return link.judge === Infinity ? Math.max(link.heard + this.options.pingAfter, link.pinged + this.minPing) : Infinity;
  }

  #ping(link, now) {
    link.pinged = now;
    link.nonce = Math.floor(this.backoff.random() * 2 ** 48);
    this.#send(encode(Kind.PING, { nonce: link.nonce }));
  }

  /** Ask for a sign of life: ACKREQ, which is answered at once, and PING as far as the server permits. */
  #probe(now, patience) {
    const link = this.#link;
    link.askedAt = -1;
    this.#ask(link);
    if (now >= link.pinged + this.minPing) this.#ping(link, now);
    link.judge = Math.min(link.judge, now + patience);
  }

  /** RFC 6298. */
  #sampled(rtt) {
    this.rtt = rtt;
    this.#rttvar = this.#srtt ? 0.75 * this.#rttvar + 0.25 * Math.abs(this.#srtt - rtt) : rtt / 2;
    this.#srtt = this.#srtt ? 0.875 * this.#srtt + 0.125 * rtt : rtt;
  }

  #rto() { return this.#srtt + 4 * this.#rttvar; }

  // What the server says.

  #answered(kind, body, now) {
    if (kind === Kind.WELCOME) this.#welcomed(decode(kind, body), now);
    else if (kind === Kind.REFUSE) this.#refused(decode(kind, body), now);
    else if (kind === Kind.CLOSE && this.token.length) {
      const close = decode(kind, body);
      if (!full(close)) throw new ProtocolError('a session that has ended and still consumes');
      this.#closed(close);
      this.#finish(this.#verdict());
    } else throw new ProtocolError(`kind ${kind} in answer to HELLO`);
  }

  #refused({ code, min, max, reason }, now) {
    const error = new RefusedError(code, reason);
    if (code === Refusal.BUSY || code === Refusal.GOING_AWAY) this.broke(error, now, [min, max]);
    else if (code === Refusal.STALE) this.broke(error, now);
    else this.#finish(this.id ? this.#lost(LOST_BY[code] ?? 'refused', error) : error);
  }

  #welcomed(w, now) {
    const known = this.id !== null, link = this.#link;
    const outbox = this.#outbox.all(), next = outbox.findIndex(({ at }) => at === w.received);
    const rules = {
      'another session than before': w.resumed === known && (!known || (w.epoch === this.epoch && String(w.id) === String(this.id))),
      [`${w.received} cannot have been received`]: this.reported <= w.received && w.received <= this.high
        && (next >= 0 || w.received === this.queued),
      'what was consumed is taken back': w.consumed >= this.acked || this.remote !== null,
      'the limits have shrunk': w.window >= this.peerWindow && w.maxMessage >= this.peerMax,
    };
    for (const [text, holds] of Object.entries(rules)) if (!holds) throw new ProtocolError(`WELCOME: ${text}`);
    const replayed = next < 0 ? 0 : outbox.slice(next).filter(({ at }) => at < this.high).length;
    this.#next = next < 0 ? this.#outbox.length : next;
    this.sent = this.reported = w.received;
    Object.assign(this, { id: w.id, epoch: w.epoch, token: w.token, peerWindow: w.window, peerMax: w.maxMessage, minPing: w.minPing });
    this.#trim(w.consumed);
    this.links++;
    this.#tries = 0;
    this.#sampled(now - link.began);
    Object.assign(link, { phase: 'open', began: now });
    this.#state(known ? 'resumed' : 'connected', known ? { replayed, rtt: this.rtt } : { rtt: this.rtt });
    this.#ackSoon(now);
  }

  #heard(kind, body, now) {
    const link = this.#link, value = decode(kind, body);
    if (kind === Kind.DATA) this.#data(value, now);
    else if (kind === Kind.ACK) this.#acknowledged(value, link, now);
    else if (kind === Kind.CLOSE) this.#closed(value);
    else if (kind === Kind.ACKREQ) [link.asked, link.ackDue] = [this.received, now];
    else if (kind === Kind.PING) link.pong = value.nonce;
    else if (kind === Kind.PONG) this.#answeredPing(value, link, now);
    else if (kind === Kind.GOAWAY) this.#leaves(value);
    else if (kind < Kind.OPTIONAL) throw new ProtocolError(`kind ${kind} on an open link`);
  }

  #answeredPing({ nonce }, link, now) {
    if (nonce === link.nonce) this.#sampled(now - link.pinged);
    link.nonce = null;
  }

  #leaves({ min, max }) {
    this.comeBack = [min, max];
    if (!this.local) this.#say({ code: Code.NORMAL, final: this.queued, consumed: OPEN, reason: '' });
    this.#state('goaway', { comeBack: this.comeBack });
  }

  #data(message, now) {
    const end = this.received + HEAD + message.length;
    if (end - this.told > this.options.window && this.received !== this.told) throw new ProtocolError('DATA over the window');
    if (this.remote && end > this.remote.final) throw new ProtocolError('DATA beyond its end');
    if (end > Number.MAX_SAFE_INTEGER) throw new ProtocolError('more bytes than this client counts');
    this.received = end;
    if (!full(this.local)) this.#inbox.push(message);
    this.#ackSoon(now);
  }

  #acknowledged({ received, consumed, sent }, link, now) {
    if (sent !== this.received) throw new ProtocolError(`the server has sent ${sent}, and ${this.received} has arrived`);
    if (received > this.sent) throw new ProtocolError(`ACK of ${received}, and ${this.sent} was sent`);
    if (received > this.reported) {
      this.reported = received;
      link.receiptWait = Math.max(RECEIPT, this.#rto());
      link.receiptDue = now + link.receiptWait;
    }
    this.#trim(consumed);
  }

  #closed(close) {
    if (close.final < this.received) throw new ProtocolError('CLOSE with a final below what has arrived');
    if (this.remote && close.final > this.remote.final) throw new ProtocolError('CLOSE that raises its final');
    if (full(close) && close.consumed > this.sent) throw new ProtocolError('CLOSE that consumes what was not sent');
    if (full(close)) this.#trim(close.consumed);
    this.remote = full(this.remote) ? { ...close, consumed: this.remote.consumed } : close;
  }

  #trim(consumed) {
    if (consumed <= this.acked) return;
    this.acked = consumed;
    while (this.#outbox.length) {
      const { at, frame } = this.#outbox.at(0);
      if (at + frame.length > consumed) break;
      this.#outbox.shift();
      this.#next--;
    }
  }
}

function concat(chunks) {
  const all = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0));
  chunks.reduce((at, chunk) => (all.set(chunk, at), at + chunk.length), 0);
  return all;
}

// Transports: a reliable ordered stream of bytes both ways, in pieces whose boundaries carry no meaning.

/**
 * @typedef {object} Duplex
 * @property {(bytes: Uint8Array) => void} send takes bytes, which are not changed later
 * @property {() => void} close ends the link, after what was sent before
 * @property {((bytes: Uint8Array) => void) | null} onbytes is set by the Connection
 * @property {((cause?: Error) => void) | null} onclose likewise: the link has ended, for whatever reason
 * @property {number} [buffered] bytes that were sent and are still held here; none if it is left out
 */

/** @typedef {(url: string, options: {signal: AbortSignal}) => Promise<Duplex>} Dial */

/** The WebSocket subprotocol: binary messages carry the stream. */
export const SUBPROTOCOL = 'longsplice';

/** The default dial: a WebSocket. @type {Dial} */
export function dialWebSocket(url, { signal }) {
  return new Promise((resolve, reject) => {
    let ws;
    try {
      ws = new WebSocket(url, SUBPROTOCOL);
    } catch (err) { // the page may not do that, now or later
      return reject(Object.assign(err, { permanent: true }));
    }
    ws.binaryType = 'arraybuffer';
    const duplex = {
      send: (bytes) => ws.send(bytes),
      close: () => ws.close(),
      get buffered() { return ws.bufferedAmount; },
      onbytes: null,
      onclose: null,
    };
    let failed = false;
    const fail = (text) => {
      if (failed) return;
      failed = true;
      const err = new LongspliceError(text);
      ws.close();
      reject(err);
      duplex.onclose?.(err);
    };
    ws.onopen = () => (ws.protocol === SUBPROTOCOL ? resolve(duplex) : fail('the server speaks no longsplice here'));
    ws.onmessage = ({ data }) => (typeof data === 'string' ? fail('a text message') : duplex.onbytes?.(new Uint8Array(data)));
    ws.onerror = (/** @type {any} */ { message }) => fail(message || 'the WebSocket failed'); // Node 20 tells no more; elsewhere close follows
    ws.onclose = ({ code, reason }) => fail(`the WebSocket was closed: ${code} ${reason}`.trim());
    return signal.addEventListener('abort', () => fail('given up'));
  });
}

// What the application calls.

/**
 * @typedef {object} Options
 * @property {string | Uint8Array | (() => string | Uint8Array | Promise<string | Uint8Array>)} [credential] what the server's
 *   authenticator is shown, at most 3072 bytes; a function is asked for each link, and a failure of it is one failed attempt
 * @property {(state: State) => void} [onState] is told what the connection is doing, in order
 * @property {Dial} [dial] opens a link; a WebSocket by default. An error of it with `permanent` set ends the session
 * @property {AbortSignal} [signal] ends connecting and run; an open Connection from connect does not look at it
 * @property {number} [window] bytes of messages that are taken before the first of them is consumed; 1 MiB
 * @property {number} [maxMessage] bytes of the longest message that is taken; 1 MiB
 * @property {number} [sendBuffer] bytes that are accepted and not yet acknowledged, headers of 5 included; 1 MiB. One message always fits
 * @property {[number, number]} [backoff] the first and the longest bound of the delay between attempts, in ms; 500 and 30000
 * @property {number} [pingAfter] ms of silence before a PING; 30000
 * @property {number} [deadAfter] ms of silence that mean that the link is dead; 60000
 * @property {number} [giveUp] ms without a link after which the session is lost; never by default
 * @property {boolean} [resume] false for a session that ends with its first link
 */

/**
 * What a connection is doing; `state` is one of
 *
 * - `connecting` {attempt}: dials
 * - `reconnecting` {delay, attempt, cause}: waits for delay ms before it dials
 * - `connected` {rtt}: the session has begun
 * - `resumed` {rtt, replayed}: it goes on, with so many messages sent again
 * - `goaway` {comeBack: [min, max]}: the server shuts down, and takes no more messages; run comes back by itself
 * - `lost` {reason, undelivered, unknown, error}: the session could not go on; see LostError. Once, and nothing comes after it
 * - `closed` {code, reason, remote, error}: the session has ended and all was delivered. Once, and nothing comes after it
 *
 * @typedef {{state: 'connecting' | 'reconnecting' | 'connected' | 'resumed' | 'goaway' | 'lost' | 'closed', [detail: string]: any}} State
 */

const now = () => performance.now(); // a clock that nobody sets
const POLL = 20; // ms until a transport that was full is looked at again: a WebSocket does not tell

function bytesOf(data) {
  if (typeof data === 'string') return utf8.encode(data);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  throw new TypeError('a message is a string, an ArrayBuffer or a view of one');
}

/** A promise that is settled from outside, or by a signal. */
function deferred(signal) {
  const wait = { done: false };
  wait.promise = new Promise((resolve, reject) => {
    const abort = () => wait.reject(signal.reason);
    const settle = (how) => (value) => {
      wait.done = true;
      signal?.removeEventListener('abort', abort);
      how(value);
    };
    Object.assign(wait, { resolve: settle(resolve), reject: settle(reject) });
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort();
  });
  return wait;
}

/** One end of one session. It comes from connect, or is handed to the handler of run. @implements {AsyncIterable<Uint8Array>} */
export class Connection {
  #session; #url; #options;
  #link = null; #dialing = null; #timer; #timerAt = Infinity; #turning = false; #again = false; #kicked = false;
  #sends = new Queue(); #receiver = null; #flushes = new Set(); #started = deferred(); #closed = deferred();

  /** @internal */
  static async open(url, options, backoff, ...waiting) {
    const { signal } = options;
    signal?.throwIfAborted();
    const c = new Connection(url, options, backoff);
    const stop = () => c.close().catch(() => {});
    signal?.addEventListener('abort', stop);
    c.#event((t) => c.#session.start(t, ...waiting));
    try {
      await c.#started.promise;
    } catch (err) {
      signal?.throwIfAborted();
      throw err;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
    return c;
  }

  /** @internal */
  constructor(url, options, backoff) {
    this.#options = { dial: dialWebSocket, ...options };
    this.#url = this.#options.dial === dialWebSocket ? webSocketURL(url) : url;
    this.#session = new Session(options, backoff);
    globalThis.addEventListener?.('online', this.#wake);
    globalThis.document?.addEventListener('visibilitychange', this.#wake);
  }

  /** The session's public name: 32 hexadecimal digits, the same at both ends. It is no secret. @returns {string} */
  get id() { return Array.from(this.#session.id ?? [], (b) => b.toString(16).padStart(2, '0')).join(''); }

  /** Why the session is over; null while it is not. @returns {ClosedError | LostError | null} */
  get error() { return this.#session.end; }

  /** Is resolved, never rejected, with error when the session is over. @returns {Promise<ClosedError | LostError>} */
  get closed() { return this.#closed.promise; }

  /** After GOAWAY: the span [min, max] in ms from which to draw the time until a new session. @returns {[number, number] | null} */
  get comeBack() { return this.#session.comeBack; }

  /** Counts of this moment: bytes include the headers of 5. rtt is of the last measurement, in ms. */
  get stats() {
    const { connected, links, rtt, queued, sent, acked, received, consumed, peerMax } = this.#session;
    return { connected, links, rtt, unsent: queued - sent, unacknowledged: queued - acked, received, consumed, maxMessage: peerMax };
  }

  /**
   * Accept a message for delivery; wait while the send buffer is full. Messages are accepted in the order of the calls. Once the promise
   * is resolved the library has the message, not the server: see flush. If it is rejected, nothing was accepted: with a LimitError, with
   * why the session takes no more, or with the signal's reason.
   * @param {string | ArrayBuffer | ArrayBufferView} message is copied; a string is sent as UTF-8
   * @param {{signal?: AbortSignal}} [options]
   * @returns {Promise<void>}
   */
  async send(message, { signal } = {}) {
    signal?.throwIfAborted();
    const bytes = this.#encoded(message);
    if (this.#accept(bytes)) return undefined;
    const wait = deferred(signal);
    this.#sends.push({ bytes, wait });
    this.#kick();
    return wait.promise;
  }

  /** send without waiting: false if the buffer is full. Throws as send is rejected. @returns {boolean} */
  trySend(message) { return this.#accept(this.#encoded(message)); }

  /**
   * The next message; null at a clean end. The call says that the message before it is consumed, which is what acknowledges it. It is
   * rejected with a LostError, or a ClosedError if the server closed with a code other than 0.
   * @param {{signal?: AbortSignal}} [options]
   * @returns {Promise<Uint8Array | null>}
   */
  async receive({ signal } = {}) {
    if (this.#receiver && !this.#receiver.done) throw new LongspliceError('another receive is under way');
    signal?.throwIfAborted();
    this.#session.consume(now());
    this.#kick();
    const message = this.#next();
    if (message !== undefined) return message;
    this.#receiver = deferred(signal);
    return this.#receiver.promise;
  }

  /** Asking for the next message says that the one before is consumed. A loop that is left may be entered again. */
  [Symbol.asyncIterator]() {
    return {
      next: async () => {
        const value = await this.receive();
        return value === null ? { done: true, value: undefined } : { done: false, value };
      },
      return: async (value) => ({ done: true, value }),
    };
  }

  /**
   * Wait until the server's application has consumed all that was accepted before the call. Rejected if the session ends before. If the
   * signal ends it the outcome is unknown, not failed: the messages are still on their way.
   * @param {{signal?: AbortSignal}} [options]
   * @returns {Promise<void>}
   */
  flush({ signal } = {}) {
    const wait = deferred(signal);
    this.#flushes.add(Object.assign(wait, { until: this.#session.queued }));
    this.#session.want();
    this.#kick();
    return wait.promise;
  }

  /**
   * End the session: nothing more is accepted or received, and what was accepted is delivered, over further links if need be. Resolved
   * when it is; after timeout ms the session is cut off. Rejected with a LostError if not everything was delivered.
   * @param {number} [code] 0, 1 or one of the application's: 1000 to 65535
   * @param {string} [reason] at most 128 bytes of UTF-8, for people
   * @param {{timeout?: number, consumed?: boolean}} [options] consumed: whether the message in hand counts as consumed; it does by default
   * @returns {Promise<void>}
   */
  async close(code = Code.NORMAL, reason = '', { timeout = 5_000, consumed = true } = {}) {
    if (utf8.encode(reason).length > REASON_MAX) throw new RangeError(`a reason of over ${REASON_MAX} bytes`);
    if (!(code === Code.NORMAL || code === Code.ERROR || (Number.isInteger(code) && code >= 1000 && code <= 65535))) {
      throw new RangeError(`a code of ${code}`);
    }
    this.#event((t) => {
      if (consumed) this.#session.consume(t);
      this.#session.close(code, reason);
    });
    const timer = setTimeout(() => this.#event(() => this.#session.cutOff()), timeout);
    const end = await this.closed;
    clearTimeout(timer);
    if (end instanceof LostError) throw end;
  }

  /** Dial at once, if the connection waits to; ask for a sign of life, if it has a link. For who has learnt that the network is back. */
  wake() { this.#event((t) => this.#session.wake(t)); }

  #wake = () => {
    if (globalThis.document?.visibilityState !== 'hidden') this.wake();
  };

  #encoded(message) {
    const bytes = bytesOf(message), error = this.#session.sendError();
    if (error) throw error;
    if (bytes.length > this.#session.peerMax) throw new LimitError(bytes.length, this.#session.peerMax);
    return frame(Kind.DATA, bytes);
  }

  #accept(bytes) {
    if (this.#sends.length || !this.#session.fits(bytes.length)) return false;
    this.#session.accept(bytes);
    this.#kick();
    return true;
  }

  /** A message, null at a clean end, undefined if there is neither yet. Throws why the session is over. */
  #next() {
    const { end } = this.#session, message = this.#session.take();
    if (message) return message;
    if (end instanceof ClosedError && (!end.remote || end.code === Code.NORMAL)) return null;
    if (end) throw end;
    return this.#session.halfClosed ? null : undefined;
  }

  #event(happen) {
    happen(now());
    this.#turn();
  }

  /** What is done in one go is written in one go. */
  #kick() {
    if (this.#kicked) return;
    this.#kicked = true;
    queueMicrotask(() => {
      this.#kicked = false;
      this.#turn();
    });
  }

  #turn() {
    this.#again = true;
    if (this.#turning) return;
    this.#turning = true;
    while (this.#again) {
      this.#again = false;
      this.#settle();
      for (const action of this.#session.pump(now(), WRITE_AHEAD - (this.#link?.buffered ?? 0))) this.#do(action);
    }
    this.#settle();
    this.#turning = false;
    this.#arm();
  }

  /** @param {any} action */
  #do({ do: what, bytes, state }) {
    switch (what) {
      case 'dial':
        this.#dial();
        break;
      case 'send':
        try {
          this.#link?.send(bytes);
        } catch (err) {
          this.#event((t) => this.#session.broke(err, t));
        }
        break;
      case 'drop':
        this.#dialing?.abort();
        if (this.#link) this.#link.onbytes = this.#link.onclose = null; // the fence
        this.#link?.close();
        this.#dialing = this.#link = null;
        break;
      case 'state':
        try {
          this.#options.onState?.(state);
        } catch (err) {
          queueMicrotask(() => { throw err; }); // the application's, and nothing of this module's stops for it
        }
    }
  }

  async #dial() {
    const dialing = this.#dialing = new AbortController();
    try {
      const { dial, credential = NOTHING } = this.#options;
      const shown = bytesOf(typeof credential === 'function' ? await credential() : credential);
      if (shown.length > CREDENTIAL_MAX) throw Object.assign(new RangeError(`a credential of ${shown.length} bytes`), { permanent: true });
      dialing.signal.throwIfAborted();
      const link = await dial(this.#url, { signal: dialing.signal });
      if (this.#dialing !== dialing) return link.close();
      this.#dialing = null;
      this.#link = link;
      const present = (happen) => { if (this.#link === link) this.#event(happen); };
      link.onbytes = (bytes) => present((t) => this.#session.fed(bytes, t));
      link.onclose = (cause) => present((t) => this.#session.broke(cause ?? new LongspliceError('the link has ended'), t));
      this.#event((t) => this.#session.opened(t, shown));
    } catch (err) {
      if (this.#dialing === dialing) this.#event((t) => this.#session.broke(err, t));
    }
  }

  #settle() {
    const session = this.#session, error = session.sendError();
    for (; this.#sends.length; this.#sends.shift()) {
      const { bytes, wait } = this.#sends.at(0);
      if (wait.done) continue;
      if (!error && !session.fits(bytes.length)) {
        session.want();
        break;
      }
      if (!error) session.accept(bytes);
      if (error) wait.reject(error);
      else wait.resolve();
    }
    if (this.#receiver && !this.#receiver.done) {
      try {
        const message = this.#next();
        if (message !== undefined) this.#receiver.resolve(message);
      } catch (err) {
        this.#receiver.reject(err);
      }
    }
    for (const wait of this.#flushes) {
      if (session.acked >= wait.until) wait.resolve();
      else if (session.flushError()) wait.reject(session.flushError());
      if (wait.done) this.#flushes.delete(wait);
    }
    if (session.end) {
      this.#started.reject(session.end);
      this.#closed.resolve(session.end);
      globalThis.removeEventListener?.('online', this.#wake);
      globalThis.document?.removeEventListener('visibilitychange', this.#wake);
    } else if (session.id) this.#started.resolve();
  }

  #arm() {
    const at = this.#session.starved ? Math.min(this.#session.deadline(), now() + POLL) : this.#session.deadline();
    if (at >= this.#timerAt && at !== Infinity) return; // a timer that is early does no harm
    clearTimeout(this.#timer);
    this.#timerAt = at;
    if (at === Infinity) return;
    this.#timer = setTimeout(() => {
      this.#timerAt = Infinity;
      this.#event((t) => this.#session.tick(t));
    }, Math.min(Math.max(0, at - now()), 2 ** 31 - 1));
  }
}

function webSocketURL(url) {
  if (!globalThis.WebSocket) throw new TypeError('no WebSocket here: pass a dial');
  const absolute = new URL(url, globalThis.location?.href);
  absolute.protocol = absolute.protocol.replace('http', 'ws');
  if (!absolute.protocol.startsWith('ws')) throw new TypeError(`no WebSocket address: ${absolute.href}`);
  return absolute.href;
}

/**
 * Begin a session. It retries until it succeeds, the signal ends it, giveUp has passed, or the server refuses for good (RefusedError).
 * @param {string | URL} url ws, wss, http or https; in a page, relative to it. A dial of your own may take anything
 * @param {Options} [options]
 * @returns {Promise<Connection>}
 */
export function connect(url, options = {}) {
  return Connection.open(url, options, new Backoff(...(options.backoff ?? [])));
}

/**
 * Keep a session with the server and call handler with it. When the session is lost or the server shuts down, and handler throws the
 * error that its connection gave it, handler is called again with another session: the server has forgotten what was said. Returns what
 * handler does, after everything that it sent was delivered. Throws an error of handler's own, after closing with code 1 and with the
 * message in hand not consumed; a RefusedError; or the signal's reason, after closing.
 * @template T
 * @param {string | URL} url
 * @param {(c: Connection) => Promise<T>} handler
 * @param {Options} [options]
 * @returns {Promise<T>}
 */
export async function run(url, handler, options = {}) {
  const { signal } = options, backoff = new Backoff(...(options.backoff ?? []));
  for (let delay = 0, ordered = false; ;) {
    const c = await Connection.open(url, options, backoff, delay, ordered);
    const stop = () => c.close().catch(() => {});
    signal?.addEventListener('abort', stop);
    let result;
    try {
      result = await handler(c);
    } catch (err) {
      if (err !== c.error || !(err instanceof LostError || err.code === Code.GOING_AWAY) || signal?.aborted) {
        await c.close(Code.ERROR, '', { consumed: false }).catch(() => {});
        signal?.throwIfAborted();
        throw err;
      }
      ordered = c.comeBack !== null;
      delay = ordered ? backoff.between(...c.comeBack) : backoff.next();
      continue;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
    await c.close();
    signal?.throwIfAborted();
    return result;
  }
}
