// The default dial, over a WebSocket that does what it is told.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { connect, dialWebSocket, encode, Kind } from '../chat/server/web/longsplice.js';
import { EPOCH, ID, token } from './rig.js';

class FakeSocket {
  static made = [];
  bufferedAmount = 0; protocol = 'longsplice'; sent = []; closes = 0;

  constructor(url, protocol) {
    if (FakeSocket.throws) throw FakeSocket.throws;
    Object.assign(this, { url, offered: protocol });
    FakeSocket.made.push(this);
  }

  send(bytes) { this.sent.push(bytes); }

  close() {
    this.closes++;
    this.onerror?.({}); // Node 20, while it connects, from within this call
  }
}

const before = Object.getOwnPropertyDescriptor(globalThis, 'WebSocket');

beforeEach(() => {
  FakeSocket.made = [];
  FakeSocket.throws = null;
  Object.defineProperty(globalThis, 'WebSocket', { value: FakeSocket, configurable: true, writable: true });
});

afterEach(() => {
  if (before) Object.defineProperty(globalThis, 'WebSocket', before);
  else delete globalThis.WebSocket;
  delete globalThis.location;
});

function dial(signal = new AbortController().signal) {
  const dialled = dialWebSocket('ws://host/path', { signal });
  return { dialled, ws: FakeSocket.made.at(-1) };
}

test('bytes both ways', async () => {
  const { dialled, ws } = dial();
  assert.deepEqual([ws.url, ws.offered, ws.binaryType], ['ws://host/path', 'longsplice', 'arraybuffer']);
  ws.onopen();
  const link = await dialled, got = [], closed = [];
  link.onbytes = (bytes) => got.push(...bytes);
  link.onclose = (cause) => closed.push(cause.message);
  ws.onmessage({ data: Uint8Array.of(1, 2).buffer });
  ws.bufferedAmount = 7;
  link.send(Uint8Array.of(3));
  assert.deepEqual([got, ws.sent, link.buffered], [[1, 2], [Uint8Array.of(3)], 7]);
  ws.onclose({ code: 1001, reason: 'bye' });
  ws.onclose({ code: 1006, reason: '' });
  assert.deepEqual(closed, ['the WebSocket was closed: 1001 bye']);
});

test('a text message ends the link', async () => {
  const { dialled, ws } = dial();
  ws.onopen();
  const link = await dialled, closed = [];
  link.onclose = (cause) => closed.push(cause.message);
  ws.onmessage({ data: 'hello' });
  assert.deepEqual([closed, ws.closes], [['a text message'], 1]);
});

test('a server that does not choose the subprotocol is none of ours', async () => {
  const { dialled, ws } = dial();
  ws.protocol = '';
  ws.onopen();
  await assert.rejects(dialled, /speaks no longsplice/);
  assert.equal(ws.closes, 1);
});

test('failing to connect, with a close, an error alone, or at once', async () => {
  const first = dial();
  first.ws.onclose({ code: 1006, reason: '' });
  await assert.rejects(first.dialled, /1006/);
  const second = dial();
  second.ws.onerror({ message: 'refused' });
  await assert.rejects(second.dialled, /refused/);
  FakeSocket.throws = new Error('mixed content');
  await assert.rejects(dial().dialled, /mixed content/);
  await assert.rejects(connect('ws://host/'), /mixed content/); // and is not tried again
});

test('a dial that is given up', async () => {
  const stop = new AbortController(), { dialled, ws } = dial(stop.signal);
  stop.abort();
  await assert.rejects(dialled, /given up/);
  assert.equal(ws.closes, 1);
});

test('addresses', async () => {
  globalThis.location = { href: 'https://example.org/chat/index.html' };
  for (const [url, want] of [
    ['/longsplice', 'wss://example.org/longsplice'], ['link?a=1', 'wss://example.org/chat/link?a=1'], ['http://host:1/', 'ws://host:1/'],
    ['wss://host/x', 'wss://host/x'], [new URL('ws://host/y'), 'ws://host/y'],
  ]) {
    const stop = new AbortController(), connecting = connect(url, { signal: stop.signal });
    await new Promise((resolve) => { setImmediate(resolve); });
    assert.equal(FakeSocket.made.at(-1).url, want);
    stop.abort();
    await assert.rejects(connecting, { name: 'AbortError' });
  }
  await assert.rejects(connect('ftp://host/'), TypeError);
  delete globalThis.WebSocket;
  await assert.rejects(connect('ws://host/'), /pass a dial/);
});

test('one message may carry frames of any number, and parts of them', async () => {
  const stop = new AbortController(), connecting = connect('ws://host/', { signal: stop.signal });
  await new Promise((resolve) => { setImmediate(resolve); });
  const ws = FakeSocket.made.at(-1), say = (bytes) => ws.onmessage({ data: Uint8Array.from(bytes).buffer });
  ws.onopen();
  await new Promise((resolve) => { setImmediate(resolve); });
  const all = [...encode(Kind.WELCOME, { resumed: false, epoch: EPOCH, id: ID, received: 0, consumed: 0, window: 1 << 20, maxMessage: 10,
    minPing: 0, ttl: 0, token: token(1) }), ...encode(Kind.DATA, [1]), ...encode(Kind.DATA, [2])];
  say(all.slice(0, 9));
  say([]);
  say(all.slice(9, -3));
  const c = await connecting;
  say(all.slice(-3));
  assert.deepEqual([[...await c.receive()], [...await c.receive()]], [[1], [2]]);
  await c.close(0, '', { timeout: 0 });
  assert.ok(ws.closes > 0);
});
