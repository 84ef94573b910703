// Runs in a page: sends numbered messages to a server that echoes them, expects each back exactly once and in order, and tells the server how
// it went. The page's query: to, the server's address; count, of messages; dead, in ms of silence.
import { connect } from './longsplice.js';

const query = new URLSearchParams(location.search), count = Number(query.get('count')), dead = Number(query.get('dead'));
const causes = new Set();

async function exchange() {
  const c = await connect(query.get('to'), {
    backoff: [20, 20], pingAfter: dead / 4, deadAfter: dead, onState: ({ cause }) => cause && causes.add(cause.message),
  });
  let echoed = 0, progress = () => {};
  const sending = (async () => {
    for (let sent = 0; sent < count; sent++) {
      await c.send(`${sent} ${'x'.repeat(sent % 1000)}`);
      while (sent - echoed > 100) await new Promise((resolve) => { progress = resolve; });
    }
  })();
  for await (const message of c) {
    const want = `${echoed} ${'x'.repeat(echoed % 1000)}`, got = new TextDecoder().decode(message);
    if (got !== want) throw new Error(`expected ${want}, got ${got}`);
    echoed++;
    progress();
    if (echoed === count) break;
  }
  await sending;
  await c.close();
  return `sent ${count}, echoed ${echoed}, pushed 0, links ${c.stats.links}`;
}

const told = await exchange().catch((err) => `failed: ${err.stack}`);
await fetch('/done', { method: 'POST', body: `${told}\n${[...causes].join('\n')}` });
