/**
 * What Tab and the arrow keys do to a line that is being written.
 *
 * @module editing
 */

/**
 * Completes the word before the caret, and on each further call the next candidate. candidates(word, first) gives whole words, where
 * first says that the word begins the line.
 */
export class Completion {
  #last = null;

  /** @returns {{text: string, caret: number, word: string} | null} null if there is nothing to complete */
  next(text, caret, candidates) {
    const again = this.#last && this.#last.text === text && this.#last.caret === caret;
    if (!again) {
      const head = text.slice(0, caret), word = /[^\s]*$/u.exec(head)[0], first = word.length === head.length;
      const found = word ? candidates(word, first) : [];
      if (!found.length) return this.forget();
      this.#last = { found, at: -1, before: head.slice(0, head.length - word.length), after: text.slice(caret), first };
    }
    const { found, before, after, first } = this.#last;
    const at = (this.#last.at + 1) % found.length, word = found[at];
    const done = before + word + (first && !word.startsWith('/') && !word.startsWith('#') ? ': ' : ' ');
    Object.assign(this.#last, { at, text: done + after.replace(/^ /u, ''), caret: done.length });
    return { text: this.#last.text, caret: this.#last.caret, word };
  }

  /** The next call begins anew. */
  forget() { return (this.#last = null); }

  get active() { return this.#last !== null; }
}

/** The words that begin like `word`, whatever their case. */
export function matching(words, word) {
  const key = word.toLowerCase();
  return words.filter((w) => w.toLowerCase().startsWith(key) && w !== word).sort((a, b) => a.localeCompare(b));
}

/** What was entered before, to go back to. */
export class InputHistory {
  #lines = []; #at = 0; #draft = '';

  add(line) {
    if (this.#lines.at(-1) !== line) this.#lines.push(line);
    if (this.#lines.length > 200) this.#lines.shift();
    this.#at = this.#lines.length;
  }

  /** The line before, or null. present is what stands there now. */
  up(present) {
    if (this.#at === 0) return null;
    if (this.#at === this.#lines.length) this.#draft = present;
    return this.#lines[--this.#at];
  }

  /** The line after, at last what stood there at first, or null. */
  down() {
    if (this.#at >= this.#lines.length) return null;
    return ++this.#at === this.#lines.length ? this.#draft : this.#lines[this.#at];
  }
}
