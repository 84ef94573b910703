// Sends numbered messages of mixed sizes to a server that echoes them, and expects each back exactly once and in order. Messages of the
// server's own, which begin with P and are numbered too, may come in between.
//
//     node echo.js tcp://HOST:PORT --count 1000
//     node --experimental-websocket echo.js ws://HOST:PORT/PATH
//
// Exit status: 0 if all is as expected, 1 if not, 3 if the session was lost.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ClosedError, Code, connect, LostError, run } from '../chat/server/web/longsplice.js';
import { dialTCP } from './tcp.js';

const PATIENCE = 60_000; // ms for anything that should happen sooner
const HEAD = 9; // a letter and a number
const AHEAD = 200; // messages that may be on their way: both directions are at work until the end

const { values: flags, positionals: [target] } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '1000' }, // messages to send
    pushes: { type: 'string', default: '0' }, // messages of the server's own to expect
    window: { type: 'string', default: String(1 << 20) },
    slow: { type: 'string', default: '0' }, // ms to spend on each message
    longest: { type: 'string', default: '30000' }, // ms between attempts
    ping: { type: 'string', default: '30000' }, // ms of silence before a PING
    dead: { type: 'string', default: '60000' }, // ms of silence that mean that the link is dead
    'give-up': { type: 'string', default: 'Infinity' }, // ms without a link after which the session is lost
    closed: { type: 'string' }, // wait for the server to close with this code, rather than to close
    again: { type: 'boolean', default: false }, // begin another session after a loss or a GOAWAY, until one is enough for all
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

/** Sends and receives all. */
async function exchange(c) {
  let sent = 0, echoed = 0, pushed = 0, progress = () => {};
  const sending = (async () => {
    for (; sent < count; sent++) {
      await c.send(message(sent));
      while (sent - echoed >= AHEAD && !c.error) await new Promise((resolve) => { progress = resolve; });
    }
  })().catch((error) => error);
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
        progress();
      }
      if (slow) await sleep(slow);
    }
  } catch (error) {
    if (!(error instanceof ClosedError) || String(error.code) !== flags.closed) throw error;
  }
  progress();
  const error = await sending;
  if (error && !flags.closed) throw error;
  if (Number(flags.closed) === Code.GOING_AWAY && !c.comeBack) throw new Error('the server has left without GOAWAY');
  if (Number(flags.closed) !== Code.GOING_AWAY && sent !== count) throw new Error(`sent only ${sent}: ${error}`);
  if (echoed !== sent) throw new Error(`sent ${sent} and got ${echoed} back`);
  await c.close(0, '', { timeout: PATIENCE });
  return `sent ${sent}, echoed ${echoed}, pushed ${pushed}, links ${c.stats.links}`;
}

const began = performance.now();
const ends = [], causes = new Set();
const options = {
  ...(target.startsWith('tcp:') && { dial: dialTCP }),
  window: Number(flags.window),
  backoff: [Math.min(500, Number(flags.longest)), Number(flags.longest)],
  pingAfter: Number(flags.ping),
  deadAfter: Number(flags.dead),
  giveUp: Number(flags['give-up']),
  onState(state) {
    if (state.cause) causes.add(state.cause.message);
    if (state.state === 'lost') ends.push(`lost ${state.reason}`);
    if (state.state === 'closed') ends.push(`closed ${state.code}`);
  },
};
try {
  const url = target.replace(/^tcp:\/\//, '');
  const done = flags.again ? await run(url, exchange, options)
    : await exchange(await connect(url, { ...options, signal: AbortSignal.timeout(PATIENCE) }));
  console.log(`${done}, ends ${ends.join('; ')}, ${((performance.now() - began) / 1000).toFixed(2)} s`);
  console.error(`links ended by: ${[...causes].join('; ')}`);
} catch (error) {
  const lost = error instanceof LostError;
  console.error(lost ? `lost: ${error.reason}: ${error.message} (${error.cause}), ends ${ends.join('; ')}` : error);
  process.exitCode = lost ? 3 : 1;
}
process.exit(); // a WebSocket whose link is dead waits for the server's half of its end, and Node for the WebSocket
