import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, Rig } from './rig.js';

test('positions are counted, and a new session asks for what comes from there', () => {
  const rig = Rig.in('lobby');
  rig.line('lobby', 'bob', 'one');
  rig.line('lobby', 'bob', 'two');
  assert.deepEqual(rig.restart(), [
    { op: 'join', room: 'user:ann', from: at(1) },
    { op: 'join', room: 'lobby', from: at(3) },
  ]);
  rig.hear({ op: 'joined', room: 'lobby', next: at(3), users: ['ann', 'bob'] });
  rig.line('lobby', 'bob', 'three');
  assert.deepEqual(rig.texts('room:lobby'), ['one', 'two', 'three']);
});

test('lines that have been here are not shown again', () => {
  const rig = Rig.in('lobby');
  for (const text of ['one', 'two', 'three']) rig.line('lobby', 'bob', text);
  rig.restart();
  rig.hear({ op: 'joined', room: 'lobby', next: at(2) });
  for (const text of ['two', 'three', 'four']) rig.line('lobby', 'bob', text);
  assert.deepEqual(rig.texts('room:lobby'), ['one', 'two', 'three', 'four']);
  assert.deepEqual(rig.restart().at(-1), { op: 'join', room: 'lobby', from: at(5) });
});

test('a gap says how many lines are missing, and is told once', () => {
  const rig = Rig.in('lobby');
  rig.line('lobby', 'bob', 'one');
  rig.restart();
  rig.hear({ op: 'joined', room: 'lobby', next: at(9) }, { op: 'gap', room: 'lobby', from: at(2), next: at(9), users: [] });
  rig.line('lobby', 'bob', 'nine');
  assert.deepEqual(rig.texts('room:lobby'), ['one', 7, 'nine']);
});

test('a gap behind joined counts, too', () => {
  const rig = Rig.in('lobby');
  rig.line('lobby', 'bob', 'one');
  rig.restart();
  rig.hear({ op: 'joined', room: 'lobby', next: at(2) }, { op: 'gap', room: 'lobby', from: at(2), next: at(4), users: ['bob'] });
  rig.line('lobby', 'bob', 'four');
  assert.deepEqual(rig.texts('room:lobby'), ['one', 2, 'four']);
  assert.deepEqual([...rig.c('room:lobby').users], ['bob']);
});

test('a room of another epoch: nobody knows how much is missing', () => {
  const rig = Rig.in('lobby');
  rig.line('lobby', 'bob', 'one');
  rig.restart();
  rig.hear({ op: 'joined', room: 'lobby', next: at(1, 6) }, { op: 'gap', room: 'lobby', from: at(2, 5), next: at(1, 6) });
  rig.line('lobby', 'bob', 'first');
  assert.deepEqual(rig.texts('room:lobby'), ['one', null, 'first']);
});

test('notices alone are no gap', () => {
  const rig = Rig.in('lobby');
  rig.hear({ op: 'gap', room: 'lobby', from: at(1), next: at(1), users: ['ann', 'eve'] });
  assert.deepEqual(rig.texts('room:lobby'), []);
  assert.deepEqual([...rig.c('room:lobby').users], ['ann', 'eve']);
});

test('older lines come before those that are here, and have their positions', () => {
  const rig = new Rig();
  rig.chat.follow(['lobby']);
  rig.hear({ op: 'welcome', name: 'ann' }, { op: 'joined', room: 'lobby', next: at(4), users: [] });
  rig.line('lobby', 'bob', 'four');
  assert.ok(rig.chat.history(rig.c('room:lobby'), 2));
  assert.deepEqual(rig.sent.at(-1), { op: 'history', room: 'lobby', before: 4, last: 2 });
  assert.ok(rig.chat.history(rig.c('room:lobby'), 2));
  assert.equal(rig.sent.filter((m) => m.op === 'history').length, 1, 'one question at a time');
  rig.hear({ op: 'history', room: 'lobby', before: 2, lines: [{ name: 'bob', text: 'two', at: 1 }, { name: 'ann', text: 'three', at: 2 }] });
  assert.deepEqual(rig.texts('room:lobby'), ['two', 'three', 'four']);
  assert.deepEqual(rig.c('room:lobby').entries.map((e) => e.position.offset), [2, 3, 4]);
  assert.equal(rig.c('room:lobby').unread, 1, 'what is older is not news');
  rig.chat.history(rig.c('room:lobby'));
  assert.deepEqual(rig.sent.at(-1), { op: 'history', room: 'lobby', before: 2, last: 100 });
  rig.hear({ op: 'history', room: 'lobby', lines: [] });
  assert.equal(rig.chat.history(rig.c('room:lobby')), false);
});

test('very many lines: the oldest are let go, and can be had again', () => {
  const rig = Rig.in('lobby');
  for (let i = 1; i <= 20_001; i++) rig.line('lobby', 'bob', String(i));
  const c = rig.c('room:lobby');
  assert.equal(c.entries.length, 15_000 + 1);
  assert.equal(c.at(c.end - 1).text, '20001');
  rig.chat.history(c);
  assert.equal(rig.sent.at(-1).before, 20_001 - 15_000);
});
