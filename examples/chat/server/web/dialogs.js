/**
 * Dialogs: who the user is, which rooms there are, what can be done.
 *
 * @module dialogs
 */
import { COMMANDS } from './commands.js';
import { $, arrange, el, setText } from './dom.js';

/** Asks for a name: to sign in, or another one to go by. */
export class NameDialog {
  #dialog = $('login'); #answer = null; #must = false;

  constructor() {
    $('login-form').addEventListener('submit', (event) => {
      event.preventDefault();
      const name = $('login-name').value.trim();
      if (!name) return;
      this.busy(true);
      this.#answer?.(name);
    });
    this.#dialog.addEventListener('cancel', (event) => this.#must && event.preventDefault());
    $('login-name').addEventListener('input', () => this.fail(''));
  }

  get open() { return this.#dialog.open; }

  /** @param {{must: boolean, name?: string, error?: string}} how @param {(name: string) => void} answer */
  ask({ must, name = '', error = '' }, answer) {
    this.#answer = answer;
    this.#must = must;
    setText($('login-title'), must ? 'Join the conversation' : 'Go by another name');
    setText($('login-go'), must ? 'Join' : 'Change name');
    $('login-name').value = name;
    this.fail(error);
    if (!this.#dialog.open) this.#dialog.showModal();
    $('login-name').select();
  }

  /** The answer was not accepted. */
  fail(error) {
    this.busy(false);
    setText($('login-error'), error);
    $('login-name').setAttribute('aria-invalid', String(Boolean(error)));
  }

  busy(busy) { $('login-go').disabled = busy; }

  close() {
    this.busy(false);
    this.#dialog.close();
  }
}

/** The rooms there are, to join one or to name a new one. */
export class RoomDialog {
  #chat; #join;

  /** @param {import('./model.js').Chat} chat @param {(name: string) => void} join */
  constructor(chat, join) {
    this.#chat = chat;
    this.#join = join;
    $('find-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#go($('find-name').value.trim().replace(/^#/u, ''));
    });
    $('find-name').addEventListener('input', () => this.draw());
    $('find-close').addEventListener('click', () => $('find').close());
  }

  show() {
    $('find-name').value = '';
    this.#chat.listRooms();
    this.draw();
    if (!$('find').open) $('find').showModal();
    $('find-name').focus();
  }

  #go(name) {
    if (!name) return;
    $('find').close();
    this.#join(name);
  }

  draw() {
    if (!$('find').open && !$('find-name').value) arrange($('found'), []);
    const word = $('find-name').value.trim().replace(/^#/u, '').toLowerCase(), rooms = new Map(this.#chat.catalogue.map((r) => [r.name, r.users]));
    for (const c of this.#chat.rooms) if (!rooms.has(c.name)) rooms.set(c.name, c.count);
    const found = [...rooms].filter(([name]) => name.includes(word)).sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
    const sign = JSON.stringify(found);
    if ($('found').dataset.sign === sign && $('found').children.length) return;
    $('found').dataset.sign = sign;
    arrange($('found'), found.slice(0, 100).map(([name, users]) => el('li', {}, el('button', { type: 'button', class: 'conversation', onclick: () => this.#go(name) },
      el('span', { class: 'hash', 'aria-hidden': 'true', text: '#' }), el('bdi', { class: 'label', text: name }),
      el('small', { text: users === 1 ? '1 person' : `${users} people` })))));
  }
}

/** Commands and keys. */
export function helpDialog() {
  $('help-commands').append(...COMMANDS.flatMap(([usage, meaning]) => [el('dt', {}, el('kbd', { text: usage })), el('dd', { text: meaning })]));
  $('help-close').addEventListener('click', () => $('help').close());
  return () => $('help').open || $('help').showModal();
}
