// HELLO, its answers, and resumption.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, encode, Kind, OPEN, ProtocolError, RefusedError } from '../chat/server/web/longsplice.js';
import { bytes, EPOCH, ID, Rig, text, token } from './rig.js';

const refuse = (code, min = 0, max = 0) => ({ code, epoch: EPOCH, min, max, reason: 'because' });
const of = (object, ...names) => names.map((name) => object[name]);

test('the first HELLO, and a first WELCOME that is lost', () => {
  const rig = new Rig({ window: 5, maxMessage: 6 });
  const first = rig.hello();
  assert.deepEqual(first, { plain: false, epoch: 0, attempt: 1, received: 0, consumed: 0, window: 5, maxMessage: 6,
    token: new Uint8Array(0), credential: new Uint8Array(0) });
  rig.cut();
  assert.deepEqual(rig.redial(), { ...first, attempt: 2 });
  rig.welcome();
  assert.deepEqual(rig.states.map((s) => s.state), ['connecting', 'reconnecting', 'connecting', 'connected']);
});

test('nothing follows HELLO before WELCOME', () => {
  const rig = Rig.open();
  rig.send('a');
  rig.session.want();
  rig.data('b');
  rig.cut();
  rig.redial();
  rig.session.consume(rig.now);
  rig.session.close(0, '');
  rig.pump();
  rig.advance(4_000);
  rig.quiet();
});

test('tokens, attempts and replay', () => {
  const rig = Rig.open();
  rig.send('a', 'bb');
  rig.cut();
  let hello = rig.redial(); // and the answer is lost
  assert.deepEqual(of(hello, 'attempt', 'token', 'epoch'), [2, token(1), EPOCH]);
  rig.cut();
  hello = rig.redial();
  assert.deepEqual(of(hello, 'attempt', 'token'), [3, token(1)]);
  rig.welcome({ resumed: true, received: 6 });
  assert.equal(text(rig.wrote(Kind.DATA)), 'bb');
  rig.quiet();
  assert.equal(rig.states.at(-1).replayed, 1);
  hello = rig.resume({ received: 13, consumed: 6 });
  assert.deepEqual(of(hello, 'attempt', 'token'), [4, token(2)]);
  rig.quiet();
  assert.equal(rig.states.at(-1).replayed, 0);
  rig.send('c');
  assert.equal(text(rig.wrote(Kind.DATA)), 'c');
  assert.equal(rig.session.acked, 6);
});

test('a session resumes with nothing said, many times', () => {
  const rig = Rig.open();
  for (let n = 2; n < 50; n++) assert.deepEqual(of(rig.resume(), 'attempt', 'token', 'received'), [n, token(n - 1), 0]);
});

test('a second resumption replays once', () => {
  const rig = Rig.open();
  rig.send('a', 'b', 'c');
  for (let n = 0; n < 3; n++) {
    rig.resume({ received: 6 });
    rig.wrote(Kind.DATA);
    rig.wrote(Kind.DATA);
    rig.quiet();
  }
});

test('messages that are accepted without a link go out in order behind those that are sent again', () => {
  const rig = Rig.open();
  rig.send('a', 'b');
  rig.cut();
  rig.send('c');
  rig.redial();
  rig.send('d');
  rig.welcome({ resumed: true, received: 6 });
  rig.send('e');
  const raw = rig.written.map(({ kind, value }) => (assert.equal(kind, Kind.DATA), text(value)));
  assert.deepEqual(raw, ['b', 'c', 'd', 'e']);
});

test('what was ever sent stays in doubt until it is consumed', () => {
  const rig = Rig.open();
  rig.send('a', 'b');
  rig.cut();
  rig.send('c');
  rig.redial();
  rig.session.fed(encode(Kind.WELCOME, { resumed: true, epoch: EPOCH, id: ID, received: 6, consumed: 0, window: 1 << 20, maxMessage: 1 << 20,
    minPing: 0, ttl: 0, token: token(2) }), rig.now);
  rig.pump(0); // the transport takes nothing
  rig.cut();
  rig.redial();
  rig.say(Kind.REFUSE, refuse(4));
  const { unknown, undelivered } = rig.lost('restarted');
  assert.deepEqual([unknown.map(text), undelivered.map(text)], [['a', 'b'], ['c']]);
});

test('half of a frame counts nothing', () => {
  const rig = Rig.open();
  const whole = encode(Kind.DATA, bytes('hello'));
  rig.feed(whole.subarray(0, 9));
  assert.equal(rig.resume().received, 0);
  rig.feed(whole.subarray(0, 3)); // of this link: nothing is left of the other one's
  rig.feed(whole.subarray(3));
  rig.consume('hello');
  rig.consume(undefined);
});

test('positions at HELLO', () => {
  const rig = Rig.open();
  rig.data('one', 'two');
  rig.consume('one');
  assert.deepEqual(of(rig.resume(), 'received', 'consumed'), [16, 8]);
});

test('a WELCOME that cannot be ends the session, without a CLOSE', () => {
  const wrong = {
    'received between frames': { received: 13 },
    'received over high': { received: 24 },
    'received under reported': { received: 6 },
    'consumed under acked': { consumed: 0 },
    'not resumed': { resumed: false },
    'another id': { id: new Uint8Array(16) },
    'another epoch': { epoch: EPOCH + 1 },
    'a smaller window': { window: 9 },
    'a smaller message': { maxMessage: 9 },
    'consumed over received': { consumed: 18 },
    'received of 2^53': { received: 2n ** 53n },
  };
  for (const [name, fields] of Object.entries(wrong)) {
    const rig = Rig.open();
    rig.send('a', 'b');
    rig.say(Kind.ACK, { received: 12, consumed: 6, sent: 0 });
    rig.resume({ received: 12, consumed: 6 }); // that is how it should be
    rig.send('c');
    rig.cut();
    rig.send('d');
    rig.redial();
    rig.welcome({ resumed: true, received: 12, consumed: 6, ...fields });
    rig.quiet();
    const { unknown, undelivered, cause } = rig.lost('protocol');
    assert.ok(cause instanceof ProtocolError, name);
    assert.deepEqual([unknown.map(text), undelivered.map(text)], [['b', 'c'], ['d']], name);
    assert.equal(rig.drops, 3, name);
  }
});

test('a first WELCOME that cannot be is tried again', () => {
  for (const fields of [{ resumed: true }, { received: 5 }]) {
    const rig = new Rig();
    rig.hello();
    rig.welcome(fields);
    assert.equal(rig.session.phase, 'waiting');
    rig.redial();
    rig.welcome();
    assert.equal(rig.session.phase, 'open');
  }
});

test('limits may grow', () => {
  const rig = Rig.open({}, { window: 10, maxMessage: 10 });
  rig.resume({ window: 11, maxMessage: 12 });
  assert.deepEqual([rig.session.peerWindow, rig.session.peerMax], [11, 12]);
});

const strangers = {
  HTTP: bytes('HTTP/1.1 400 Bad Request\r\n\r\n'),
  TLS: Uint8Array.of(0x15, 3, 3, 0, 2, 2, 40),
  'a length of 0': new Uint8Array(4),
  DATA: encode(Kind.DATA, bytes('x')),
};
for (const [name, raw] of Object.entries(strangers)) {
  test(`a stranger that says ${name} does not end a session`, () => {
    const rig = Rig.open();
    rig.cut();
    rig.redial();
    rig.feed(raw);
    assert.equal(rig.session.phase, 'waiting');
    assert.equal(rig.redial().attempt, 3);
    rig.welcome({ resumed: true });
    rig.data('x');
    rig.consume('x');
  });
}

const nonsense = {
  ACK: encode(Kind.ACK, { received: 0, consumed: 0, sent: 0 }),
  'an extension': encode(0x80),
  'an unknown kind': encode(0x04),
  HELLO: encode(Kind.HELLO, { plain: false, epoch: 0, attempt: 1, received: 0, consumed: 0, window: 1, maxMessage: 1, token: [], credential: [] }),
  'a short WELCOME': Uint8Array.of(0, 0, 0, 2, Kind.WELCOME, 1),
  'a CLOSE that still consumes': encode(Kind.CLOSE, { code: 0, final: 0, consumed: OPEN, reason: '' }),
  'a CLOSE that consumes what was not sent': encode(Kind.CLOSE, { code: 0, final: 0, consumed: 1, reason: '' }),
};
for (const [name, raw] of Object.entries(nonsense)) {
  test(`${name} in answer to HELLO ends a session, and only an attempt where there is none`, () => {
    const rig = Rig.open();
    rig.cut();
    rig.redial();
    rig.feed(raw);
    rig.lost('protocol');
    rig.quiet();

    const fresh = new Rig();
    fresh.hello();
    fresh.feed(raw);
    assert.equal(fresh.session.phase, 'waiting');
  });
}

test('a WELCOME of another version ends all attempts', () => {
  const rig = new Rig();
  rig.hello();
  rig.feed(Uint8Array.of(0, 0, 0, 3, Kind.WELCOME, 2, 0));
  assert.ok(rig.session.end instanceof ProtocolError);
  assert.equal(rig.ended('lost').reason, 'refused');

  const old = Rig.open();
  old.cut();
  old.redial();
  old.feed(Uint8Array.of(0, 0, 0, 3, Kind.WELCOME, 2, 0));
  old.lost('protocol');
});

test('refusals that end a session', () => {
  for (const [code, reason] of [[1, 'refused'], [2, 'refused'], [3, 'expired'], [4, 'restarted'], [7, 'protocol'], [9, 'refused'], [65535, 'refused']]) {
    const rig = Rig.open();
    rig.send('a');
    rig.data('kept');
    rig.cut();
    rig.send('b');
    rig.redial();
    rig.say(Kind.REFUSE, refuse(code));
    const { unknown, undelivered, cause } = rig.lost(reason);
    assert.ok(cause instanceof RefusedError);
    assert.equal(cause.code, code);
    assert.deepEqual([unknown.map(text), undelivered.map(text)], [['a'], ['b']]);
    rig.consume('kept'); // what had arrived is still the application's
    rig.quiet();
  }
});

test('refusals that end all attempts at a first session', () => {
  for (const code of [1, 2, 3, 4, 7, 9]) {
    const rig = new Rig();
    rig.hello();
    rig.say(Kind.REFUSE, refuse(code));
    assert.ok(rig.session.end instanceof RefusedError, code);
    assert.equal(rig.ended('lost').reason, 'refused');
  }
});

test('a refusal for now: the server says when, and the backoff stands', () => {
  for (const code of [5, 6]) {
    const rig = new Rig();
    rig.hello();
    rig.say(Kind.REFUSE, refuse(code, 60_000, 80_000));
    assert.equal(rig.states.at(-1).delay, 70_000);
    rig.session.wake(rig.now); // that the network is back does not overrule the server
    rig.advance(69_999);
    assert.equal(rig.dials, 1);
    rig.advance(1);
    assert.equal(rig.dials, 2);
    rig.hello();
    rig.say(Kind.REFUSE, refuse(code)); // 0 to 0 is no range
    assert.equal(rig.states.at(-1).delay, 250);
  }
});

test('a stale attempt is raised', () => {
  const rig = Rig.open();
  rig.cut();
  rig.redial();
  rig.say(Kind.REFUSE, refuse(8, 60_000, 80_000));
  assert.ok(rig.states.at(-1).delay < 1000);
  assert.equal(rig.redial().attempt, 3);
});

test('without a token the session ends with its link', () => {
  const rig = Rig.open({ resume: false }, { token: new Uint8Array(0) });
  rig.send('a');
  rig.cut();
  assert.deepEqual(rig.lost('link').unknown.map(text), ['a']);
  assert.equal(rig.dials, 1);
  const plain = new Rig({ resume: false });
  assert.equal(plain.hello().plain, true);
});

test('a token of zeros is none', () => {
  const rig = Rig.open({}, { token: new Uint8Array(32) });
  rig.cut();
  rig.lost('link');
});

test('a tombstone tells what was consumed', () => {
  const rig = Rig.open();
  rig.send('kept', 'gone');
  rig.data('read', 'unread');
  rig.consume('read');
  rig.cut();
  rig.redial();
  rig.say(Kind.CLOSE, { code: 1000, final: 20, consumed: 9, reason: 'enough' });
  const { unknown, undelivered, cause } = rig.lost('closed');
  assert.deepEqual([unknown.map(text), undelivered.map(text)], [[], ['gone']]);
  assert.deepEqual(of(cause, 'code', 'reason', 'remote'), [1000, 'enough', true]);
  rig.quiet();
  rig.consume('unread');
});

test('a tombstone in answer to a first HELLO is nonsense', () => {
  const rig = new Rig();
  rig.hello();
  rig.say(Kind.CLOSE, { code: 0, final: 0, consumed: 0, reason: '' });
  assert.equal(rig.session.phase, 'waiting');
});

test('a tombstone that had more to say is a loss', () => {
  const rig = Rig.open();
  rig.cut();
  rig.redial();
  rig.say(Kind.CLOSE, { code: 0, final: 6, consumed: 0, reason: '' });
  rig.lost('closed');

  const even = Rig.open();
  even.cut();
  even.redial();
  even.say(Kind.CLOSE, { code: 0, final: 0, consumed: 0, reason: '' });
  assert.deepEqual(of(even.ended('closed'), 'code', 'remote'), [0, true]);
});

test('a link or an answer that takes too long', () => {
  const rig = new Rig();
  rig.advance(9_999);
  assert.equal(rig.session.phase, 'dialing');
  rig.advance(1);
  assert.equal(rig.session.phase, 'waiting');
  rig.redial();
  rig.advance(4_999);
  assert.equal(rig.session.phase, 'greeting');
  rig.advance(1);
  assert.equal(rig.session.phase, 'waiting');
  assert.match(rig.states.at(-1).cause.message, /answer/);
});

test('giving up after so long without a link', () => {
  const rig = Rig.open({ giveUp: 20_000 });
  rig.advance(25_000); // with a link there is nothing to give up
  rig.send('a');
  rig.cut();
  const until = rig.now + 20_000;
  while (!rig.session.end && rig.now < until + 1) {
    rig.advance(100);
    if (rig.session.phase === 'dialing') rig.cut();
  }
  assert.deepEqual(rig.lost('gave-up').unknown.map(text), ['a']);
  assert.ok(Math.abs(rig.now - until) <= 100);

  const never = new Rig({ giveUp: 1000 });
  never.advance(1000);
  assert.match(never.session.end.message, /in time/);
});

test('a permanent error of the dial ends the session', () => {
  const rig = Rig.open();
  rig.cut();
  rig.advance(1000);
  rig.cut(Object.assign(new Error('no'), { permanent: true }));
  rig.lost('refused');
});

test('what a WELCOME brings in one piece with it', () => {
  const rig = new Rig();
  rig.hello();
  rig.feed(Buffer.concat([
    encode(Kind.WELCOME, { resumed: false, epoch: 2n ** 64n - 1n, id: ID, received: 0, consumed: 0, window: 9, maxMessage: 9, minPing: 0, ttl: 0, token: token(1) }),
    encode(Kind.DATA, bytes('x')), encode(0xff, new Uint8Array(4095)), encode(Kind.PING, { nonce: 2n ** 64n - 1n }),
  ]));
  rig.consume('x');
  assert.equal(rig.wrote(Kind.PONG).nonce, 2n ** 64n - 1n);
  rig.cut();
  assert.equal(rig.redial().epoch, 2n ** 64n - 1n);
  assert.equal(decode(0x80, bytes('x')).length, 1);
});
