/**
 * What is in a text: links, and the user's name.
 *
 * @module text
 */

const LINK = /\bhttps?:\/\/[^\s<>"\u0000-\u001f\u007f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+/giu;

/** Without the punctuation that belongs to the sentence around it. */
function trimmed(url) {
  for (;;) {
    const last = url.at(-1);
    if ('.,;:!?\'*_'.includes(last)) url = url.slice(0, -1);
    else if ((last === ')' || last === ']') && !balanced(url, last)) url = url.slice(0, -1);
    else return url;
  }
}

function balanced(url, closing) {
  const opening = closing === ')' ? '(' : '[';
  return url.split(opening).length >= url.split(closing).length;
}

/**
 * A text in parts, which together are the text: those with `href` are links, those with `mention` the user's name.
 * @param {string} text
 * @param {string} [me]
 * @returns {{text: string, href?: string, mention?: boolean}[]}
 */
export function parts(text, me = '') {
  const out = [];
  let at = 0;
  for (const match of text.matchAll(LINK)) {
    const shown = trimmed(match[0]), href = linkOf(shown);
    if (!href) continue;
    out.push(...names(text.slice(at, match.index), me), { text: shown, href });
    at = match.index + shown.length;
  }
  out.push(...names(text.slice(at), me));
  return out;
}

/** The address that a link leads to, or null if it is none that may be followed. */
function linkOf(text) {
  try {
    return new URL(text).href; // http or https, or it would not have been found
  } catch {
    return null;
  }
}

const literal = (text) => text.replace(/[.*+?^${}()|[\]\\-]/g, '\\$&');
const namePattern = (me) => new RegExp(`(?<![\\p{L}\\p{N}_.-])@?${literal(me)}(?![\\p{L}\\p{N}_-]|\\.[\\p{L}\\p{N}])`, 'giu');

/** Whether a text names the user. */
export const mentions = (text, me) => Boolean(me) && namePattern(me).test(text);

function names(text, me) {
  if (!text) return [];
  if (!me) return [{ text }];
  const out = [];
  let at = 0;
  for (const match of text.matchAll(namePattern(me))) {
    if (match.index > at) out.push({ text: text.slice(at, match.index) });
    out.push({ text: match[0], mention: true });
    at = match.index + match[0].length;
  }
  if (at < text.length) out.push({ text: text.slice(at) });
  return out;
}

/** One of `count` hues, always the same for a name. */
export function hue(name, count) {
  let h = 2166136261;
  for (const c of name.toLowerCase()) h = Math.imul(h ^ c.codePointAt(0), 16777619);
  return (h >>> 8) % count;
}

/** One or two letters for a name. */
export function initials(name) {
  const words = name.split(/[-_.]+/u).filter(Boolean), first = (word) => [...word][0] ?? '';
  return (words.length > 1 ? first(words[0]) + first(words[1]) : first(name)).toUpperCase();
}
