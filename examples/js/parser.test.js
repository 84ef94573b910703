import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode, Kind, Parser, ProtocolError } from '../chat/server/web/longsplice.js';

const LIMIT = 1 << 20;

/** Frames of all sizes, as one run of bytes. */
function stream(count) {
  const messages = Array.from({ length: count }, (_, i) => new Uint8Array((i * i * 37) % 9000).fill(i));
  return { messages, all: Buffer.concat(messages.map((m) => encode(Kind.DATA, m))) };
}

for (const [name, sizes] of Object.entries({ 'byte by byte': [1], 'all at once': [1 << 30], 'in uneven pieces': [1, 4, 5, 3000, 2, 70_000] })) {
  test(`frames that come ${name}`, () => {
    const { messages, all } = stream(60), parser = new Parser(), got = [];
    for (let at = 0, i = 0; at < all.length; at += sizes[i++ % sizes.length]) {
      parser.push(all.subarray(at, at + sizes[i % sizes.length]));
      for (let f; (f = parser.next(LIMIT));) got.push(f.body.slice());
    }
    assert.equal(got.length, messages.length);
    got.forEach((body, i) => assert.deepEqual(body, messages[i]));
  });
}

test('a large message that comes in small pieces is not copied for each of them', () => {
  const parser = new Parser(), whole = encode(Kind.DATA, new Uint8Array(16 << 20)), began = process.cpuUsage();
  for (let at = 0; at < whole.length; at += 1000) {
    assert.equal(parser.next(whole.length), null);
    parser.push(whole.subarray(at, at + 1000));
  }
  assert.equal(parser.next(whole.length).body.length, 16 << 20);
  const copied = new Uint8Array(whole.length), piecewise = process.cpuUsage(began).user;
  const floor = process.cpuUsage();
  for (let i = 0; i < 100; i++) copied.set(whole);
  assert.ok(piecewise < 20 * process.cpuUsage(floor).user, `${piecewise} µs`); // a copy for each piece would take 80 times the floor
});

test('a claimed length sets no memory aside', () => {
  const parser = new Parser(), before = process.memoryUsage().arrayBuffers;
  parser.push(Uint8Array.of(0x40, 0, 0, 0, Kind.DATA));
  assert.equal(parser.next(2 ** 32 - 2), null);
  assert.ok(process.memoryUsage().arrayBuffers - before < 1 << 16);
});

test('a length over the limit is refused at its fourth byte, a kind at its fifth', () => {
  const parser = new Parser();
  parser.push(Uint8Array.of(0, 0x10, 0));
  assert.equal(parser.next(1023), null);
  parser.push(Uint8Array.of(1));
  assert.throws(() => parser.next(1023), ProtocolError);

  const control = new Parser();
  control.push(Uint8Array.of(0, 0, 0x10, 1));
  assert.equal(control.next(LIMIT), null);
  control.push(Uint8Array.of(Kind.CLOSE));
  assert.throws(() => control.next(LIMIT), ProtocolError);
});

test('an empty frame at the limit of 0', () => {
  const parser = new Parser();
  parser.push(encode(Kind.DATA, new Uint8Array(0)));
  assert.equal(parser.next(0).body.length, 0);
  parser.push(encode(Kind.DATA, new Uint8Array(1)));
  assert.throws(() => parser.next(0), ProtocolError);
});
