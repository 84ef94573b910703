/**
 * What one entry of a conversation looks like.
 *
 * @module entry
 */
import { el, icon } from './dom.js';
import { hue, initials, parts } from './text.js';
import { dayLabel, dayOf, fullLabel, timeLabel } from './times.js';

const TOGETHER = 5 * 60_000; // ms within which lines of one user stand together

/** @param {string} name @param {string} [size] a class */
export function avatar(name, size = '') {
  return el('span', { class: `avatar hue-${hue(name, 12)} ${size}`, 'aria-hidden': 'true', text: initials(name) });
}

/** Whether b continues what a has begun. */
function together(a, b) {
  return a?.kind === 'line' && b.kind === 'line' && a.name === b.name && !a.action && !b.action && b.at - a.at < TOGETHER && dayOf(a.at) === dayOf(b.at);
}

/** What an entry's look depends on, apart from itself. */
export function look(entry, before, divider) {
  const day = entry.at && (!before || dayOf(before.at) !== dayOf(entry.at));
  return { day, fresh: divider, head: divider || !together(before, entry) };
}

/** A text with its links and names. */
function body(text, me) {
  return parts(text, me).map(({ text: t, href, mention }) => {
    if (href) return el('a', { href, target: '_blank', rel: 'noopener noreferrer', text: t });
    return mention ? el('mark', { text: t }) : document.createTextNode(t);
  });
}

function time(at) {
  return el('time', { datetime: new Date(at).toISOString(), title: fullLabel(at), text: timeLabel(at) });
}

const GAP = (missing) => {
  if (missing === null) return 'The server has restarted. What was said meanwhile may be missing here.';
  return missing === 1 ? 'One message is missing here' : `${missing.toLocaleString()} messages are missing here`;
};

/**
 * The elements of an entry: perhaps a day, perhaps the line above what is new, and the entry.
 * @param {import('./conversation.js').Entry} entry
 */
export function render(entry, { day, fresh, head }, { me, now }) {
  const item = el('li', { class: `entry ${entry.kind}` });
  if (day) item.append(el('div', { class: 'day', role: 'separator', 'aria-label': dayLabel(entry.at, now) }, el('span', { text: dayLabel(entry.at, now) })));
  if (fresh) item.append(el('div', { class: 'fresh', role: 'separator', 'aria-label': 'New messages' }, el('span', { text: 'New' })));
  if (entry.kind === 'gap') item.append(el('p', { class: 'gap-text', text: GAP(entry.missing) }));
  else if (entry.kind === 'note') item.append(el('p', { class: 'note-text', dir: 'auto', text: entry.text }));
  else item.append(line(entry, head, { me, now }));
  return item;
}

/** A line, or one that waits to be confirmed. */
function line({ name, text, action, at, mine, mention, state }, head, { me, now }, ...more) {
  const row = el('article', { class: `line-row${head ? ' head' : ''}${mine ? ' mine' : ''}${mention ? ' mention' : ''}${state ? ` pending ${state}` : ''}` });
  const content = el('div', { class: 'content' });
  if (action) {
    row.classList.add('action');
    content.append(el('p', { class: 'text', dir: 'auto' }, el('bdi', { class: `who hue-${hue(name, 12)}`, text: name }), ' ', ...body(text, me)));
    row.append(avatar(name, 'small'), content, time(at));
  } else {
    if (head) content.append(el('header', {}, el('bdi', { class: `who hue-${hue(name, 12)}`, text: name }), time(at)));
    else content.append(el('span', { class: 'hidden', text: `${name}: ` }));
    content.append(el('p', { class: 'text', dir: 'auto' }, ...body(text, me)));
    row.append(head ? avatar(name) : el('span', { class: 'gutter' }, time(at)), content);
  }
  content.append(...more);
  return row;
}

const STATES = {
  unsent: 'Sending…', sent: 'Sending…', waiting: 'Waits for the connection', unknown: 'May not have arrived', undelivered: 'Was not sent',
};

/** An own line that is not confirmed, with what can be done about it. */
export function renderPending(pending, before, { me, now, again, drop }) {
  const entry = { ...pending, kind: 'line', name: me, mine: true };
  const { day, head } = look(entry, before, false);
  const item = el('li', { class: 'entry line' });
  if (day) item.append(el('div', { class: 'day', role: 'separator' }, el('span', { text: dayLabel(pending.at, now) })));
  const stuck = ['unknown', 'undelivered', 'failed'].includes(pending.state);
  const text = pending.state === 'failed' ? `Not sent: ${pending.error}` : STATES[pending.state];
  item.append(line(entry, head, { me, now }, el('p', { class: 'state' }, stuck && icon('help'), el('span', { text }),
    stuck && el('button', { type: 'button', class: 'plain', text: 'Send again', onclick: again }),
    stuck && el('button', { type: 'button', class: 'plain quiet', text: 'Discard', onclick: drop }))));
  return item;
}

/** An entry as it is read out. */
export function spoken(entry) {
  if (entry.kind === 'gap') return GAP(entry.missing);
  if (entry.kind === 'note') return entry.text;
  return entry.action ? `${entry.name} ${entry.text}` : `${entry.name}: ${entry.text}`;
}
