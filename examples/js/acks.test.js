// Acknowledgements, and the windows of both ends.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code, encode, Kind, ProtocolError } from '../chat/server/web/longsplice.js';
import { bytes, Rig, text } from './rig.js';

const ack = (received, consumed, sent = 0) => ({ received, consumed, sent });
const x = (length) => 'x'.repeat(length);

function broken(rig, pattern) {
  assert.equal(rig.wrote(Kind.CLOSE).code, Code.PROTOCOL);
  rig.quiet();
  const { cause } = rig.lost('protocol');
  assert.ok(cause instanceof ProtocolError);
  assert.match(cause.message, pattern);
}

test('ACKREQ is answered at once, even if nothing has changed', () => {
  const rig = Rig.open();
  rig.say(Kind.ACKREQ);
  assert.deepEqual(rig.wrote(Kind.ACK), ack(0, 0));
  rig.say(Kind.ACKREQ);
  assert.deepEqual(rig.wrote(Kind.ACK), ack(0, 0));
  rig.quiet();
});

test('an ACK that nobody asked for, within about a second', () => {
  const rig = Rig.open();
  rig.data('one');
  rig.quiet();
  rig.advance(999);
  rig.quiet();
  rig.advance(1);
  assert.deepEqual(rig.wrote(Kind.ACK), ack(8, 0));
  rig.consume('one');
  rig.advance(1000);
  assert.deepEqual(rig.wrote(Kind.ACK), ack(8, 8));
  rig.advance(10_000);
  rig.quiet(); // nothing new
});

test('an ACK is not put off by what arrives meanwhile', () => {
  const rig = Rig.open();
  for (let i = 0; i < 3; i++) {
    rig.data('one');
    rig.quiet();
    rig.advance(400);
  }
  assert.deepEqual(rig.wrote(Kind.ACK), ack(24, 0));
});

test('a quarter of the window is told at once', () => {
  const rig = Rig.open({ window: 40 });
  rig.data(x(3), x(5), '');
  rig.consume(x(3));
  rig.quiet();
  rig.consume(x(5));
  assert.deepEqual(rig.wrote(Kind.ACK), ack(23, 18));
  rig.consume('');
  rig.quiet();
});

test('with a window of 0 each message is told', () => {
  const rig = Rig.open({ window: 0 });
  rig.data(x(100));
  rig.quiet();
  rig.consume(x(100));
  assert.deepEqual(rig.wrote(Kind.ACK), ack(105, 105));
});

test('progress while an ACKREQ is in force', () => {
  const rig = Rig.open();
  rig.data('a', 'b', 'c');
  rig.say(Kind.ACKREQ);
  assert.deepEqual(rig.wrote(Kind.ACK), ack(18, 0));
  rig.data('d');
  for (const [message, told] of [['a', 6], ['b', 12]]) {
    rig.consume(message);
    rig.quiet();
    rig.advance(10);
    assert.deepEqual(rig.wrote(Kind.ACK), ack(24, told));
  }
  rig.consume('c');
  assert.deepEqual(rig.wrote(Kind.ACK), ack(24, 18)); // at once, and then it is over
  rig.consume('d');
  rig.advance(900);
  rig.quiet();
});

test('an ACKREQ ends with its link', () => {
  const rig = Rig.open();
  rig.data('a', 'b');
  rig.say(Kind.ACKREQ);
  rig.wrote(Kind.ACK);
  rig.resume();
  rig.consume('a');
  rig.advance(500);
  rig.quiet();
});

test('what HELLO has told needs no ACK; what was consumed since does', () => {
  const rig = Rig.open();
  rig.data('a', 'b');
  rig.consume('a');
  rig.resume();
  rig.advance(2_000);
  rig.quiet();
  rig.cut();
  rig.redial();
  rig.consume('b');
  rig.welcome({ resumed: true });
  rig.advance(2_000);
  assert.deepEqual(rig.wrote(Kind.ACK), ack(12, 12));
});

test('an ACK carries what was sent before it', () => {
  const rig = Rig.open();
  rig.data('a');
  rig.send('bb');
  rig.say(Kind.ACKREQ);
  assert.equal(text(rig.wrote(Kind.DATA)), 'bb');
  assert.deepEqual(rig.wrote(Kind.ACK), ack(6, 0, 7));
});

test('messages for the window of the server', () => {
  const rig = Rig.open({}, { window: 20 });
  rig.send(x(30), x(5), x(5), '.');
  rig.wrote(Kind.DATA); // one always fits
  rig.wrote(Kind.ACKREQ);
  rig.quiet();
  rig.say(Kind.ACK, ack(35, 0)); // receipt makes no room
  rig.quiet();
  rig.say(Kind.ACK, ack(35, 35));
  rig.wrote(Kind.DATA);
  rig.wrote(Kind.DATA);
  rig.wrote(Kind.ACKREQ);
  rig.quiet();
  rig.say(Kind.ACK, ack(55, 40)); // one byte short
  rig.quiet();
  rig.say(Kind.ACK, ack(55, 41));
  assert.equal(text(rig.wrote(Kind.DATA)), '.');
  rig.quiet();
});

test('a server with a window of 0 gets one message at a time', () => {
  const rig = Rig.open({}, { window: 0 });
  rig.send('a', 'b');
  rig.wrote(Kind.DATA);
  rig.wrote(Kind.ACKREQ);
  rig.quiet();
  rig.say(Kind.ACK, ack(6, 6));
  assert.equal(text(rig.wrote(Kind.DATA)), 'b');
});

test('the window is full when the link dies, and empty when the next one comes', () => {
  const rig = Rig.open({}, { window: 10 });
  rig.send('1234', '5', '6');
  rig.wrote(Kind.DATA);
  rig.wrote(Kind.ACKREQ);
  rig.resume({ received: 9, consumed: 9, window: 10 });
  rig.wrote(Kind.DATA);
  rig.wrote(Kind.ACKREQ); // is asked again: the last one died with its link
  rig.resume({ received: 15, consumed: 9, window: 10 });
  rig.wrote(Kind.ACKREQ);
  rig.quiet();
});

test('the send buffer', () => {
  const rig = Rig.open({ sendBuffer: 12 });
  assert.ok(rig.session.fits(1000)); // one always fits
  rig.send('1', '2');
  assert.equal(rig.session.fits(6), false);
  rig.session.want();
  rig.pump();
  rig.wrote(Kind.DATA);
  rig.wrote(Kind.DATA);
  rig.wrote(Kind.ACKREQ);
  rig.say(Kind.ACK, ack(12, 6));
  assert.equal(rig.session.fits(6), true);
  assert.equal(rig.session.fits(7), false);
});

test('a flush asks once for each position, behind its DATA, and again on the next link', () => {
  const rig = Rig.open();
  rig.send('a');
  rig.session.want();
  rig.pump();
  rig.session.want();
  rig.pump();
  rig.wrote(Kind.DATA);
  rig.wrote(Kind.ACKREQ);
  rig.quiet();
  rig.resume({ received: 6 });
  rig.wrote(Kind.ACKREQ);
  rig.say(Kind.ACK, ack(6, 6));
  rig.resume({ received: 6, consumed: 6 });
  rig.quiet();
});

test('a flush asks behind what still waits for room', () => {
  const rig = Rig.open();
  for (const message of ['a', 'b']) rig.session.accept(encode(Kind.DATA, bytes(message)));
  rig.session.want();
  rig.pump(1);
  rig.wrote(Kind.DATA);
  rig.quiet();
  rig.pump();
  rig.wrote(Kind.DATA);
  rig.wrote(Kind.ACKREQ);
  rig.quiet();
});

test('DATA waits for room in the transport; ACK, PONG and CLOSE do not', () => {
  const rig = Rig.open();
  for (const message of [x(100), x(100)]) rig.session.accept(encode(Kind.DATA, bytes(message)));
  rig.pump(1);
  rig.wrote(Kind.DATA); // begun with room
  rig.quiet();
  assert.ok(rig.session.starved);
  rig.session.fed(Buffer.concat([encode(Kind.PING, { nonce: 1 }), encode(Kind.ACKREQ)]), rig.now);
  rig.session.close(0, '');
  rig.pump(0);
  rig.wrote(Kind.CLOSE);
  rig.wrote(Kind.PONG);
  assert.equal(rig.wrote(Kind.ACK).sent, 105);
  rig.quiet();
  rig.pump();
  rig.wrote(Kind.DATA);
  assert.equal(rig.session.starved, false);
});

test('ACKs that repeat or go back are ignored', () => {
  const rig = Rig.open();
  rig.send('a', 'b', 'c');
  rig.say(Kind.ACK, ack(12, 12));
  for (const [received, consumed, reported] of [[12, 12, 12], [6, 6, 12], [0, 0, 12], [18, 6, 18], [12, 12, 18]]) {
    rig.say(Kind.ACK, ack(received, consumed));
    assert.deepEqual([rig.session.acked, rig.session.reported], [12, reported]);
  }
  assert.equal(rig.session.end, null);
});

test('an ACK within a message frees what lies below it as a whole', () => {
  const rig = Rig.open();
  rig.send('a', 'b');
  rig.say(Kind.ACK, ack(12, 8));
  rig.say(Kind.GOAWAY, { min: 0, max: 0 });
  rig.cut();
  rig.redial();
  rig.say(Kind.REFUSE, { code: 4, epoch: 8, min: 0, max: 0, reason: '' });
  assert.deepEqual(rig.lost('restarted').unknown.map(text), ['b']);
});

test('ACKs that cannot be', () => {
  for (const [bad, pattern] of [
    [ack(0, 0, 1), /has sent 1, and 0/], [ack(7, 0), /ACK of 7, and 6/], [ack(2n ** 64n - 2n, 0), /ACK of/], [ack(0, 1), /consumed/],
  ]) {
    const rig = Rig.open();
    rig.send('a');
    rig.wrote(Kind.DATA);
    rig.say(Kind.ACK, bad);
    broken(rig, pattern);
    assert.equal(rig.session.acked, 0); // nothing of it takes effect
  }
});

test('DATA over the window', () => {
  const rig = Rig.open({ window: 10 });
  rig.data(x(50)); // one always fits
  rig.consume(x(50));
  rig.wrote(Kind.ACK);
  rig.data('12345', '');
  assert.deepEqual(rig.wrote(Kind.CLOSE).consumed, 55);
  assert.match(rig.lost('protocol').cause.message, /window/);
});

test('what is consumed and not told opens no window', () => {
  const rig = Rig.open({ window: 40 });
  rig.data('abc');
  rig.consume('abc');
  rig.data(x(28));
  broken(rig, /window/);

  const resumed = Rig.open({ window: 40 });
  resumed.data('abc');
  resumed.consume('abc');
  resumed.resume(); // HELLO tells
  resumed.data(x(30), '');
  assert.equal(resumed.session.end, null);
});

test('what the link cannot carry', () => {
  for (const [raw, pattern] of [
    [Uint8Array.of(0, 0, 0, 0), /length 0/], [Uint8Array.of(255, 255, 255, 255), /length 4294967295/],
    [bytes('HTTP/1.1'), /length/], [Uint8Array.of(0, 0, 0, 1, 0x42), /kind 66/], [Uint8Array.of(0, 0, 0x10, 1, Kind.ACK), /length 4097/],
    [encode(Kind.DATA, new Uint8Array(1025)), /length 1026|kind 16/],
  ]) {
    const rig = Rig.open({ maxMessage: 1024 });
    rig.feed(raw);
    broken(rig, pattern);
  }
});

test('frames before a violation take effect, what comes after it does not', () => {
  const rig = Rig.open();
  rig.send('a');
  rig.wrote(Kind.DATA);
  rig.feed(Buffer.concat([encode(Kind.ACK, ack(6, 6)), encode(Kind.DATA, bytes('b')), new Uint8Array(4), encode(Kind.DATA, bytes('c'))]));
  const { final, consumed } = rig.wrote(Kind.CLOSE);
  assert.deepEqual([final, consumed, rig.session.received, rig.session.acked], [6, 0, 6, 6]);
  rig.feed(encode(Kind.DATA, bytes('d')));
  rig.consume(undefined); // a CLOSE that consumes no more was sent
  const { unknown, undelivered } = rig.lost('protocol');
  assert.deepEqual([unknown, undelivered], [[], []]);
  rig.quiet();
});

test('nothing wraps at 2^53: the session ends', () => {
  const rig = Rig.open({ window: 2 ** 32 - 1 });
  Object.assign(rig.session, { received: Number.MAX_SAFE_INTEGER - 6, told: Number.MAX_SAFE_INTEGER - 6, consumed: Number.MAX_SAFE_INTEGER - 6 });
  rig.data('a');
  assert.equal(rig.session.received, Number.MAX_SAFE_INTEGER);
  rig.say(Kind.ACK, ack(0, 0, Number.MAX_SAFE_INTEGER));
  assert.equal(rig.session.end, null);
  rig.data('');
  assert.match(rig.session.end.cause.message, /counts/);
});
