// A server that says what it is told to say, over links in memory.
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { decode, encode, Kind, Parser } from '../chat/server/web/longsplice.js';
import { bytes, EPOCH, ID, token } from './rig.js';

export class Peer {
  links = 0; dialled = [];
  #coming = new Mailbox(); #tokens = 0;

  /** For connect: links come up at once. */
  dial = async (url, { signal }) => {
    assert.ok(signal instanceof AbortSignal);
    this.dialled.push(url);
    this.links++;
    const link = new PeerLink();
    this.#coming.put(link);
    return link.duplex;
  };

  /** The next link, whose HELLO has come. */
  async link() {
    const link = await this.#coming.take();
    link.hello = await link.wrote(Kind.HELLO);
    return link;
  }

  /** The next link, welcomed. */
  async welcome(fields = {}) {
    const link = await this.link();
    link.say(Kind.WELCOME, { resumed: link.hello.token.length > 0, epoch: EPOCH, id: ID, received: 0, consumed: 0, window: 1 << 20,
      maxMessage: 1000, minPing: 0, ttl: 60_000, token: token(++this.#tokens), ...fields });
    return link;
  }
}

class PeerLink {
  closed = false; writes = 0;
  #parser = new Parser(); #frames = new Mailbox();

  duplex = {
    onbytes: null, onclose: null, buffered: 0,
    send: (raw) => {
      assert.ok(!this.closed, 'a write after close');
      this.writes++;
      this.#parser.push(raw);
      for (let got; (got = this.#parser.next(1 << 30));) this.#frames.put({ kind: got.kind, value: decode(got.kind, got.body) });
    },
    close: () => {
      this.closed = true;
      this.#frames.put({ kind: 'end' });
    },
  };

  say(kind, value) { this.duplex.onbytes?.(encode(kind, value)); }

  data(...messages) { for (const message of messages) this.say(Kind.DATA, bytes(message)); }

  cut() { this.duplex.onclose?.(new Error('cut')); }

  /** The next frame but ACK and ACKREQ, unless it is one of them that is wanted; its value. */
  async wrote(kind) {
    for (;;) {
      const got = await this.#frames.take();
      if (got.kind === kind) return got.value;
      assert.ok(got.kind === Kind.ACK || got.kind === Kind.ACKREQ, `want ${kind}, got ${inspect(got)}`);
    }
  }

  /** The client has let the link go. */
  end() { return this.wrote('end'); }
}

class Mailbox {
  #items = []; #waiting = [];

  put(item) {
    if (this.#waiting.length) this.#waiting.shift()(item);
    else this.#items.push(item);
  }

  take() { return this.#items.length ? Promise.resolve(this.#items.shift()) : new Promise((resolve) => { this.#waiting.push(resolve); }); }
}
