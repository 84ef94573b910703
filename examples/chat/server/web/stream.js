/**
 * Positions of one room's lines, which are counted and not sent: `joined` and `gap` say where the next line is, and each line is one
 * further. A position is {epoch, offset}; offsets of different epochs have nothing to do with each other.
 *
 * @module stream
 * @typedef {{epoch: number, offset: number}} Position
 */

/** Whether what is at a comes before b: false if they are of different lives of the room. */
export const before = (a, b) => Boolean(a && b && a.epoch === b.epoch && a.offset < b.offset);

/** How many lines are missing, or null if nobody can know. */
export const missing = ({ from, next }) => (from && next && from.epoch === next.epoch ? next.offset - from.offset : null);

export class Stream {
  /** Of the next line; null before the first `joined`. @type {Position | null} */
  next = null;
  /** Of the oldest line that is here. @type {Position | null} */
  first = null;
  #told = null; // all before it has been here

  /**
   * `joined` or `gap`: the next line is at next. Returns what is missing in between as {from, next}, or null.
   * @param {Position} next
   * @param {Position} [from] what the server says is missing, from here on
   */
  jump(next, from) {
    const was = this.next;
    this.next = { ...next };
    if (!was || was.epoch !== next.epoch) this.first = this.#told = { ...next };
    if (!was) return from && missing({ from, next }) !== 0 ? { from, next } : null;
    return was.epoch !== next.epoch || was.offset < next.offset ? { from: was, next } : null;
  }

  /** A line has come: its position, or null if it has been here before. */
  line() {
    if (!this.next) return null;
    const at = this.next;
    this.next = { epoch: at.epoch, offset: at.offset + 1 };
    if (before(at, this.#told)) return null;
    this.#told = this.next;
    return at;
  }

  /**
   * Older lines have come, in answer to a question for those before `first`: their positions.
   * @param {number} count
   */
  older(count) {
    const { epoch, offset } = this.first;
    this.first = { epoch, offset: offset - count };
    return Array.from({ length: count }, (_, i) => ({ epoch, offset: offset - count + i }));
  }
}
