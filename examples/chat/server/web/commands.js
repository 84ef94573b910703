/**
 * What a user enters: a line to say, or a command, the same as in the terminal client.
 *
 * @module commands
 */

/** The commands, for /help and for completion. */
export const COMMANDS = [
  ['/join room', 'go to a room, which comes into being if need be'],
  ['/leave [room]', 'leave this room, or another'],
  ['/rooms', 'the rooms there are'],
  ['/who', 'who is here'],
  ['/msg name text', 'tell one user alone'],
  ['/me text', 'say what you do: “ann waves”'],
  ['/nick name', 'go by another name'],
  ['/history [lines]', 'older lines'],
  ['/quit', 'sign out'],
  ['/help', 'this list'],
];

/**
 * The meaning of an input: {do: 'say', text, action}, {do: 'join', room}, …, or {do: 'error', text}. A text that begins with a slash is
 * entered with two.
 * @param {string} input
 */
export function parse(input) {
  const text = input.replace(/\s+$/u, '');
  if (text.startsWith('//')) return { do: 'say', text: text.slice(1) };
  if (!text.startsWith('/')) return text.trim() ? { do: 'say', text } : { do: 'nothing' };
  const [, command, rest] = /^\/(\S*)\s*([^]*)$/u.exec(text);
  const word = rest.split(/\s/u, 1)[0];
  switch (command.toLowerCase()) {
    case 'join': return need(word, { do: 'join', room: room(word) }, '/join room');
    case 'leave': return { do: 'leave', room: room(word) };
    case 'rooms': return { do: 'rooms' };
    case 'who': return { do: 'who' };
    case 'msg': return need(word, { do: 'tell', to: word.replace(/^@/u, ''), text: rest.slice(word.length).trim() }, '/msg name text');
    case 'me': return need(rest, { do: 'say', text: rest, action: true }, '/me text');
    case 'nick': return need(word, { do: 'nick', name: word }, '/nick name');
    case 'history': return /^\d*$/u.test(word) ? { do: 'history', last: Number(word) || 100 } : need('', null, '/history [lines]');
    case 'quit': return { do: 'quit' };
    case 'help': return { do: 'help' };
  }
  return { do: 'error', text: `There is no command /${command}. /help lists those there are; to say a line that begins with a slash, enter two.` };
}

const room = (word) => word.replace(/^#/u, '');
const need = (argument, command, usage) => (argument ? command : { do: 'error', text: `Usage: ${usage}` });
