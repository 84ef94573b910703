import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from '../../server/web/commands.js';
import { Completion, InputHistory, matching } from '../../server/web/editing.js';
import { hue, initials, mentions, parts } from '../../server/web/text.js';
import { dayLabel, dayOf } from '../../server/web/times.js';

const links = (text) => parts(text).filter((p) => p.href).map((p) => p.text);

test('links', () => {
  for (const [text, ...want] of [
    ['see https://example.org/a?b=c#d.', 'https://example.org/a?b=c#d'],
    ['(http://example.org/x_(y)) and <https://example.org>', 'http://example.org/x_(y)', 'https://example.org'],
    ['https://a.example, https://b.example!', 'https://a.example', 'https://b.example'],
    ['javascript:alert(1) data:text/html,x ftp://example.org //example.org file:///etc'],
    ['https:// http://[ xhttps://example.org'],
    ['https://example.org/\u202egpj.exe', 'https://example.org/'],
  ]) {
    assert.deepEqual(links(text), want, text);
    assert.equal(parts(text).map((p) => p.text).join(''), text, 'nothing is lost');
  }
});

test('names in texts', () => {
  for (const text of ['ann', 'hi Ann!', '@ann: yes', 'ask ann.', 'ann, bob']) assert.ok(mentions(text, 'ann'), text);
  for (const text of ['anna', 'joann', 'ann-marie', 'ann.b', 'x.ann', '']) assert.ok(!mentions(text, 'ann'), text);
  assert.ok(mentions('привет, жук!', 'жук'));
  assert.ok(!mentions('abc', 'a.c'), 'a name is no pattern');
  assert.deepEqual(parts('hi ann', 'ann'), [{ text: 'hi ' }, { text: 'ann', mention: true }]);
});

test('faces', () => {
  assert.equal(hue('ann', 12), hue('Ann', 12));
  assert.deepEqual(['ann', 'mary-jane', 'j.r.r', '𝒳y'].map(initials), ['A', 'MJ', 'JR', '𝒳']);
});

test('days', () => {
  const now = new Date(2026, 10, 20, 0, 30).getTime(), hour = 3_600_000;
  assert.equal(dayLabel(now, now, 'en'), 'Today');
  assert.equal(dayLabel(now - hour, now, 'en'), 'Yesterday');
  assert.equal(dayLabel(now - 3 * 24 * hour, now, 'en-GB'), 'Tuesday 17 November');
  assert.match(dayLabel(now - 400 * 24 * hour, now, 'en-GB'), /2025/);
  assert.notEqual(dayOf(now), dayOf(now - hour));
});

test('commands', () => {
  for (const [input, want] of [
    ['hello', { do: 'say', text: 'hello' }],
    ['  indented\n  code  \n', { do: 'say', text: '  indented\n  code' }],
    ['//etc/hosts', { do: 'say', text: '/etc/hosts' }],
    ['/me waves  twice', { do: 'say', text: 'waves  twice', action: true }],
    ['/JOIN #dev', { do: 'join', room: 'dev' }],
    ['/leave', { do: 'leave', room: '' }],
    ['/msg @bob hello there\nyou', { do: 'tell', to: 'bob', text: 'hello there\nyou' }],
    ['/msg bob', { do: 'tell', to: 'bob', text: '' }],
    ['/nick anna', { do: 'nick', name: 'anna' }],
    ['/history 20', { do: 'history', last: 20 }],
    ['/history', { do: 'history', last: 100 }],
    ['/who', { do: 'who' }], ['/rooms', { do: 'rooms' }], ['/quit', { do: 'quit' }], ['/help', { do: 'help' }],
    ['   ', { do: 'nothing' }],
  ]) assert.deepEqual(parse(input), want, input);
  for (const input of ['/join', '/msg', '/me', '/nick', '/history much', '/', '/nonsense']) assert.equal(parse(input).do, 'error', input);
});

test('completion goes through the candidates, and begins anew after a change', () => {
  const completion = new Completion(), names = (word) => matching(['bob', 'bobby', 'ann', 'Bo'], word);
  let got = completion.next('hi bo', 5, names);
  assert.equal(got.text, 'hi Bo ');
  got = completion.next(got.text, got.caret, names);
  assert.equal(got.text, 'hi bob ');
  got = completion.next(got.text, got.caret, names);
  assert.equal(completion.next(got.text, got.caret, names).text, 'hi Bo ', 'and round again');
  assert.equal(completion.next('a and', 1, names).text, 'ann: and', 'at the beginning, and before what follows');
  assert.equal(completion.next('', 0, names), null);
  assert.equal(completion.next('zz', 2, names), null);
  assert.equal(completion.active, false);
});

test('what was entered before, and back to what stood there', () => {
  const entered = new InputHistory();
  for (const line of ['one', 'two', 'two']) entered.add(line);
  assert.deepEqual([entered.up('draft'), entered.up('two'), entered.up('one')], ['two', 'one', null]);
  assert.deepEqual([entered.down(), entered.down(), entered.down()], ['two', 'draft', null]);
});
