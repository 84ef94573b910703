// Whether a link lives, on a fake clock.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode, Kind } from '../chat/server/web/longsplice.js';
import { Rig } from './rig.js';

const dead = (rig) => assert.deepEqual([rig.session.phase, rig.states.at(-1).cause?.message], ['waiting', 'the link is silent']);
const alive = (rig) => assert.equal(rig.session.phase, 'open');

test('PING is answered at once, and several by the newest nonce', () => {
  const rig = Rig.open();
  rig.session.fed(Buffer.concat([1, 2, 3].map((nonce) => encode(Kind.PING, { nonce }))), rig.now);
  rig.pump(0); // whether or not the transport has room
  assert.equal(rig.wrote(Kind.PONG).nonce, 3);
  rig.quiet();
});

test('silence: a PING after 30 s, death after 60', () => {
  const rig = Rig.open();
  rig.advance(29_999);
  rig.quiet();
  rig.advance(1);
  const { nonce } = rig.wrote(Kind.PING);
  rig.advance(5_000);
  rig.say(Kind.PONG, { nonce });
  assert.equal(rig.session.rtt, 5_000);
  rig.advance(30_000);
  rig.wrote(Kind.PING);
  rig.advance(29_999);
  alive(rig);
  rig.quiet(); // one PING for each silence
  rig.advance(1);
  dead(rig);
});

test('any byte is a sign of life, even half of a frame', () => {
  const rig = Rig.open();
  const frame = encode(0x80, new Uint8Array(20));
  for (const byte of frame) {
    rig.advance(40_000);
    rig.feed(Uint8Array.of(byte));
  }
  alive(rig);
});

test('what is sent is no sign of life', () => {
  const rig = Rig.open();
  for (let s = 0; s < 16 && rig.session.phase === 'open'; s++) {
    rig.send('busy');
    rig.advance(1000);
  }
  dead(rig);
});

test('a PONG that was not asked for proves life and no round trip', () => {
  const rig = Rig.open();
  const { rtt } = rig.session;
  rig.say(Kind.PONG, { nonce: 5 });
  assert.equal(rig.session.rtt, rtt);
  alive(rig);
});

test('a missing receipt is asked for after 5 s, and silence then means death after 10 more', () => {
  const rig = Rig.open();
  rig.send('a');
  rig.wrote(Kind.DATA);
  rig.advance(4_999);
  rig.quiet();
  rig.advance(1);
  rig.wrote(Kind.ACKREQ);
  rig.wrote(Kind.PING);
  rig.advance(9_999);
  alive(rig);
  rig.advance(1);
  dead(rig);
});

test('a server that answers without a receipt lives, and is asked again after longer', () => {
  const rig = Rig.open();
  rig.send('a');
  rig.wrote(Kind.DATA);
  const times = [];
  for (let began = rig.now; rig.now < began + 60_000;) {
    rig.advance(1000);
    if (!rig.written.length) continue;
    times.push((rig.now - began) / 1000);
    rig.written = [];
    rig.say(Kind.PONG, { nonce: 0 });
  }
  assert.deepEqual(times, [5, 15, 35]);
  alive(rig);
});

test('a server that receives and does not consume is merely slow', () => {
  const rig = Rig.open();
  rig.send('a');
  rig.say(Kind.ACK, { received: 6, consumed: 0, sent: 0 });
  rig.written = [];
  rig.advance(29_000);
  rig.quiet();
});

test('receipts that come in time are not asked for', () => {
  const rig = Rig.open();
  rig.send('a', 'b', 'c');
  rig.written = [];
  for (const received of [6, 12, 18]) {
    rig.advance(4_000);
    rig.quiet();
    rig.say(Kind.ACK, { received, consumed: 0, sent: 0 });
  }
});

test('a PING that goes late is given its time', () => {
  const rig = Rig.open();
  rig.sleep(59_500);
  rig.session.tick(rig.now);
  rig.pump();
  rig.wrote(Kind.PING);
  rig.advance(29_999);
  alive(rig);
  rig.advance(1);
  dead(rig);
});

test('a slow path is given longer', () => {
  const rig = new Rig();
  rig.hello();
  rig.advance(3_000);
  rig.welcome(); // a round trip of 3 s: a timeout of 9 s
  rig.send('a');
  rig.wrote(Kind.DATA);
  rig.say(Kind.ACK, { received: 6, consumed: 0, sent: 0 });
  rig.send('b');
  rig.wrote(Kind.DATA);
  rig.advance(8_999);
  rig.quiet();
  rig.advance(1);
  rig.wrote(Kind.ACKREQ);
  rig.wrote(Kind.PING);
  rig.advance(35_999);
  alive(rig);
  rig.advance(1);
  dead(rig);
});

test('pings keep to the interval of the server; ACKREQ then goes alone', () => {
  const rig = Rig.open({ pingAfter: 1_000, deadAfter: 100_000 }, { minPing: 20_000 });
  rig.advance(1_000);
  rig.say(Kind.PONG, { nonce: rig.wrote(Kind.PING).nonce });
  rig.advance(19_999);
  rig.quiet();
  rig.advance(1);
  rig.say(Kind.PONG, { nonce: rig.wrote(Kind.PING).nonce });
  rig.send('a');
  rig.wrote(Kind.DATA);
  rig.advance(5_000);
  rig.wrote(Kind.ACKREQ);
  rig.quiet();
});

test('a device that slept reads before it judges', () => {
  const rig = Rig.open();
  rig.advance(30_000);
  const { nonce } = rig.wrote(Kind.PING);
  rig.sleep(3_600_000); // the PONG lies in the socket, and the timer goes off first
  rig.advance(0);
  alive(rig);
  rig.say(Kind.PONG, { nonce });
  rig.advance(20_000);
  alive(rig);
});

test('a device that slept asks again, once', () => {
  const rig = Rig.open();
  rig.advance(30_000);
  rig.wrote(Kind.PING);
  rig.sleep(3_600_000);
  rig.advance(0);
  rig.wrote(Kind.ACKREQ);
  rig.wrote(Kind.PING);
  rig.advance(9_999);
  alive(rig);
  rig.advance(1);
  dead(rig);
});

test('a device that sleeps twice is excused twice', () => {
  const rig = Rig.open();
  for (let i = 0; i < 2; i++) {
    rig.advance(30_000);
    rig.sleep(3_600_000);
    rig.advance(0);
    alive(rig);
    rig.say(Kind.PONG, { nonce: 0 });
  }
});

test('timers that come once a minute find a dead link all the same', () => {
  const rig = Rig.open();
  let minutes = 0;
  for (; rig.session.phase === 'open' && minutes < 10; minutes++) {
    rig.sleep(60_000);
    rig.session.tick(rig.now);
    rig.pump();
  }
  assert.ok(minutes > 1 && minutes < 5, `${minutes}`);
});

test('timers that come once a minute leave a link alone that answers', () => {
  const rig = Rig.open();
  for (let minutes = 0; minutes < 30; minutes++) {
    rig.sleep(60_000);
    rig.session.tick(rig.now);
    rig.pump();
    rig.sleep(50);
    for (const { kind, value } of rig.written.splice(0)) if (kind === Kind.PING) rig.say(Kind.PONG, value);
  }
  assert.equal(rig.dials, 1);
  alive(rig);
});

test('a device that wakes up asks at once, and not a link that has just been heard', () => {
  const rig = Rig.open();
  rig.session.wake(rig.now);
  rig.pump();
  rig.quiet();
  rig.sleep(10_000);
  rig.session.wake(rig.now);
  rig.pump();
  rig.wrote(Kind.ACKREQ);
  rig.wrote(Kind.PING);
  rig.advance(4_999);
  alive(rig);
  rig.advance(1);
  dead(rig);
});

test('an idle link costs a timer in 30 s', () => {
  const rig = Rig.open();
  let ticks = 0;
  const tick = rig.session.tick.bind(rig.session);
  rig.session.tick = (now) => { ticks++; tick(now); };
  for (let s = 0; s < 3600; s += 10) {
    rig.advance(10_000);
    for (const { kind, value } of rig.written.splice(0)) if (kind === Kind.PING) rig.say(Kind.PONG, value);
  }
  alive(rig);
  assert.ok(ticks <= 130, `${ticks} in an hour`);
});
