// Sends numbered messages of mixed sizes to a server that echoes them, and expects each back exactly once and in order. Messages of the
// server's own, which begin with P and are numbered too, may come in between.
//
//     node echo.js tcp://HOST:PORT --count 1000
//     node --experimental-websocket echo.js ws://HOST:PORT/PATH
//
// Exit status: 0 if all is as expected, 1 if not, 3 if the session was lost.
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClosedError, Code, connect, LostError } from '../chat/server/web/longsplice.js';
import { dialTCP } from './tcp.js';

const PATIENCE = 60_000; // ms for anything that should happen sooner
const HEAD = 9; // a letter and a number

const { values: flags, positionals: [target] } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '1000' }, // messages to send
    pushes: { type: 'string', default: '0' }, // messages of the server's own to expect
    window: { type: 'string', default: String(1 << 20) },
    slow: { type: 'string', default: '0' }, // ms to spend on each message
    longest: { type: 'string', default: '30000' }, // ms between attempts
    closed: { type: 'string' }, // wait for the server to close with this code, rather than to close
    verbose: { type: 'boolean', default: false },
  },
});
const count = Number(flags.count), pushes = Number(flags.pushes), slow = Number(flags.slow);

/** The numbered message: mostly small, sometimes of some KiB, rarely of more than one read takes. */
function message(number) {
  const size = number % 500 === 0 ? 100_000 : [0, 20, 20, 100, 100, 1000, 1000, 5000][(number * 7919) % 8];
  return numbered('E', number, (number * 31) % (size + 1), (i) => (i * number) & 255);
}

function numbered(letter, number, size, filler) {
  const bytes = new Uint8Array(HEAD + size);
  bytes[0] = letter.charCodeAt(0);
  new DataView(bytes.buffer).setBigUint64(1, BigInt(number));
  for (let i = 0; i < size; i++) bytes[HEAD + i] = filler(i);
  return bytes;
}

function expect(what, want, got) {
  if (Buffer.compare(want, got) !== 0) {
    throw new Error(`expected ${what}, got ${Buffer.from(got.subarray(0, HEAD)).toString('hex')} and ${got.length} bytes`);
  }
}

async function send(c) {
  let sent = 0;
  try {
    for (; sent < count; sent++) await c.send(message(sent));
  } catch (error) {
    return { sent, error };
  }
  return { sent };
}

async function exchange(c) {
  const sending = send(c);
  let echoed = 0, pushed = 0;
  try {
    while (echoed < count || pushed < pushes || flags.closed) {
      const got = await c.receive({ signal: AbortSignal.timeout(PATIENCE) });
      if (got === null) break;
      if (got[0] === 'P'.charCodeAt(0)) {
        expect(`message ${pushed} of the server`, numbered('P', pushed, got.length - HEAD, () => pushed & 255), got);
        pushed++;
      } else {
        expect(`echo ${echoed}`, message(echoed), got);
        echoed++;
      }
      if (slow) await sleep(slow);
    }
  } catch (error) {
    if (!(error instanceof ClosedError) || String(error.code) !== flags.closed) throw error;
  }
  const { sent, error } = await sending;
  if (error && !flags.closed) throw error;
  if (Number(flags.closed) === Code.GOING_AWAY && !c.comeBack) throw new Error('the server has left without GOAWAY');
  if (Number(flags.closed) !== Code.GOING_AWAY && sent !== count) throw new Error(`sent only ${sent}: ${error}`);
  if (echoed !== sent) throw new Error(`sent ${sent} and got ${echoed} back`);
  return { sent, echoed, pushed };
}

const began = performance.now();
const ends = [];
try {
  const c = await connect(target.replace(/^tcp:\/\//, ''), {
    ...(target.startsWith('tcp:') && { dial: dialTCP }),
    window: Number(flags.window),
    backoff: [Math.min(500, Number(flags.longest)), Number(flags.longest)],
    signal: AbortSignal.timeout(PATIENCE),
    onState(state) {
      if (flags.verbose) console.error(state);
      if (state.state === 'lost' || state.state === 'closed') ends.push(state.state);
    },
  });
  const { sent, echoed, pushed } = await exchange(c);
  await c.close(0, '', { timeout: PATIENCE });
  console.log(`sent ${sent}, echoed ${echoed}, pushed ${pushed}, links ${c.stats.links}, ends ${ends}, ${((performance.now() - began) / 1000).toFixed(2)} s`);
} catch (error) {
  const lost = error instanceof LostError;
  console.error(lost ? `lost: ${error.reason}: ${error.message} (${error.cause}), ends ${ends}` : error);
  process.exitCode = lost ? 3 : 1;
}
