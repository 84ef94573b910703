// When the client dials again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from '../chat/server/web/longsplice.js';
import { Rig } from './rig.js';

test('delays grow to the cap, and the jitter comes after it', () => {
  let dice = 1;
  const backoff = new Backoff(500, 30_000, () => dice);
  const bounds = Array.from({ length: 12 }, () => backoff.next());
  assert.deepEqual(bounds.slice(0, 3).map(Math.round), [500, 800, 1280]);
  assert.deepEqual(bounds.slice(-2), [30_000, 30_000]);
  const drawn = [0, 0.25, 0.5, 0.999].map((d) => { dice = d; return backoff.next(); });
  assert.deepEqual(drawn, [0, 7_500, 15_000, 29_970]);
  backoff.reset();
  dice = 1;
  assert.equal(backoff.next(), 500);
});

test('a thousand clients of a server that is gone do not come back in step', () => {
  const backoffs = Array.from({ length: 1000 }, () => new Backoff());
  let last;
  for (let i = 0; i < 12; i++) last = backoffs.map((b) => b.next());
  const busiest = Math.max(...Array.from({ length: 30 }, (_, s) => last.filter((d) => Math.floor(d / 1000) === s).length));
  assert.ok(busiest < 100, `${busiest} of 1000 in one second of 30`);
});

const delays = (rig) => rig.states.filter((s) => s.state === 'reconnecting').map((s) => Math.round(s.delay));

test('links that flap do not reset the backoff, one that lives for 10 s does', () => {
  const rig = Rig.open();
  for (let i = 0; i < 4; i++) {
    rig.advance(50);
    rig.resume();
  }
  assert.deepEqual(delays(rig), [250, 400, 640, 1024]);
  rig.advance(9_999);
  rig.resume();
  assert.equal(delays(rig).at(-1), 1638);
  rig.advance(10_000);
  rig.resume();
  assert.equal(delays(rig).at(-1), 250);
});

test('attempts are counted for each outage', () => {
  const rig = Rig.open();
  for (let i = 0; i < 2; i++) {
    rig.cut();
    for (let failures = 0; failures < 3; failures++) {
      while (rig.session.phase === 'waiting') rig.advance(100);
      if (failures < 2) rig.cut();
    }
    rig.hello();
    rig.welcome({ resumed: true });
  }
  const attempts = rig.states.filter((s) => s.state === 'connecting').map((s) => s.attempt);
  assert.deepEqual(attempts, [1, 1, 2, 3, 1, 2, 3]);
});

test('the first dial may be told to wait, by the backoff or by the server', () => {
  const { session: { constructor: Session, backoff } } = new Rig();
  for (const ordered of [false, true]) {
    const waiting = new Session({}, backoff);
    waiting.start(0, 700, ordered);
    assert.deepEqual(waiting.pump(0).map((a) => a.state), [{ state: 'reconnecting', delay: 700, attempt: 1, cause: null }]);
    waiting.wake(300);
    assert.equal(waiting.deadline(), ordered ? 700 : 300);
    waiting.tick(waiting.deadline());
    assert.equal(waiting.phase, 'dialing');
  }
});

test('news of the network ends a delay', () => {
  const rig = Rig.open();
  rig.dice = 0.9;
  rig.cut();
  rig.session.wake(rig.now);
  rig.advance(0);
  assert.equal(rig.session.phase, 'dialing');
  rig.session.wake(rig.now);
  rig.pump();
  assert.equal(rig.dials, 2);
});

test('the old link is let go before another one is dialled, and what it still brings is dropped', () => {
  const rig = Rig.open();
  rig.cut();
  assert.equal(rig.drops, 1);
  rig.feed(new Uint8Array(100));
  rig.cut();
  assert.equal(delays(rig).length, 1);
});
