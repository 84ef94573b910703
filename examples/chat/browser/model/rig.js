// A chat by hand: the test is the server, the connection and the clock.
import { Chat } from '../../server/web/model.js';

export const at = (offset, epoch = 5) => ({ epoch, offset });

export class Rig {
  now = 1_700_000_000_000; linked = true; sent = []; kept = {};

  constructor(options = {}) {
    this.chat = new Chat({
      mark: 'm', now: () => this.now, keep: (what) => Object.assign(this.kept, what),
      send: (m) => {
        if (this.linked) this.sent.push(m);
        return this.linked;
      },
      ...options,
    });
  }

  /** A chat in rooms, each of which stands at its first line. */
  static in(...rooms) {
    const rig = new Rig();
    rig.chat.follow(rooms);
    rig.hear({ op: 'welcome', name: 'ann', token: 't' });
    rig.hear({ op: 'joined', room: 'user:ann', next: at(1) });
    for (const room of rooms) rig.hear({ op: 'joined', room, next: at(1), users: ['ann'] });
    rig.chat.show(`room:${rooms[0]}`);
    rig.sent = [];
    return rig;
  }

  hear(...messages) { for (const m of messages) this.chat.receive(m); }

  line(room, name, text, more) { this.hear({ op: 'line', room, name, text, at: this.now, ...more }); }

  c(key) { return this.chat.conversations.get(key); }

  /** What stands in a conversation, gaps as numbers of lines. */
  texts(key) { return this.c(key).entries.map((e) => (e.kind === 'gap' ? e.missing : e.text)); }

  pending(key) { return this.c(key).pending.map(({ text, state }) => `${text}: ${state}`); }

  /** The session is over; returns what is asked for when the next one begins. */
  restart({ undelivered = [], name = 'ann' } = {}) {
    this.linked = false;
    this.chat.ended(undelivered);
    this.linked = true;
    this.sent = [];
    this.hear({ op: 'welcome', name, token: 't' });
    return this.sent;
  }
}
