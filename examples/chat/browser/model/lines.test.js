import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unsent } from '../../server/web/lists.js';
import { at, Rig } from './rig.js';

test('a line is shown at once, and ticked off by its id', () => {
  const rig = Rig.in('lobby');
  const { id } = rig.chat.say(rig.chat.current, 'hello');
  assert.deepEqual(rig.sent, [{ op: 'say', room: 'lobby', text: 'hello', id }]);
  assert.deepEqual(rig.pending('room:lobby'), ['hello: sent']);
  rig.line('lobby', 'eve', 'not mine', { id });
  assert.deepEqual(rig.pending('room:lobby'), ['hello: sent'], "somebody else's id");
  rig.line('lobby', 'ann', 'hello', { id });
  assert.deepEqual(rig.pending('room:lobby'), []);
  assert.deepEqual(rig.texts('room:lobby'), ['not mine', 'hello']);
});

test('what a lost session has not delivered can be said again, or not', () => {
  const rig = Rig.in('lobby'), c = rig.chat.current;
  const lines = ['in doubt', 'not sent', 'dropped'].map((text) => rig.chat.say(c, text));
  rig.restart({ undelivered: [{ op: 'say', id: lines[1].id }, { op: 'say', id: lines[2].id }] });
  assert.deepEqual(rig.pending('room:lobby'), ['in doubt: unknown', 'not sent: undelivered', 'dropped: undelivered']);
  assert.equal(rig.sent.filter((m) => m.op === 'say').length, 0, 'nothing is said twice by itself');
  rig.hear({ op: 'joined', room: 'lobby', next: at(1) });
  rig.line('lobby', 'ann', 'in doubt', { id: lines[0].id }); // it had arrived
  rig.chat.again(c, lines[1]);
  rig.chat.discard(c, lines[2]);
  assert.deepEqual(rig.sent.at(-1), { op: 'say', room: 'lobby', text: 'not sent', id: lines[1].id });
  assert.deepEqual(rig.pending('room:lobby'), ['not sent: sent']);
});

test('each conversation says what was not sent there', () => {
  const rig = Rig.in('lobby', 'dev'), told = () => rig.chat.all.map((c) => [c.name, unsent(c.stuck)]);
  const say = (c, text) => rig.chat.say(c, text), bob = rig.chat.open('user', 'bob');
  say(rig.c('room:dev'), 'in doubt');
  const lost = ['one', 'two'].map((text) => say(bob, text));
  assert.deepEqual(told(), [['lobby', ''], ['dev', ''], ['bob', '']]);
  rig.restart({ undelivered: lost.map(({ id }) => ({ op: 'tell', id })) });
  assert.deepEqual(told(), [['lobby', ''], ['dev', '1 line may not have arrived'], ['bob', '2 lines were not sent']]);
  rig.chat.discard(bob, lost[0]);
  assert.equal(unsent(bob.stuck), '1 line was not sent');
  rig.chat.again(bob, lost[1]);
  assert.equal(unsent(bob.stuck), '', 'it is on its way');
  rig.hear({ op: 'failed', code: 'bad name', id: lost[1].id });
  assert.equal(unsent(bob.stuck), '1 line was not sent');
});

test('how long the oldest line waits for an answer', () => {
  const rig = Rig.in('lobby'), c = rig.chat.current;
  assert.equal(rig.chat.waited, 0);
  const [one, two] = ['one', 'two'].map((text) => {
    const line = rig.chat.say(c, text);
    rig.now += 1_000;
    return line;
  });
  assert.equal(rig.chat.waited, 2_000);
  rig.line('lobby', 'ann', 'one', { id: one.id });
  assert.equal(rig.chat.waited, 1_000);
  rig.hear({ op: 'failed', code: 'too fast', id: two.id, room: 'lobby' });
  assert.equal(rig.chat.waited, 0, 'this, too, is an answer');
  rig.chat.again(c, two);
  assert.equal(rig.chat.waited, 0, 'it waits anew');
  rig.now += 3_000;
  assert.equal(rig.chat.waited, 3_000);
  rig.chat.ended();
  rig.chat.say(c, 'three');
  rig.now += 3_000;
  assert.equal(rig.chat.waited, 0, 'nobody is asked');
});

test('what is said without a session waits for one', () => {
  const rig = Rig.in('lobby');
  rig.linked = false;
  rig.chat.ended();
  rig.chat.say(rig.chat.current, 'early');
  rig.chat.say(rig.chat.open('user', 'bob'), 'psst', true);
  assert.deepEqual(rig.pending('room:lobby'), ['early: waiting']);
  rig.linked = true;
  rig.hear({ op: 'welcome', name: 'ann' });
  assert.deepEqual(rig.sent.map((m) => m.op), ['join', 'join', 'say', 'tell'], 'in the room before it is said there');
  assert.deepEqual(rig.pending('user:bob'), ['psst: sent']);
});

test('a line that fails says why, and can be said again', () => {
  const rig = Rig.in('lobby'), c = rig.chat.current, line = rig.chat.say(c, 'fast');
  rig.hear({ op: 'failed', code: 'too fast', text: 'not so fast', id: line.id, room: 'lobby' });
  assert.equal(line.error, 'not so fast');
  assert.deepEqual(rig.pending('room:lobby'), ['fast: failed']);
  rig.chat.again(c, line);
  assert.deepEqual(rig.pending('room:lobby'), ['fast: sent']);
});

test('a page that is loaded again has what nobody had confirmed', () => {
  const before = Rig.in('lobby');
  before.chat.say(before.chat.current, 'arrived');
  before.chat.say(before.chat.current, 'not');
  const after = new Rig({ mark: 'other' });
  after.chat.follow(['lobby']);
  after.chat.restore(JSON.parse(JSON.stringify(before.chat.unconfirmed)));
  after.hear({ op: 'welcome', name: 'ann' }, { op: 'joined', room: 'lobby', next: at(1) });
  after.line('lobby', 'ann', 'arrived', { id: before.sent[0].id });
  assert.deepEqual(after.pending('room:lobby'), ['not: unknown']);
  assert.deepEqual(after.texts('room:lobby'), ['arrived']);
});

test('private lines: a conversation with each user, both ways, and how far they were shown', () => {
  const rig = Rig.in('lobby'), line = (name, to, text) => rig.line('user:ann', name, text, { to });
  line('bob', 'ann', 'psst');
  line('ann', 'bob', 'yes?');
  line('eve', 'ann', 'hi');
  assert.deepEqual([rig.texts('user:bob'), rig.texts('user:eve')], [['psst', 'yes?'], ['hi']]);
  assert.deepEqual([rig.c('user:bob').unread, rig.c('user:eve').unread, rig.chat.calls], [1, 1, 2]);
  rig.chat.see(rig.c('user:eve'));
  assert.deepEqual(rig.sent, [], 'what bob said was not shown');
  rig.chat.see(rig.c('user:bob'));
  assert.deepEqual(rig.sent, [{ op: 'seen', next: at(4) }]);
});

test('private lines that came before the page are asked for', () => {
  const rig = new Rig();
  rig.hear({ op: 'welcome', name: 'ann' }, { op: 'joined', room: 'user:ann', next: at(3) });
  assert.deepEqual(rig.sent.at(-1), { op: 'history', room: 'user:ann', before: 3, last: 100 });
  rig.hear({ op: 'history', room: 'user:ann', lines: [{ name: 'bob', to: 'ann', text: 'old', at: 1 }, { name: 'ann', to: 'eve', text: 'older', at: 2 }] });
  rig.line('user:ann', 'bob', 'new', { to: 'ann' });
  assert.deepEqual(rig.texts('user:bob'), ['old', 'new']);
  assert.equal(rig.c('user:bob').unread, 1);
  assert.deepEqual(rig.texts('user:eve'), ['older']);
});

test('another name is another mailbox', () => {
  const rig = Rig.in('lobby');
  rig.line('user:ann', 'bob', 'psst', { to: 'ann' });
  rig.hear({ op: 'welcome', name: 'anna', token: 'u' });
  assert.deepEqual(rig.sent.at(-1), { op: 'join', room: 'user:anna' });
  assert.deepEqual([rig.kept.name, rig.kept.token, rig.chat.me], ['anna', 'u', 'anna']);
  rig.hear({ op: 'joined', room: 'user:anna', next: at(1, 9) });
  rig.line('user:anna', 'bob', 'still there?', { to: 'anna' });
  assert.deepEqual(rig.texts('user:bob'), ['psst', 'still there?']);
});
