import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Keep } from '../../server/web/keep.js';
import { Status } from '../../server/web/status.js';

const cause = new Error('the WebSocket was closed: 1006');

test('what is said of the connection', () => {
  const status = new Status(), text = (now, rtt) => status.tell(now, rtt).text;
  assert.equal(text(0), 'not connected');
  status.change({ state: 'connecting', attempt: 1 }, 0);
  assert.equal(text(0), 'connecting');
  status.change({ state: 'connected', rtt: 12.4 }, 0);
  assert.equal(text(0), 'connected, 12 ms');
  assert.equal(text(0, 0.3), 'connected, 1 ms', 'the newest measurement');

  status.change({ state: 'reconnecting', delay: 2_600, attempt: 4, cause }, 1_000);
  assert.equal(text(1_000), 'reconnecting in 3 s (attempt 4: the WebSocket was closed: 1006)');
  assert.equal(text(2_000), 'reconnecting in 2 s (attempt 4: the WebSocket was closed: 1006)');
  assert.equal(text(9_000), 'reconnecting in 0 s (attempt 4: the WebSocket was closed: 1006)');
  assert.deepEqual([status.tell(1_000).tone, status.tell(1_000).retry], ['bad', true]);
  assert.equal(status.tell(1_000).spoken, status.tell(2_000).spoken, 'a countdown is not read out');
  status.online = false;
  assert.match(text(2_000), /^offline/);
  status.online = true;
  status.change({ state: 'connecting', attempt: 4 }, 3_000);
  assert.equal(text(3_000), 'reconnecting now (attempt 4: the WebSocket was closed: 1006)');
  status.change({ state: 'resumed', rtt: 5, replayed: 12 }, 4_000);
  assert.equal(text(4_000), 'resumed, 12 replayed');
  assert.equal(text(14_000), 'connected, 5 ms', 'no news for ever');
});

test('a link that is silent is not called good', () => {
  const status = new Status(), told = (now, waited) => status.tell(now, 3, waited);
  status.change({ state: 'resumed', rtt: 3, replayed: 1 }, 0);
  assert.equal(told(1_999, 60_000).text, 'resumed, 1 replayed', 'the outage before is over');
  assert.equal(told(60_000, 1_999).text, 'connected, 3 ms');
  const { tone, text, linked, retry } = told(60_000, 3_400);
  assert.deepEqual([tone, text, linked, retry], ['busy', 'connected, but no answer for 3 s', true, true]);
  assert.equal(told(60_000, 3_400).spoken, told(61_000, 4_400).spoken, 'the seconds are not read out');
  assert.equal(told(61_000, 0).text, 'connected, 3 ms', 'the answer has come');
  status.change({ state: 'reconnecting', delay: 1_000, attempt: 1, cause }, 70_000);
  assert.match(told(75_000, 12_000).text, /^reconnecting/);
  assert.equal(told(75_000, 12_000).linked, false);
});

test('a new session says why there is one', () => {
  const status = new Status();
  status.change({ state: 'connected', rtt: 1 }, 0);
  status.change({ state: 'lost', reason: 'restarted' }, 0);
  assert.equal(status.tell(0).text, 'session lost: the server has restarted');
  status.change({ state: 'reconnecting', delay: 500, attempt: 1 }, 0);
  status.change({ state: 'connecting', attempt: 1 }, 500);
  status.change({ state: 'connected', rtt: 1 }, 600);
  assert.equal(status.tell(600).text, 'new session: the server has restarted');
  assert.equal(status.tell(20_000).text, 'connected, 1 ms');
  status.change({ state: 'connected', rtt: 1 }, 30_000);
  assert.equal(status.tell(30_000).text, 'connected, 1 ms', 'not for the session before the last');

  status.change({ state: 'goaway', comeBack: [1, 2] }, 0);
  assert.match(status.tell(0).text, /shutting down/);
  status.change({ state: 'closed', remote: true, code: 3 }, 0);
  status.change({ state: 'connected', rtt: 1 }, 0);
  assert.equal(status.tell(0).text, 'new session: the server has restarted');
});

class Memory extends Map {
  getItem(key) { return this.get(key) ?? null; }

  setItem(key, value) { this.set(key, String(value)); }

  removeItem(key) { this.delete(key); }
}

test('what outlives the page', () => {
  const tabs = new Memory(), one = new Keep(tabs, new Memory()), two = new Keep(tabs, new Memory());
  one.name = 'ann';
  one.setToken('ann', 't');
  one.setToken('anna', 'u');
  one.rooms = ['lobby'];
  one.addSeen({ a: 1 });
  two.addSeen({ b: 2 });
  one.active = 'room:lobby';
  assert.deepEqual([two.name, two.token('ann'), two.token('anna'), two.rooms, two.seen], ['ann', 't', 'u', ['lobby'], { a: 1, b: 2 }]);
  assert.deepEqual([one.active, two.active], ['room:lobby', null], 'each tab shows what it likes');
  two.name = null;
  assert.equal(one.name, null);
  assert.equal(one.token('ann'), 't', 'the name can be had again');
  one.forget();
  assert.deepEqual([one.rooms, one.seen, one.active], [null, {}, null]);
  tabs.setItem('chat.rooms', 'no JSON');
  assert.equal(one.rooms, null);
  assert.deepEqual(Keep.news({ key: 'chat.name', newValue: null }), { name: null });
  assert.equal(Keep.news({ key: 'other', newValue: '1' }), null);
});
