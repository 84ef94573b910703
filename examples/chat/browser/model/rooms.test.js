import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, Rig } from './rig.js';

test('what has not been read is counted, and names are', () => {
  const rig = Rig.in('lobby', 'dev');
  rig.line('dev', 'bob', 'one');
  rig.line('dev', 'bob', 'ann: two');
  rig.line('dev', 'ann', 'three, from another tab');
  const c = rig.c('room:dev');
  assert.deepEqual([c.unread, c.mentions, rig.chat.unread, rig.chat.calls], [2, 1, 2, 1]);
  rig.chat.show('room:dev');
  assert.equal(c.divider, c.entries[0].n);
  rig.chat.see(c);
  assert.deepEqual([c.unread, rig.chat.calls], [0, 0]);
  assert.deepEqual(rig.kept.seen, { 'room:dev': at(4) });
});

test('what is read in one tab is read in all', () => {
  const rig = Rig.in('lobby', 'dev'), c = rig.c('room:dev');
  for (const text of ['one', 'two', 'three']) rig.line('dev', 'bob', text);
  rig.chat.seenElsewhere({ 'room:dev': at(3) });
  assert.equal(c.unread, 1, 'the third has come since');
  rig.chat.seenElsewhere({ 'room:dev': at(2) });
  assert.equal(c.unread, 1, 'a word that is late takes nothing back');
  rig.chat.seenElsewhere({ 'room:dev': at(4) });
  assert.equal(c.unread, 0);
});

test('what was read before the page is not news', () => {
  const rig = new Rig({ seen: { 'room:lobby': at(2) } });
  rig.chat.follow(['lobby']);
  rig.hear({ op: 'welcome', name: 'ann' }, { op: 'joined', room: 'lobby', next: at(1) });
  rig.line('lobby', 'bob', 'read');
  rig.line('lobby', 'bob', 'not read');
  assert.equal(rig.c('room:lobby').unread, 1);
});

test('"new" stands above what came while nobody looked', () => {
  const rig = Rig.in('lobby'), c = rig.chat.current;
  rig.chat.attended = true;
  rig.line('lobby', 'bob', 'seen');
  rig.chat.see(c);
  rig.chat.attended = false;
  rig.line('lobby', 'bob', 'not seen');
  rig.line('lobby', 'bob', 'nor this');
  assert.equal(c.at(c.divider).text, 'not seen');
  rig.chat.say(c, 'here I am');
  assert.equal(c.divider, null);
});

test('in a room where the user has never been, nothing is "new"', () => {
  const rig = Rig.in('lobby');
  rig.line('lobby', 'bob', 'history');
  assert.equal(rig.chat.current.divider, null);
});

test('who is here', () => {
  const rig = Rig.in('lobby'), users = () => [...rig.c('room:lobby').users].sort();
  rig.hear({ op: 'present', room: 'lobby', name: 'bob' }, { op: 'present', room: 'lobby', name: 'bob' }, { op: 'present', room: 'lobby', name: 'eve' });
  rig.hear({ op: 'absent', room: 'lobby', name: 'eve' }, { op: 'absent', room: 'nowhere', name: 'bob' });
  assert.deepEqual(users(), ['ann', 'bob']);
  rig.restart();
  rig.hear({ op: 'joined', room: 'lobby', next: at(1) });
  assert.deepEqual(rig.sent.at(-1), { op: 'who', room: 'lobby' }, 'too many to be named');
  rig.hear({ op: 'who', room: 'lobby', users: ['ann', 'zoe'] });
  assert.deepEqual(users(), ['ann', 'zoe']);
  assert.deepEqual(rig.texts('room:lobby'), [], 'nobody has asked for a list');
  rig.chat.who(rig.chat.current);
  rig.hear({ op: 'who', room: 'lobby', users: ['zoe', 'ann'] });
  assert.deepEqual(rig.texts('room:lobby'), ['In #lobby: ann, zoe']);
});

test('how many are here, although few are named', () => {
  const rig = Rig.in('lobby'), c = rig.c('room:lobby'), seen = () => [[...c.users].sort().join(), c.count, c.unnamed];
  assert.deepEqual(seen(), ['ann', 1, 0]);
  rig.hear({ op: 'gap', room: 'lobby', from: at(1), next: at(1), count: 5000 });
  assert.deepEqual(seen(), ['', 5000, 5000], 'too many to be named');
  rig.chat.who(c);
  rig.hear({ op: 'who', room: 'lobby', users: ['bob', 'ann'], count: 5000 });
  assert.deepEqual(seen(), ['ann,bob', 5000, 4998]);
  assert.deepEqual(rig.texts('room:lobby'), ['In #lobby: ann, bob and 4998 more']);
  rig.hear({ op: 'present', room: 'lobby', name: 'bob' }, { op: 'present', room: 'lobby', name: 'new' });
  assert.deepEqual(seen(), ['ann,bob,new', 5001, 4998], 'bob is not news');
  rig.hear({ op: 'absent', room: 'lobby', name: 'bob' }, { op: 'absent', room: 'lobby', name: 'never named' });
  assert.deepEqual(seen(), ['ann,new', 4999, 4997]);
  rig.hear({ op: 'joined', room: 'lobby', next: at(1), users: ['ann', 'bob'], count: 2 });
  rig.hear({ op: 'absent', room: 'lobby', name: 'eve' }, { op: 'absent', room: 'lobby', name: 'bob' });
  assert.deepEqual(seen(), ['ann', 1, 0], 'who is not here does not go');
  rig.hear({ op: 'who', room: 'lobby', users: ['ann', 'bob'], count: 'many' });
  assert.deepEqual(seen(), ['ann,bob', 2, 0], 'nonsense');
});

test('who types does so for some seconds, or until the line is there', () => {
  const rig = Rig.in('lobby'), c = rig.chat.current;
  rig.hear({ op: 'typing', room: 'lobby', name: 'bob' }, { op: 'typing', room: 'lobby', name: 'ann' }, { op: 'typing', room: 'lobby', name: 'eve' });
  assert.deepEqual(c.typing(rig.now), ['bob', 'eve']);
  rig.line('lobby', 'bob', 'done');
  assert.deepEqual(c.typing(rig.now), ['eve']);
  assert.deepEqual(c.typing(rig.now + 6_000), []);
  for (const ms of [0, 1_000, 3_000]) {
    rig.now += ms;
    rig.chat.types(c);
  }
  assert.equal(rig.sent.filter((m) => m.op === 'typing').length, 2, 'not with each key');
});

test('rooms are joined and left, in all tabs', () => {
  const rig = Rig.in('lobby');
  rig.chat.join('Dev');
  assert.deepEqual(rig.kept.rooms, ['lobby', 'dev']);
  rig.kept = {};
  rig.chat.follow(['dev', 'ops']);
  assert.deepEqual(rig.sent.map((m) => `${m.op} ${m.room}`), ['join dev', 'join ops', 'leave lobby']);
  assert.deepEqual(rig.kept, {}, 'what another tab says is not said again');
  assert.equal(rig.chat.active, 'room:dev');
  rig.chat.leave('room:ops');
  assert.deepEqual(rig.kept.rooms, ['dev']);
  assert.equal(rig.chat.leave('room:nowhere'), false);
});

test('a room goes by the name that the server writes', () => {
  const rig = Rig.in('lobby');
  rig.chat.join('straße');
  rig.chat.show('room:straße');
  rig.hear({ op: 'joined', room: 'strasse', next: at(1), users: ['ann'] });
  assert.equal(rig.chat.active, 'room:strasse');
  assert.deepEqual(rig.kept.rooms, ['lobby', 'strasse']);
});

test('a room that cannot be joined is not there', () => {
  const rig = Rig.in('lobby');
  rig.chat.join('9');
  rig.hear({ op: 'failed', code: 'bad request', text: 'no name', room: '9' });
  assert.deepEqual(rig.chat.rooms.map((c) => c.name), ['lobby']);
  assert.deepEqual(rig.texts('room:lobby'), ['no name']);
  assert.deepEqual(rig.sent.filter((m) => m.op === 'leave'), []);
});
