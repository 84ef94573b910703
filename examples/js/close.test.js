// CLOSE from either end, GOAWAY, and cutting off.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClosedError, Code, Kind, OPEN } from '../chat/server/web/longsplice.js';
import { Rig, text } from './rig.js';

const close = (code, final, consumed, reason = '') => ({ code, final, consumed, reason });
const refused = (code) => ({ code, epoch: 8, min: 0, max: 0, reason: '' });

test('closing in good order: CLOSE goes ahead of DATA, and all is delivered', () => {
  const rig = Rig.open();
  rig.data('read', 'unread');
  rig.consume('read');
  for (const message of ['a', 'b']) rig.send(message);
  rig.wrote(Kind.DATA);
  rig.wrote(Kind.DATA);
  rig.cut();
  rig.send('c');
  rig.session.close(1000, 'bye');
  assert.ok(rig.session.sendError() instanceof ClosedError);
  rig.redial();
  rig.welcome({ resumed: true, received: 6 });
  assert.deepEqual(rig.wrote(Kind.CLOSE), close(1000, 18, 9, 'bye')); // again on each link, first
  assert.deepEqual([text(rig.wrote(Kind.DATA)), text(rig.wrote(Kind.DATA))], ['b', 'c']);
  rig.data('late'); // on its way when CLOSE came: counted and dropped
  rig.consume(undefined);
  rig.say(Kind.ACKREQ);
  assert.deepEqual(rig.wrote(Kind.ACK), { received: 29, consumed: 9, sent: 18 });
  rig.say(Kind.CLOSE, close(0, 29, 18));
  const end = rig.ended('closed');
  assert.deepEqual([end.code, end.reason, end.remote], [1000, 'bye', false]);
  assert.equal(rig.drops, 2);
  rig.quiet();
});

test('the server had not consumed all', () => {
  const rig = Rig.open();
  rig.send('a', 'b');
  rig.session.close(0, '');
  rig.pump();
  rig.say(Kind.CLOSE, close(0, 0, 6));
  const { unknown, undelivered } = rig.lost('closed');
  assert.deepEqual([unknown, undelivered.map(text)], [[], ['b']]);
});

test('the server closes: what came before is taken, and then answered', () => {
  const rig = Rig.open();
  rig.send('a');
  rig.data('x', 'y');
  rig.wrote(Kind.DATA);
  rig.say(Kind.CLOSE, close(1234, 18, 6, 'enough'));
  assert.equal(rig.session.sendError().code, 1234);
  rig.data('z'); // DATA up to final may follow
  for (const message of ['x', 'y']) rig.consume(message);
  rig.quiet();
  rig.consume('z');
  assert.deepEqual(rig.wrote(Kind.CLOSE), close(0, 6, 18));
  rig.quiet();
  const end = rig.ended('closed');
  assert.deepEqual([end.code, end.reason, end.remote], [1234, 'enough', true]);
});

test('after the CLOSE of the server nothing more is sent', () => {
  const rig = Rig.open({}, { window: 0 });
  rig.send('sent', 'unsent');
  rig.data('x');
  rig.wrote(Kind.DATA);
  rig.wrote(Kind.ACKREQ);
  rig.say(Kind.CLOSE, close(0, 6, 9));
  rig.quiet();
  rig.consume('x');
  assert.deepEqual(rig.wrote(Kind.CLOSE), close(0, 20, 6));
  rig.quiet();
  const { unknown, undelivered, cause } = rig.lost('closed');
  assert.deepEqual([unknown, undelivered.map(text), cause.remote], [[], ['unsent'], true]);
});

test('a server that closes its own direction alone', () => {
  const rig = Rig.open();
  rig.data('x');
  rig.say(Kind.CLOSE, close(0, 6, OPEN));
  assert.equal(rig.session.halfClosed, false);
  rig.consume('x');
  assert.equal(rig.session.halfClosed, true);
  rig.send('still');
  assert.equal(text(rig.wrote(Kind.DATA)), 'still');
  rig.say(Kind.CLOSE, close(0, 6, 10));
  assert.deepEqual(rig.wrote(Kind.CLOSE), close(0, 10, 6));
  rig.ended('closed');
});

test('a CLOSE that is repeated, lowered or cut off', () => {
  const rig = Rig.open();
  rig.send('a', 'b');
  rig.data('x');
  rig.written = [];
  rig.say(Kind.CLOSE, close(0, 600, 6));
  rig.say(Kind.CLOSE, close(0, 600, 12)); // acknowledges more, and the first consumed stays
  assert.deepEqual([rig.session.acked, rig.session.remote.consumed], [12, 6]);
  rig.say(Kind.CLOSE, close(4, 6, OPEN, 'cut'));
  rig.consume('x');
  assert.equal(rig.ended('closed').code, 4);
});

test('CLOSE that cannot be', () => {
  for (const bad of [close(0, 5, 0), close(0, 6, 7), close(0, 6, 2n ** 64n - 2n), close(0, 2n ** 64n - 1n, 7)]) {
    const rig = Rig.open();
    rig.data('x');
    rig.send('a');
    rig.wrote(Kind.DATA);
    rig.say(Kind.CLOSE, bad);
    assert.equal(rig.wrote(Kind.CLOSE).code, Code.PROTOCOL);
    rig.lost('protocol');
  }
  for (const then of [(rig) => rig.say(Kind.CLOSE, close(0, 13, OPEN)), (rig) => rig.data('12', '')]) { // raised; DATA beyond its end
    const rig = Rig.open();
    rig.say(Kind.CLOSE, close(0, 2n ** 64n - 2n, OPEN)); // a final may be anything
    rig.data('x');
    rig.say(Kind.CLOSE, close(0, 12, OPEN));
    then(rig);
    rig.lost('protocol');
  }
});

test('consumed in a CLOSE is held against what this link has carried', () => {
  const rig = Rig.open();
  rig.send('a', 'b');
  rig.cut();
  rig.redial();
  rig.welcome({ resumed: true, received: 0 });
  rig.cut();
  rig.redial();
  rig.say(Kind.CLOSE, close(0, 0, 12)); // in place of WELCOME: the last link had sent up to 12 again
  rig.ended('closed');
});

test('GOAWAY: no more from the application, and all that was queued', () => {
  const rig = Rig.open();
  rig.send('ask');
  rig.wrote(Kind.DATA);
  rig.cut();
  rig.send('more');
  rig.redial();
  rig.welcome({ resumed: true, received: 8 });
  rig.say(Kind.GOAWAY, { min: 500, max: 5000 });
  assert.deepEqual(rig.session.sendError(), new ClosedError(Code.GOING_AWAY, '', true, [500, 5000]));
  rig.wrote(Kind.DATA);
  assert.deepEqual(rig.wrote(Kind.CLOSE), close(0, 17, OPEN));
  rig.say(Kind.GOAWAY, { min: 1, max: 2 }); // only the range
  rig.quiet();
  rig.resume({ received: 17, consumed: 8 });
  assert.deepEqual(rig.wrote(Kind.CLOSE), close(0, 17, OPEN));
  rig.data('answer');
  rig.say(Kind.CLOSE, close(3, 11, 17));
  rig.consume('answer');
  assert.deepEqual(rig.wrote(Kind.CLOSE), close(0, 17, 11));
  const { error } = rig.ended('closed');
  assert.deepEqual([error.code, error.comeBack], [3, [1, 2]]);
});

test('closing after GOAWAY: the first final stays', () => {
  const rig = Rig.open();
  rig.send('ask');
  rig.data('x');
  rig.say(Kind.GOAWAY, { min: 500, max: 5000 });
  rig.written = [];
  rig.session.close(1000, 'bye');
  rig.pump();
  assert.deepEqual(rig.wrote(Kind.CLOSE), close(1000, 8, 0, 'bye'));
  rig.say(Kind.CLOSE, close(0, 6, 8));
  assert.equal(rig.ended('closed').code, 1000);
});

test('cutting off what is not sent', () => {
  const rig = Rig.open({}, { window: 0 });
  rig.send('sent', 'unsent');
  rig.session.close(1000, 'bye');
  rig.written = [];
  rig.pump();
  assert.deepEqual(rig.wrote(Kind.CLOSE), close(1000, 20, 0, 'bye'));
  rig.session.cutOff();
  rig.pump();
  assert.deepEqual(rig.wrote(Kind.CLOSE), close(Code.CUT_OFF, 9, 0, 'bye'));
  rig.quiet();
  const { unknown, undelivered } = rig.lost('cut-off');
  assert.deepEqual([unknown.map(text), undelivered.map(text)], [['sent'], ['unsent']]);
  assert.equal(rig.drops, 1);
});

test('cutting off nothing', () => {
  const rig = Rig.open();
  rig.send('a');
  rig.say(Kind.ACK, { received: 6, consumed: 6, sent: 0 });
  rig.session.close(1000, 'bye');
  rig.pump();
  rig.written = [];
  rig.session.cutOff();
  rig.pump();
  rig.quiet();
  assert.deepEqual([rig.ended('closed').code, rig.session.end.remote], [1000, false]);
});

test('cutting off without a link', () => {
  const rig = Rig.open();
  rig.send('a');
  rig.cut();
  rig.session.close(0, '');
  rig.session.cutOff();
  rig.pump();
  assert.deepEqual(rig.lost('cut-off').unknown.map(text), ['a']);
});

test('closing before there is a session', () => {
  const rig = new Rig();
  rig.session.close(0, '');
  rig.pump();
  rig.ended('closed');
  assert.equal(rig.drops, 1);
});

test('a CLOSE that the server does not wait for is given up', () => {
  const rig = Rig.open();
  rig.data('x');
  rig.say(Kind.CLOSE, close(0, 6, 0));
  rig.cut();
  rig.consume('x');
  const lost = rig.now;
  while (!rig.session.end) {
    rig.advance(10);
    if (rig.session.phase === 'dialing') rig.cut();
    assert.ok(rig.now < lost + 60_000);
  }
  assert.ok(rig.now >= lost + 5_000 && rig.now < lost + 5_100, `${rig.now - lost}`);
  rig.ended('closed');
});

test('what is still to be consumed is waited for', () => {
  const rig = Rig.open();
  rig.data('x');
  rig.say(Kind.CLOSE, close(0, 12, 0));
  rig.cut();
  rig.redial();
  rig.advance(4_000);
  rig.cut();
  rig.redial();
  rig.advance(4_000);
  rig.welcome({ resumed: true });
  assert.equal(rig.session.phase, 'open');
  rig.data('y');
  rig.consume('x');
  rig.consume('y');
  rig.ended('closed');
});

test('a session that is refused after both have closed', () => {
  const rig = Rig.open();
  rig.send('a');
  rig.session.close(0, '');
  rig.cut();
  rig.redial();
  rig.say(Kind.REFUSE, refused(3));
  assert.deepEqual(rig.lost('expired').unknown.map(text), ['a']);
});
