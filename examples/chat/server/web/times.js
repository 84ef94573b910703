/**
 * Times as people read them, in the reader's language and zone.
 *
 * @module times
 */

const DAY = 24 * 60 * 60_000;

/** The same for all times of one day of the reader's. */
export function dayOf(at) {
  const d = new Date(at);
  return d.getFullYear() * 10_000 + d.getMonth() * 100 + d.getDate();
}

const formats = new Map();
function format(locale, options) {
  const key = JSON.stringify([locale, options]);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale, options));
  return formats.get(key);
}

/** "Today", "Yesterday", or a date. */
export function dayLabel(at, now, locale) {
  if (dayOf(at) === dayOf(now)) return 'Today';
  const yesterday = new Date(now);
  yesterday.setDate(yesterday.getDate() - 1);
  if (dayOf(at) === dayOf(yesterday)) return 'Yesterday';
  const far = Math.abs(now - at) > 300 * DAY;
  return format(locale, { weekday: 'long', day: 'numeric', month: 'long', ...(far && { year: 'numeric' }) }).format(at);
}

/** "14:05". */
export const timeLabel = (at, locale) => format(locale, { hour: '2-digit', minute: '2-digit' }).format(at);

/** The whole of it. */
export const fullLabel = (at, locale) => format(locale, { dateStyle: 'full', timeStyle: 'medium' }).format(at);
