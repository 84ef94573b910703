/**
 * Where the user writes.
 *
 * @module composer
 */
import { Announcer } from './attention.js';
import { COMMANDS } from './commands.js';
import { $, setText } from './dom.js';
import { Completion, InputHistory, matching } from './editing.js';

export class Composer {
  #chat; #submit; #input = $('input'); #completion = new Completion(); #entered = new InputHistory(); #c = null;

  /** @param {import('./model.js').Chat} chat @param {(text: string) => void} submit */
  constructor(chat, submit) {
    this.#chat = chat;
    this.#submit = submit;
    $('composer').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#enter();
      this.#input.focus();
    });
    this.#input.addEventListener('keydown', (event) => this.#key(event));
    this.#input.addEventListener('input', () => {
      this.#completion.forget();
      this.#grow();
      if (!this.#c) return;
      this.#c.draft = this.#input.value;
      if (this.#input.value && !this.#input.value.startsWith('/')) this.#chat.types(this.#c);
    });
  }

  /** Be ready to write; but where there is no keyboard, one on the screen would cover what is to be read. */
  focus() { if (!matchMedia('(pointer: coarse)').matches) this.#input.focus(); }

  draw() {
    const c = this.#chat.current;
    if (c !== this.#c) {
      this.#c = c;
      this.#put(c?.draft ?? '');
      const where = !c ? 'Message' : c.kind === 'room' ? `Message to #${c.name}` : `Message to ${c.name}`;
      this.#input.placeholder = where;
      setText($('input-label'), where);
    }
    this.#input.disabled = $('send').disabled = !c;
    setText($('typing'), c ? typing(c.typing(Date.now())) : '');
  }

  #put(text, caret = text.length) {
    this.#input.value = text;
    this.#input.setSelectionRange(caret, caret);
    if (this.#c) this.#c.draft = text;
    this.#grow();
  }

  #grow() {
    this.#input.style.height = 'auto';
    this.#input.style.height = `${this.#input.scrollHeight}px`;
  }

  #enter() {
    const text = this.#input.value;
    if (!text.trim()) return;
    this.#entered.add(text);
    this.#completion.forget();
    this.#put('');
    this.#submit(text);
  }

  #key(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const { value, selectionStart: start, selectionEnd: end } = this.#input;
    const take = (text) => {
      if (text === null) return;
      event.preventDefault();
      this.#put(text);
    };
    switch (event.key) {
      case 'Enter':
        if (event.shiftKey) return;
        event.preventDefault();
        this.#enter();
        break;
      case 'Tab': {
        const done = event.shiftKey || start !== end ? null : this.#completion.next(value, start, (word, first) => this.#candidates(word, first));
        if (!done) return; // on to what comes next on the page
        event.preventDefault();
        this.#put(done.text, done.caret);
        Announcer.say(done.word);
        break;
      }
      case 'ArrowUp':
        if (start === end && !value.slice(0, start).includes('\n')) take(this.#entered.up(value));
        break;
      case 'ArrowDown':
        if (start === end && !value.slice(start).includes('\n')) take(this.#entered.down());
        break;
      case 'Escape':
        if (this.#completion.active) event.stopPropagation();
        this.#completion.forget();
    }
  }

  #candidates(word, first) {
    if (first && word.startsWith('/')) return matching(COMMANDS.map(([usage]) => usage.split(' ')[0]), word);
    const rooms = [...this.#chat.rooms.map((c) => c.name), ...this.#chat.catalogue.map((r) => r.name)];
    if (word.startsWith('#')) return matching([...new Set(rooms)].map((name) => `#${name}`), word);
    const at = word.startsWith('@') ? '@' : '', c = this.#c;
    const here = !c ? [] : c.kind === 'room' ? [...c.users] : [c.name];
    const names = [...new Set([...here, ...this.#chat.users])].filter((name) => name !== this.#chat.me);
    return matching(names.map((name) => at + name), word);
  }
}

function typing(names) {
  switch (names.length) {
    case 0: return '';
    case 1: return `${names[0]} is typing…`;
    case 2: return `${names[0]} and ${names[1]} are typing…`;
  }
  return 'Several people are typing…';
}
