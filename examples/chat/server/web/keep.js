/**
 * What outlives the page: name, tokens, rooms and what was read, shared by all tabs of the browser; and of this tab alone, which
 * conversation is shown and what nobody has confirmed.
 *
 * @module keep
 */

const NAME = 'chat.name', TOKENS = 'chat.tokens', ROOMS = 'chat.rooms', SEEN = 'chat.seen', ACTIVE = 'chat.active', UNCONFIRMED = 'chat.unconfirmed';

function read(storage, key, otherwise) {
  try {
    return JSON.parse(storage.getItem(key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export class Keep {
  #tabs; #tab;

  /** @param {Storage} tabs shared by all tabs @param {Storage} tab of this one */
  constructor(tabs, tab) {
    this.#tabs = tabs;
    this.#tab = tab;
  }

  /** Who is signed in, or null. */
  get name() { return read(this.#tabs, NAME, null); }

  set name(name) {
    if (name === null) this.#tabs.removeItem(NAME);
    else if (name !== this.name) this.#write(NAME, name);
  }

  /** What keeps a name for the user, if the server has given it. */
  token(name) { return read(this.#tabs, TOKENS, {})[name]; }

  setToken(name, token) {
    if (token && this.token(name) !== token) this.#write(TOKENS, { ...read(this.#tabs, TOKENS, {}), [name]: token });
  }

  /** The rooms to be in; null if nothing is known. */
  get rooms() { return read(this.#tabs, ROOMS, null); }

  set rooms(rooms) { this.#write(ROOMS, rooms); }

  get seen() { return read(this.#tabs, SEEN, {}); }

  addSeen(seen) { this.#write(SEEN, { ...this.seen, ...seen }); }

  get active() { return read(this.#tab, ACTIVE, null); }

  set active(key) { this.#tab.setItem(ACTIVE, JSON.stringify(key)); }

  get unconfirmed() { return read(this.#tab, UNCONFIRMED, []); }

  set unconfirmed(lines) { this.#tab.setItem(UNCONFIRMED, JSON.stringify(lines)); }

  /** Somebody else signs in: what was read and where are not theirs. */
  forget() {
    for (const key of [ROOMS, SEEN]) this.#tabs.removeItem(key);
    for (const key of [ACTIVE, UNCONFIRMED]) this.#tab.removeItem(key);
  }

  /** What another tab has written: {name}, {rooms} or {seen}; null if it does not matter. @param {StorageEvent} event */
  static news({ key, newValue }) {
    const field = { [NAME]: 'name', [ROOMS]: 'rooms', [SEEN]: 'seen' }[key];
    return field ? { [field]: newValue === null ? null : JSON.parse(newValue) } : null;
  }

  #write(key, value) { this.#tabs.setItem(key, JSON.stringify(value)); }
}
