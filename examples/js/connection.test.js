// What the application calls, over links in memory.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { ClosedError, connect, Kind, LimitError, LostError, OPEN, RefusedError, run } from '../chat/server/web/longsplice.js';
import { Peer } from './peer.js';
import { bytes, text } from './rig.js';

const close = (code, final, consumed, reason = '') => ({ code, final, consumed, reason });
const refuse = (code) => ({ code, epoch: 9, min: 0, max: 0, reason: 'because' });
const turn = () => new Promise((resolve) => { setImmediate(resolve); });

const opened = new Set();

afterEach(async () => {
  await Promise.all(Array.from(opened, (c) => c.close(0, '', { timeout: 0 }).catch(() => {})));
  opened.clear();
});

/** A connection, its first link, its peer, and the states that it told. */
async function open(options = {}, welcome = {}) {
  const peer = new Peer(), states = [];
  const connecting = connect('somewhere', { dial: peer.dial, backoff: [0, 0], onState: (s) => states.push(s), ...options });
  const link = await peer.welcome(welcome);
  const c = await connecting;
  opened.add(c);
  return { c, link, peer, states, names: () => states.map((s) => s.state) };
}

/** Whether a promise is still open when everything that could settle it has run. */
async function pending(promise) {
  const marker = {};
  await turn();
  return await Promise.race([promise.catch(() => {}), Promise.resolve(marker)]) === marker;
}

test('messages both ways, and a close', async () => {
  const { c, link, peer, names } = await open();
  assert.deepEqual([peer.dialled, c.id], [['somewhere'], '000102030405060708090a0b0c0d0e0f']);
  await c.send('grüß');
  assert.equal(text(await link.wrote(Kind.DATA)), 'grüß');
  link.data('one', 'two');
  const got = [];
  const reading = (async () => { for await (const message of c) got.push(text(message)); })();
  await turn();
  assert.deepEqual(got, ['one', 'two']);
  const closing = c.close(1000, 'bye');
  assert.deepEqual(await link.wrote(Kind.CLOSE), close(1000, 11, 16, 'bye'));
  link.say(Kind.CLOSE, close(0, 16, 11));
  await closing;
  await reading;
  await link.end();
  assert.deepEqual(names(), ['connecting', 'connected', 'closed']);
  assert.ok(await c.closed instanceof ClosedError);
  assert.equal(c.error, await c.closed);
  await c.close(); // again: nothing to do
  await assert.rejects(c.send('x'), ClosedError);
  assert.throws(() => c.trySend('x'), ClosedError);
});

test('messages of every type, as they are at the time of the call', async () => {
  const { c, link } = await open();
  const mine = Uint8Array.of(1, 2, 3, 4);
  await c.send(mine.subarray(1, 3));
  await c.send(mine.buffer);
  await c.send(new DataView(mine.buffer, 2));
  await c.send('');
  mine.fill(9);
  for (const want of [[2, 3], [1, 2, 3, 4], [3, 4], []]) assert.deepEqual([...await link.wrote(Kind.DATA)], want);
  await assert.rejects(c.send(5), TypeError);
  await assert.rejects(c.send('x'.repeat(1001)), (err) => err instanceof LimitError && err.got === 1001 && err.max === 1000);
  c.trySend('x'.repeat(1000)); // the limit itself is no error
});

test('what is sent in one go is written in one go', async () => {
  const { c, link } = await open();
  const before = link.writes;
  for (let i = 0; i < 100; i++) assert.ok(c.trySend(String(i)));
  await c.flush({ signal: AbortSignal.abort('no') }).catch(() => {});
  for (let i = 0; i < 100; i++) assert.equal(text(await link.wrote(Kind.DATA)), String(i));
  assert.ok(link.writes - before <= 2, `${link.writes - before} writes`);
});

test('a full send buffer: send waits its turn, trySend says so', async () => {
  const { c, link } = await open({ sendBuffer: 17 });
  await c.send('1');
  await c.send('2');
  assert.equal(c.trySend('33'), false);
  const stop = new AbortController(), order = [];
  const message = bytes('33');
  const third = c.send(message).then(() => order.push(3));
  message.fill(0); // the copy is made at once
  const gone = c.send('gone', { signal: stop.signal });
  const fourth = c.send('4').then(() => order.push(4));
  for (const want of ['1', '2']) assert.equal(text(await link.wrote(Kind.DATA)), want);
  assert.ok(await pending(third));
  stop.abort(new Error('enough'));
  await assert.rejects(gone, /enough/);
  assert.equal(c.trySend(''), false); // nobody overtakes those who wait
  await link.wrote(Kind.ACKREQ);
  link.say(Kind.ACK, { received: 12, consumed: 6, sent: 0 });
  await third;
  assert.ok(await pending(fourth));
  link.say(Kind.ACK, { received: 12, consumed: 12, sent: 0 });
  await fourth;
  assert.deepEqual(order, [3, 4]);
  for (const want of ['33', '4']) assert.equal(text(await link.wrote(Kind.DATA)), want);
});

test('consumed is what the next call says', async () => {
  const { c, link } = await open({ window: 40 });
  link.data('x'.repeat(20), 'y');
  const messages = c[Symbol.asyncIterator]();
  assert.equal(text((await messages.next()).value), 'x'.repeat(20));
  await turn();
  link.say(Kind.ACKREQ);
  assert.equal((await link.wrote(Kind.ACK)).consumed, 0);
  await messages.next();
  assert.equal((await link.wrote(Kind.ACK)).consumed, 25);
});

test('a loop that is left may be entered again', async () => {
  const { c, link } = await open();
  link.data('one', 'two');
  for await (const message of c) {
    assert.equal(text(message), 'one');
    break;
  }
  link.say(Kind.ACKREQ);
  assert.equal((await link.wrote(Kind.ACK)).consumed, 0); // it may have been left because of an error
  for await (const message of c) {
    assert.equal(text(message), 'two');
    break;
  }
});

test('receive with a signal loses nothing', async () => {
  const { c, link } = await open();
  const stop = new AbortController(), waiting = c.receive({ signal: stop.signal });
  await assert.rejects(c.receive(), /another receive/);
  stop.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
  await assert.rejects(c.receive({ signal: stop.signal }), /enough/);
  link.data('kept');
  assert.equal(text(await c.receive()), 'kept');
});

test('flush', async () => {
  const { c, link } = await open();
  await c.flush(); // nothing to wait for
  await c.send('a');
  const flushed = c.flush();
  await link.wrote(Kind.DATA);
  await link.wrote(Kind.ACKREQ);
  link.say(Kind.ACK, { received: 6, consumed: 0, sent: 0 });
  assert.ok(await pending(flushed));
  await c.send('b'); // comes after
  link.say(Kind.ACK, { received: 12, consumed: 6, sent: 0 });
  await flushed;
  const never = c.flush({ signal: AbortSignal.timeout(1) });
  await assert.rejects(never, { name: 'TimeoutError' });
  const failing = c.flush();
  link.say(Kind.CLOSE, close(0, 0, 6));
  await assert.rejects(failing, LostError);
});

test('a link that breaks: resumed, and nobody notices', async () => {
  const { c, link, peer, states, names } = await open();
  await c.send('a');
  link.data('x');
  assert.equal(text(await c.receive()), 'x');
  link.cut();
  await c.send('b');
  const next = await peer.welcome();
  assert.deepEqual([next.hello.received, next.hello.consumed, link.closed], [6, 0, true]);
  assert.deepEqual([text(await next.wrote(Kind.DATA)), text(await next.wrote(Kind.DATA))], ['a', 'b']);
  assert.deepEqual(names(), ['connecting', 'connected', 'reconnecting', 'connecting', 'resumed']);
  assert.equal(states.at(-1).replayed, 1);
  assert.equal(states[2].cause.message, 'cut');
  assert.equal(c.stats.links, 2);
});

test('a fenced link does nothing more', async () => {
  const { c, link, peer } = await open();
  const { onbytes, onclose } = link.duplex;
  link.cut();
  assert.deepEqual([link.duplex.onbytes, link.duplex.onclose], [null, null]);
  const next = await peer.welcome();
  onbytes(new Uint8Array(4)); // whoever has kept them
  onclose(new Error('late'));
  next.data('new');
  assert.equal(text(await c.receive()), 'new');
  assert.equal(next.closed, false);
});

test('a write that throws is a link that breaks', async () => {
  const { c, link, peer } = await open();
  link.duplex.send = () => { throw new Error('EPIPE'); };
  await c.send('a');
  const next = await peer.welcome();
  assert.equal(text(await next.wrote(Kind.DATA)), 'a');
});

test('lost: told once, with what was not acknowledged', async () => {
  const { c, link, peer, names, states } = await open();
  await c.send('a');
  await link.wrote(Kind.DATA);
  link.data('kept');
  link.cut();
  const waits = [c.flush(), c.send('b'), c.closed];
  (await peer.link()).say(Kind.REFUSE, refuse(4));
  await assert.rejects(waits[0], LostError);
  const error = await waits[2];
  assert.deepEqual([error.reason, error.unknown.map(text), error.undelivered.map(text)], ['restarted', ['a'], ['b']]);
  assert.equal(text(await c.receive()), 'kept');
  await assert.rejects(c.receive(), (err) => err === error);
  await assert.rejects(c.close(), (err) => err === error);
  assert.deepEqual(names().filter((n) => n === 'lost' || n === 'closed'), ['lost']);
  assert.equal(states.at(-1).error, error);
  await turn();
  assert.equal(peer.links, 2);
});

test('the server closes: a clean end, and one with a code', async () => {
  const { c, link } = await open();
  link.data('last');
  link.say(Kind.CLOSE, close(0, 9, 0));
  const got = [];
  for await (const message of c) got.push(text(message));
  assert.deepEqual(got, ['last']);
  assert.equal((await link.wrote(Kind.CLOSE)).consumed, 9);
  assert.equal(c.error.remote, true);

  const other = await open();
  other.link.say(Kind.CLOSE, close(1234, 0, 0, 'enough'));
  await assert.rejects(other.c.receive(), (err) => err instanceof ClosedError && err.code === 1234 && err.reason === 'enough' && err === other.c.error);
});

test('a server that closes its own direction alone ends the loop, not the sending', async () => {
  const { c, link } = await open();
  link.say(Kind.CLOSE, close(0, 0, OPEN));
  assert.equal(await c.receive(), null);
  await c.send('more');
  assert.equal(text(await link.wrote(Kind.DATA)), 'more');
});

test('close that is not answered is cut off', async () => {
  const { c, link } = await open({}, { window: 0 });
  await c.send('sent');
  await c.send('unsent');
  await assert.rejects(c.close(1000, 'bye', { timeout: 1 }), (err) => {
    assert.deepEqual([err.reason, err.unknown.map(text), err.undelivered.map(text)], ['cut-off', ['sent'], ['unsent']]);
    return err instanceof LostError;
  });
  await link.wrote(Kind.DATA);
  assert.equal((await link.wrote(Kind.CLOSE)).code, 1000);
  assert.equal((await link.wrote(Kind.CLOSE)).code, 4);
  await link.end();
});

test('close: the message in hand is consumed, unless it is not', async () => {
  for (const consumed of [undefined, false]) {
    const timers = () => process.getActiveResourcesInfo().filter((r) => r === 'Timeout').length, before = timers();
    const { c, link } = await open();
    link.data('x', 'unread');
    await c.receive();
    const closing = c.close(0, '', { consumed });
    assert.equal((await link.wrote(Kind.CLOSE)).consumed, consumed === false ? 0 : 6);
    link.say(Kind.CLOSE, close(0, 17, 0));
    await closing;
    assert.ok(timers() <= before, 'nothing keeps the process waiting');
  }
});

test('what close takes', async () => {
  const { c } = await open();
  for (const [code, reason] of [[2, ''], [999, ''], [65536, ''], [1.5, ''], [0, 'é'.repeat(65)]]) await assert.rejects(c.close(code, reason), RangeError);
  assert.equal(c.error, null);
});

test('credentials', async () => {
  const shown = ['one', bytes('two'), new Error('not now'), 'x'.repeat(3073)];
  const peer = new Peer(), causes = [];
  const connecting = connect('', {
    dial: peer.dial, backoff: [0, 0], onState: (s) => s.cause && causes.push(s.cause.message),
    credential: async () => {
      const next = shown.shift();
      if (next instanceof Error) throw next;
      return next;
    },
  });
  const first = await peer.welcome();
  assert.equal(text(first.hello.credential), 'one');
  const c = await connecting;
  first.cut();
  const second = await peer.welcome();
  assert.equal(text(second.hello.credential), 'two');
  second.cut();
  const error = await c.closed; // after one that failed, one that can never be shown
  assert.deepEqual([error.reason, error.cause.name], ['refused', 'RangeError']);
  assert.ok(causes.includes('not now'));
});

test('connecting: refused, aborted, and an address that is none', async () => {
  const peer = new Peer();
  const refused = connect('', { dial: peer.dial });
  (await peer.link()).say(Kind.REFUSE, refuse(2));
  await assert.rejects(refused, (err) => err instanceof RefusedError && err.code === 2 && err.reason === 'because');

  const stop = new AbortController();
  let aborted;
  const dialling = connect('', {
    signal: stop.signal,
    dial: (_, { signal }) => new Promise((_resolve, reject) => {
      aborted = signal;
      signal.addEventListener('abort', () => reject(signal.reason));
    }),
  });
  await turn();
  stop.abort(new Error('enough'));
  await assert.rejects(dialling, /enough/);
  assert.ok(aborted.aborted);
  await assert.rejects(connect('', { signal: stop.signal, dial: peer.dial }), /enough/);

  globalThis.WebSocket ??= class {};
  await assert.rejects(connect('no address'), TypeError);
});

test('a dial that comes up when it is no longer wanted is closed', async () => {
  let up;
  const stop = new AbortController(), link = { close: () => { link.closed = true; } };
  const connecting = connect('', { signal: stop.signal, dial: () => new Promise((resolve) => { up = resolve; }) });
  await turn();
  stop.abort(new Error('enough'));
  await assert.rejects(connecting, /enough/);
  up(link);
  await turn();
  assert.ok(link.closed);
});

test('onState may call what it likes, and what it throws stops nothing', async (t) => {
  const thrown = [], said = [];
  const { queueMicrotask } = globalThis;
  t.mock.method(globalThis, 'queueMicrotask', (f) => queueMicrotask(() => {
    try {
      f();
    } catch (err) {
      thrown.push(err.message); // else it would be uncaught, as it should
    }
  }));
  const { c, link, peer } = await open({ onState: (s) => { if (s.state === 'reconnecting') throw new Error('mine'); } });
  c.trySend('a');
  await link.wrote(Kind.DATA);
  link.cut();
  await peer.welcome();
  assert.deepEqual(thrown, ['mine']);
  t.mock.restoreAll();

  let conn = null;
  const other = await open({ onState: (s) => {
    said.push(s.state);
    if (s.state === 'goaway') conn.close().catch(() => {});
  } });
  conn = other.c;
  other.link.say(Kind.GOAWAY, { min: 0, max: 0 });
  assert.deepEqual(await other.link.wrote(Kind.CLOSE), close(0, 0, OPEN));
  assert.deepEqual(await other.link.wrote(Kind.CLOSE), close(0, 0, 0));
  other.link.say(Kind.CLOSE, close(3, 0, 0));
  await conn.closed;
  assert.equal(said.at(-1), 'closed');
});

test('GOAWAY: send says so, and the loop ends with the code of the server', async () => {
  const { c, link } = await open({ sendBuffer: 6 });
  await c.send('a');
  const waiting = c.send('b');
  link.say(Kind.GOAWAY, { min: 500, max: 5000 });
  const goingAway = (err) => err instanceof ClosedError && err.code === 3 && err.comeBack[1] === 5000;
  await assert.rejects(waiting, goingAway);
  await assert.rejects(c.send('c'), goingAway);
  link.data('answer');
  link.say(Kind.CLOSE, close(3, 11, 6));
  assert.equal(text(await c.receive()), 'answer');
  await assert.rejects(c.receive(), goingAway);
  assert.deepEqual(c.comeBack, [500, 5000]);
});

test('run: another session after a loss, and after GOAWAY, and its result', async () => {
  const peer = new Peer(), states = [];
  let calls = 0;
  const running = run('', async (c) => {
    calls++;
    if (calls === 3) {
      await c.send('done');
      return 'result';
    }
    for await (const message of c) assert.fail(text(message));
  }, { dial: peer.dial, backoff: [0, 0], onState: (s) => states.push(s) });

  const first = await peer.welcome();
  first.cut();
  (await peer.link()).say(Kind.REFUSE, refuse(4));
  const second = await peer.welcome();
  assert.equal(second.hello.attempt, 1); // a session of its own
  second.say(Kind.GOAWAY, { min: 20, max: 30 });
  second.say(Kind.CLOSE, close(3, 0, 0));
  const third = await peer.welcome();
  assert.equal(text(await third.wrote(Kind.DATA)), 'done');
  assert.deepEqual(await third.wrote(Kind.CLOSE), close(0, 9, 0));
  third.say(Kind.CLOSE, close(0, 0, 9));
  assert.equal(await running, 'result');
  const { delay } = states.findLast((s) => s.state === 'reconnecting');
  assert.ok(delay >= 20 && delay <= 30, `${delay}`);
  assert.deepEqual(states.map((s) => s.state).filter((s) => s === 'lost' || s === 'closed'), ['lost', 'closed', 'closed']);
});

test('run: an error of the handler closes with code 1, and its message is not consumed', async () => {
  const peer = new Peer();
  const running = run('', async (c) => {
    for await (const message of c) throw new Error(text(message));
  }, { dial: peer.dial });
  const link = await peer.welcome();
  link.data('mine');
  assert.deepEqual(await link.wrote(Kind.CLOSE), close(1, 0, 0));
  link.say(Kind.CLOSE, close(0, 9, 0));
  await assert.rejects(running, /mine/);
});

test('run: a refusal, a close of the server, a loss after the handler is done, and a signal', async () => {
  const each = async (script, handler, matches, options = {}) => {
    const peer = new Peer(), running = run('', handler, { dial: peer.dial, backoff: [0, 0], ...options });
    running.catch(() => {});
    await script(peer);
    await assert.rejects(running, matches);
  };
  const reading = async (c) => { for await (const _ of c); };
  await each(async (peer) => (await peer.link()).say(Kind.REFUSE, refuse(1)), reading, RefusedError);
  await each(async (peer) => (await peer.welcome()).say(Kind.CLOSE, close(1000, 0, 0)), reading, (err) => err.code === 1000);
  await each(async (peer) => {
    const link = await peer.welcome();
    await link.wrote(Kind.DATA);
    await link.wrote(Kind.CLOSE);
    link.say(Kind.CLOSE, close(0, 0, 0));
  }, (c) => c.send('unread'), LostError);
  const stop = new AbortController();
  await each(async (peer) => {
    const link = await peer.welcome();
    await turn();
    stop.abort(new Error('enough'));
    await link.wrote(Kind.CLOSE);
    link.say(Kind.CLOSE, close(0, 0, 0));
  }, reading, /enough/, { signal: stop.signal });
});

test('a transport that is full is looked at again', async () => {
  const { c, link } = await open();
  link.duplex.buffered = 1 << 20;
  await c.send('a');
  link.say(Kind.PING, { nonce: 5 });
  await link.wrote(Kind.PONG);
  link.duplex.buffered = 0; // a WebSocket does not tell
  assert.equal(text(await link.wrote(Kind.DATA)), 'a');
});

test('news of the network, in a browser', async () => {
  const listeners = new Map(), document = { visibilityState: 'visible', addEventListener: (name, f) => listeners.set(name, f),
    removeEventListener: (name, f) => listeners.get(name) === f && listeners.delete(name) };
  Object.assign(globalThis, { document, addEventListener: document.addEventListener, removeEventListener: document.removeEventListener });
  try {
    const { c, link, peer } = await open({ backoff: [1e9, 1e9] });
    assert.deepEqual([...listeners.keys()].sort(), ['online', 'visibilitychange']);
    link.cut();
    document.visibilityState = 'hidden';
    listeners.get('visibilitychange')();
    await turn();
    assert.equal(peer.links, 1);
    document.visibilityState = 'visible';
    listeners.get('visibilitychange')();
    const next = await peer.welcome();
    next.cut();
    listeners.get('online')();
    await peer.welcome();
    await c.close(0, '', { timeout: 0 });
    assert.equal(listeners.size, 0); // nothing of a closed connection stays behind
  } finally {
    for (const name of ['document', 'addEventListener', 'removeEventListener']) delete globalThis[name];
  }
});

test('a busy connection sets few timers', async (t) => {
  const { c, link } = await open();
  const { mock } = t.mock.method(globalThis, 'setTimeout');
  for (let i = 0; i < 1000; i++) {
    link.data('x');
    await c.receive();
  }
  assert.ok(mock.callCount() < 10, `${mock.callCount()} timers`);
});
