// Holds longsplice.js against the test vectors: every frame, every refusal, and the conversations that a client can play.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { Code, decode, encode, Kind, Parser, ProtocolError } from '../chat/server/web/longsplice.js';
import { Rig } from './rig.js';

const vectors = JSON.parse(readFileSync(process.env.LONGSPLICE_VECTORS ?? new URL('../../conn/testdata/vectors.json', import.meta.url)));
const LIMIT = 1 << 20; // where a vector gives none
const NAMES = { max_message: 'maxMessage', session_id: 'id', min_ping_ms: 'minPing', ttl_ms: 'ttl', retry_min_ms: 'min', retry_max_ms: 'max' };
const raw = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hexOf = (value) => Buffer.from(value).toString('hex');
const kindOf = (name) => Kind[name] ?? Number(name);
const integer = (decimal) => (BigInt(decimal) <= Number.MAX_SAFE_INTEGER ? Number(decimal) : BigInt(decimal));

/** The value that longsplice.js makes of a vector's fields. */
function valueOf(kind, fields) {
  if (kind === Kind.DATA) return raw(fields.message);
  if (kind >= Kind.OPTIONAL) return raw(fields.body);
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => {
    if (['token', 'credential', 'session_id'].includes(name)) return [NAMES[name] ?? name, raw(value)];
    return [NAMES[name] ?? name, typeof value === 'string' && name !== 'reason' ? integer(value) : value];
  }));
}

test('every kind has a vector', () => {
  const kinds = new Set(vectors.frames.map((v) => v.kind));
  for (const name of Object.keys(Kind)) assert.ok(name === 'OPTIONAL' || kinds.has(name), name);
});

for (const v of vectors.frames) {
  test(`frame ${v.name}`, () => {
    const whole = raw(v.hex), kind = kindOf(v.kind), want = valueOf(kind, v.fields), parser = new Parser();
    for (const byte of whole.subarray(0, -1)) { // one by one, so every beginning is seen to be too short
      parser.push(Uint8Array.of(byte));
      assert.equal(parser.next(LIMIT), null);
    }
    parser.push(whole.subarray(-1));
    const got = parser.next(LIMIT);
    assert.equal(got.kind, kind);
    assert.deepEqual(decode(kind, got.body), want);
    assert.equal(parser.next(LIMIT), null);
    if (!v.decode_only) assert.equal(hexOf(encode(kind, want)), v.hex);
  });
}

for (const v of vectors.invalid) {
  test(`invalid ${v.name}`, () => {
    const limit = v.max_message === 0 ? -1 : v.max_message ?? LIMIT;
    const parser = new Parser();
    parser.push(raw(v.hex));
    if (v.where === 'incomplete') assert.equal(parser.next(limit), null);
    else if (v.where === 'frame') assert.throws(() => parser.next(limit), ProtocolError);
    else if (v.where === 'body') {
      const { kind, body } = parser.next(limit);
      assert.throws(() => decode(kind, body), ProtocolError);
    } else if (v.where === 'link') {
      const rig = Rig.open();
      rig.feed(raw(v.hex));
      const { code, final, consumed } = rig.wrote(Kind.CLOSE);
      assert.deepEqual({ code, final, consumed }, { code: Code.PROTOCOL, final: 0, consumed: 0 });
      assert.ok(rig.lost('protocol').cause instanceof ProtocolError);
    } else assert.fail(`where: ${v.where}`);
  });
}

/** How each conversation leaves the client. */
const ends = {
  resumption: (rig) => assert.equal(rig.ended('closed').remote, false),
  tombstone: (rig) => assert.equal(rig.ended('closed').remote, false),
  goaway: (rig) => assert.deepEqual({ code: rig.ended('closed').code, comeBack: rig.session.end.comeBack }, { code: 3, comeBack: [500, 5000] }),
  window: (rig) => assert.equal(rig.session.phase, 'open'),
  restart: (rig) => assert.equal(rig.lost('restarted').cause.code, 4),
};

test('every conversation is known', () => {
  assert.deepEqual(vectors.conversations.filter((c) => c.test.includes('client')).map((c) => c.name).sort(), Object.keys(ends).sort());
});

for (const [name, ended] of Object.entries(ends)) {
  test(`conversation ${name}`, () => {
    const talk = vectors.conversations.find((c) => c.name === name);
    const rig = new Rig({ window: talk.window, maxMessage: talk.max_message });
    for (const [number, step] of talk.steps.entries()) {
      try {
        play(rig, step);
      } catch (err) {
        err.message = `step ${number}: ${JSON.stringify(step)}: ${err.message}`;
        throw err;
      }
    }
    ended(rig);
  });
}

/** Plays the server's part of a step, and compares each frame of the client and its positions. */
function play(rig, step) {
  const { session } = rig, ours = (step.end ?? step.from) === 'client';
  switch (step.do) {
    case 'connect': // the HELLO is the next step
      rig.written = [{ kind: Kind.HELLO, value: step.link === 1 ? rig.hello() : rig.redial() }];
      break;
    case 'frame':
    case 'part':
      if (ours) wrote(rig, step);
      else rig.feed(raw(step.hex).subarray(0, step.arrives));
      break;
    case 'cut':
      rig.cut();
      break;
    case 'send':
      if (ours) rig.send(...step.messages);
      break;
    case 'consume':
      if (ours) step.messages.forEach((message) => rig.consume(message));
      break;
    case 'flush':
      if (ours) session.want();
      rig.pump();
      break;
    case 'close':
      if (ours && !session.remote) session.close(step.code, ''); // else it is the answer, which comes by itself
      rig.pump();
      break;
    case 'ended':
      if (ours) assert.ok(session.end, 'not over');
      break;
    case 'restart':
    case 'leave': // the server's own affair
      break;
    default:
      assert.fail(`do: ${step.do}`);
  }
  for (const name of ['received', 'consumed', 'acked']) assert.equal(session[name], integer(step.client[name]), name);
  assert.ok(session.sent >= integer(step.client.sent), 'sent');
}

/** The client has written this frame, and before it nothing but ACK and ACKREQ, which may come at any time. */
function wrote(rig, step) {
  for (;;) {
    const got = rig.written.shift();
    if (got && hexOf(encode(got.kind, got.value)) === step.hex) return;
    assert.ok(got?.kind === Kind.ACK || got?.kind === Kind.ACKREQ, `wrote ${inspect(got)}`);
  }
}
