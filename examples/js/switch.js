// One session over two transports in turn: WebSocket and TCP. Numbered messages go to a server that echoes them; the link is cut here after
// every hundredth.
//
//     node --experimental-websocket switch.js ws://HOST:PORT/PATH HOST:PORT COUNT
import { connect, dialWebSocket } from '../chat/server/web/longsplice.js';
import { dialTCP } from './tcp.js';

const [ws, tcp, count] = [process.argv[2], process.argv[3], Number(process.argv[4])];
let links = 0, present = null, resumed = null;

const c = await connect(ws, {
  backoff: [1, 1],
  async dial(_, options) {
    present = await (links++ % 2 ? dialTCP(tcp, options) : dialWebSocket(ws, options));
    return present;
  },
  onState: ({ state }) => state === 'resumed' && resumed(),
});
let echoed = 0;
const receiving = (async () => {
  while (echoed < count) {
    const got = new TextDecoder().decode(await c.receive());
    if (got !== String(echoed)) throw new Error(`expected ${echoed}, got ${got}`);
    if (echoed++ % 100 === 50) {
      const { onclose } = present;
      await new Promise((resolve) => {
        resumed = resolve;
        onclose(new Error('cut'));
      });
    }
  }
})();
for (let sent = 0; sent < count; sent++) await c.send(String(sent));
await receiving;
await c.close();
console.log(`sent ${count}, echoed ${echoed}, pushed 0, links ${links}`);
