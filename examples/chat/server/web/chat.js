/**
 * The chat's page: puts the model, the connection and the view together.
 *
 * @module chat
 */
import { Announcer, Attention } from './attention.js';
import { parse } from './commands.js';
import { Composer } from './composer.js';
import { Link } from './connection.js';
import { helpDialog, NameDialog, RoomDialog } from './dialogs.js';
import { $ } from './dom.js';
import { Keep } from './keep.js';
import { Conversations, People } from './lists.js';
import { Log } from './log.js';
import { Chat } from './model.js';
import { Connection, drawHead, Drawers, drawUnsent, keys, unsentOf } from './page.js';
import { Status } from './status.js';

const TOO_MANY = 1002; // the server's code for too many connections of one user

const keep = new Keep(localStorage, sessionStorage), status = new Status(), now = () => performance.now();

const chat = new Chat({
  seen: keep.seen,
  send: (message) => link.send(message),
  changed: draw,
  keep({ name, token, rooms, seen }) {
    if (token) keep.setToken(name, token);
    if (name) keep.name = name;
    if (rooms) keep.rooms = rooms;
    if (seen) keep.addSeen(seen);
  },
});

const link = new Link({
  url: 'chat',
  login: (session) => {
    session.name ??= keep.name; // the same for the session's whole life, whatever the user goes by meanwhile
    return { name: session.name, token: keep.token(session.name) };
  },
  onmessage(message) {
    chat.receive(message);
    if (message.op === 'welcome' && names.open) {
      names.close();
      composer.focus();
    }
    else if (message.op === 'failed' && !message.id && !message.room && names.open) names.fail(message.text);
  },
  onstate(state) {
    status.change(state, now());
    draw();
  },
  onend: (undelivered) => chat.ended(undelivered.filter((m) => m.op === 'say' || m.op === 'tell')),
  onover(error) {
    if (error.code === TOO_MANY) return status.over(error.reason);
    status.idle();
    return signIn(`“${keep.name}” cannot be used: ${error.reason || error.message}`);
  },
});

const show = (key) => {
  chat.show(key);
  keep.active = key;
  drawers.close();
  composer.focus();
};
const join = (name) => show(chat.join(name).key);
const names = new NameDialog(), rooms = new RoomDialog(chat, join), help = helpDialog();
const drawers = new Drawers(), log = new Log(chat), composer = new Composer(chat, submit), connection = new Connection();
const conversations = new Conversations(chat, show), people = new People(chat, (name) => show(chat.open('user', name).key));
const attention = new Attention(), announcer = new Announcer();

function signIn(error = '') {
  names.ask({ must: true, name: keep.name ?? '', error }, (name) => {
    if (keep.name !== null && keep.name !== name) keep.forget();
    keep.name = name;
    begin();
  });
}

/** Be in the rooms of before, and connect. */
function begin() {
  chat.follow(keep.rooms ?? ['lobby']);
  chat.restore(keep.unconfirmed);
  keep.unconfirmed = [];
  const first = keep.active ?? chat.rooms[0]?.key;
  if (!chat.current && first) chat.show(first);
  link.start();
}

function signOut() {
  link.stop();
  keep.name = null;
  keep.unconfirmed = [];
  location.reload();
}

function submit(text) {
  const c = chat.current, command = parse(text);
  switch (command.do) {
    case 'say': chat.say(c, command.text, command.action); log.toEnd(); break;
    case 'join': join(command.room); break;
    case 'leave': chat.leave(command.room ? `room:${command.room}` : c.key) || chat.note('You are not in this room.'); break;
    case 'rooms': rooms.show(); break;
    case 'who': c.kind === 'room' && (chat.who(c) || chat.note('There is no connection to ask over.')); break;
    case 'tell': {
      const to = chat.open('user', command.to);
      if (command.text) chat.say(to, command.text);
      show(to.key);
      break;
    }
    case 'nick': rename(command.name); break;
    case 'history': chat.history(c, command.last) || chat.note('There are no older messages.'); break;
    case 'quit': signOut(); break;
    case 'help': help(); break;
    case 'error': chat.note(command.text);
  }
}

function rename(name) {
  if (!chat.nick(name, keep.token(name))) chat.note('There is no connection: the name stays as it is.');
}

// Drawing: once for all that happens in a frame, and at once where there are no frames, in a tab that is not seen.

let due = false;
function draw() {
  if (due) return;
  due = true;
  if (document.visibilityState === 'visible') requestAnimationFrame(drawNow);
  else setTimeout(drawNow, 0);
}

function drawNow() {
  if (!due) return;
  due = false;
  drawHead(chat);
  log.draw();
  const attended = log.following && document.visibilityState === 'visible' && document.hasFocus() && !names.open;
  chat.attended = attended;
  if (attended && chat.current) chat.see(chat.current);
  conversations.draw();
  people.draw();
  composer.draw();
  rooms.draw();
  drawUnsent(chat);
  attention.draw(chat);
  announcer.draw(chat);
  connection.draw(status.tell(now(), link.rtt, chat.waited));
}

setInterval(draw, 1000); // countdowns, an answer that does not come, who types, and what day it is

for (const [id, act] of Object.entries({
  'now': () => link.wake(),
  'rooms-open': () => rooms.show(),
  'help-open': help,
  'quit': signOut,
  'rename': () => names.ask({ must: false, name: chat.me }, rename),
  'unsent-again': () => { const c = chat.current; for (const line of unsentOf(chat)) chat.again(c, line); },
  'unsent-drop': () => { const c = chat.current; for (const line of unsentOf(chat)) chat.discard(c, line); },
})) $(id).addEventListener('click', act);

keys({ chat, show, find: () => rooms.show(), help, drawers, log });
for (const event of ['focus', 'blur', 'online', 'offline']) addEventListener(event, () => { status.online = navigator.onLine; draw(); });
document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') { due = false; draw(); } });

addEventListener('storage', (event) => {
  const news = Keep.news(event);
  if (news?.seen) chat.seenElsewhere(news.seen);
  else if (news?.rooms) chat.follow(news.rooms);
  else if (news && 'name' in news && news.name === null) location.reload(); // signed out in another tab
  else if (news?.name && chat.me && news.name !== chat.me) rename(news.name);
  draw();
});

addEventListener('pagehide', () => {
  keep.unconfirmed = chat.unconfirmed;
  link.stop();
});
addEventListener('pageshow', ({ persisted }) => persisted && location.reload());

status.online = navigator.onLine;
if (keep.name === null) signIn();
else begin();
draw();
