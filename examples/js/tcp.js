// A dial for Node: the protocol over plain TCP, with no WebSocket between.
import net from 'node:net';

const LINGER = 250; // ms for the peer's half of a link that is let go

/** @type {import('../chat/server/web/longsplice.js').Dial} address is "host:port" */
export function dialTCP(address, { signal }) {
  const colon = address.lastIndexOf(':');
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)), noDelay: true });
    const duplex = {
      send: (bytes) => socket.write(bytes),
      close() {
        socket.end();
        setTimeout(() => socket.destroy(), LINGER).unref();
      },
      get buffered() { return socket.writableLength; },
      onbytes: null,
      onclose: null,
    };
    let cause = new Error('the server has ended the link');
    signal.addEventListener('abort', () => socket.destroy(signal.reason));
    socket.on('connect', () => resolve(duplex));
    socket.on('data', (bytes) => duplex.onbytes?.(bytes));
    socket.on('error', (err) => { cause = err; });
    socket.on('end', () => duplex.onclose?.(cause));
    socket.on('close', () => {
      reject(cause);
      duplex.onclose?.(cause);
    });
  });
}
