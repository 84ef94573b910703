"""A client of the Longsplice protocol, version 1, written after docs/wire.md. Standard library only, Python 3.9 or newer.

    with Client() as client:
        client.connect("localhost:7777")
        client.send(b"hello")
        print(client.receive(timeout=5))

One Client is one session. A thread of its own keeps the link: it dials again when the link is lost, and each message arrives
exactly once and in order, unless the session is reported as Lost.
"""

import random
import selectors
import socket
import struct
import threading
import time
from collections import deque, namedtuple

# The codec: frames, and what is in them.

HELLO, WELCOME, REFUSE = 0x01, 0x02, 0x03
DATA, ACK, ACKREQ, PING, PONG, GOAWAY, CLOSE = range(0x10, 0x17)
OPTIONAL = 0x80  # kinds from here up are skipped by those who do not know them

OPEN = 2**64 - 1  # in CLOSE: the sender still consumes
LAST_POSITION = 2**64 - 2
CONTROL_MAX = 4096  # the length of every frame but DATA
REASON_MAX = 128

NORMAL, BROKEN, GOING_AWAY, CUT_OFF = 0, 2, 3, 4  # codes of CLOSE
UNKNOWN, EPOCH, BUSY, LEAVING, PROTOCOL, STALE = range(3, 9)  # codes of REFUSE


class Error(Exception):
    """The base of what this module raises."""


class ProtocolError(Error):
    """The peer sent what no peer may send."""


class Refused(Error):
    """The server did not accept the link: code and reason."""

    def __init__(self, code, reason):
        super().__init__(f"refused with code {code} {reason!r}")
        self.code, self.reason = code, reason


class Closed(Error):
    """The session was closed: code, reason, and after GOAWAY, come_back: the range of seconds to come back in."""

    def __init__(self, code, reason="", come_back=None):
        super().__init__(f"closed with code {code} {reason!r}")
        self.code, self.reason, self.come_back = code, reason, come_back


class Lost(Error):
    """The session could not go on, or was closed before all was delivered. __cause__ says more.

    reason is one of: restarted, unknown, refused, protocol, closed, link, gave up, failed. undelivered are messages that the peer has
    certainly not consumed; unknown are those before them, which it may have consumed.
    """

    def __init__(self, reason, unknown=(), undelivered=()):
        super().__init__(f"session lost: {reason}; {len(unknown)} messages in doubt, {len(undelivered)} not delivered")
        self.reason, self.unknown, self.undelivered = reason, list(unknown), list(undelivered)


Hello = namedtuple("Hello", "plain epoch attempt received consumed window max_message token credential")
Welcome = namedtuple("Welcome", "resumed epoch session_id received consumed window max_message min_ping_ms ttl_ms token")
Refuse = namedtuple("Refuse", "code epoch retry_min_ms retry_max_ms reason")
Ack = namedtuple("Ack", "received consumed sent")
Goaway = namedtuple("Goaway", "retry_min_ms retry_max_ms")
Close = namedtuple("Close", "code final consumed reason", defaults=[""])

_HELLO = struct.Struct(">4sBBQQQQII")
_WELCOME = struct.Struct(">BBQ16sQQIIII")
_FIXED = {REFUSE: struct.Struct(">HQII"), ACK: struct.Struct(">QQQ"), GOAWAY: struct.Struct(">II"), CLOSE: struct.Struct(">HQQ")}
_TYPES = {REFUSE: Refuse, ACK: Ack, GOAWAY: Goaway, CLOSE: Close}


def frame(kind, body=b""):
    """A frame of this kind, from a body that is encoded already."""
    return struct.pack(">IB", 1 + len(body), kind) + body


def encode(kind, value=None):
    """The frame of a value: a tuple of the kind's type, the message of DATA, the nonce of PING and PONG, None for ACKREQ."""
    if kind == HELLO:
        body = _HELLO.pack(b"LSPL", 1, *value[:-2]) + bytes([len(value.token)]) + value.token
        body += struct.pack(">H", len(value.credential)) + value.credential
    elif kind == WELCOME:
        body = _WELCOME.pack(1, *value[:-1]) + bytes([len(value.token)]) + value.token
    elif kind in (REFUSE, CLOSE):
        body = _FIXED[kind].pack(*value[:-1]) + value.reason.encode()
    elif kind in (ACK, GOAWAY):
        body = _FIXED[kind].pack(*value)
    elif kind in (PING, PONG):
        body = struct.pack(">Q", value)
    else:
        body = value or b""
    return frame(kind, body)


def decode(kind, body):
    """The value of a frame's body, as encode takes it. Raises ProtocolError."""
    try:
        value = _decode(kind, body)
    except (struct.error, UnicodeDecodeError, IndexError) as err:
        raise ProtocolError(f"bad body of kind {kind:#04x}: {err}") from err
    if isinstance(value, (Hello, Welcome, Ack)) and value.consumed > value.received:
        raise ProtocolError("consumed is over received")
    if isinstance(value, (Refuse, Goaway)) and value.retry_max_ms < value.retry_min_ms:
        raise ProtocolError("the latest time lies before the earliest")
    return value


def _decode(kind, body):
    if kind == HELLO:
        if body[:4] != b"LSPL" or body[4] != 1:
            raise ProtocolError("another magic or version")
        _, _, flags, *fields = _HELLO.unpack_from(body)
        token, at = _token(body, _HELLO.size)
        credential, at = _take(body, at + 2, struct.unpack_from(">H", body, at)[0])
        _skip_extensions(body, at)
        return Hello(bool(flags & 1), *fields, token, credential)
    if kind == WELCOME:
        if body[0] != 1:
            raise ProtocolError("another version")
        _, flags, *fields = _WELCOME.unpack_from(body)
        token, at = _token(body, _WELCOME.size)
        _skip_extensions(body, at)
        return Welcome(bool(flags & 1), *fields, token)
    if kind in (REFUSE, CLOSE):
        head = _FIXED[kind]
        if len(body) > head.size + REASON_MAX:
            raise ProtocolError(f"a reason of over {REASON_MAX} bytes")
        return _TYPES[kind](*head.unpack_from(body), body[head.size:].decode())
    if kind == ACK:
        return Ack(*_FIXED[kind].unpack(body))
    if kind == GOAWAY:
        return Goaway(*_FIXED[kind].unpack_from(body))
    if kind in (PING, PONG):
        return struct.unpack(">Q", body)[0]
    if kind == ACKREQ and body:
        raise ProtocolError("an ACKREQ with a body")
    if kind != DATA and kind != ACKREQ and kind < OPTIONAL:
        raise ProtocolError(f"unknown kind {kind:#04x}")
    return body


def _take(body, at, size):
    if len(body) - at < size:
        raise ProtocolError("the body ends within its fields")
    return body[at:at + size], at + size


def _token(body, at):
    if body[at] not in (0, 32):
        raise ProtocolError("a token has 0 or 32 bytes")
    token, at = _take(body, at + 1, body[at])
    return (token if any(token) else b""), at


def _skip_extensions(body, at):
    while at < len(body):
        _, at = _take(body, at + 4, struct.unpack_from(">HH", body, at)[1])


def next_frame(buffer, at, max_message):
    """The frame at a place of a buffer: kind, body and the place behind it; None if more bytes are needed.

    max_message is the longest message that is taken here, None in the handshake. Raises ProtocolError on the first bytes that
    show a frame to be too long.
    """
    data_max = 0 if max_message is None else 1 + max_message
    if len(buffer) - at < 4:
        return None
    size = int.from_bytes(buffer[at:at + 4], "big")
    if not 1 <= size <= max(CONTROL_MAX, data_max):
        raise ProtocolError(f"a frame of length {size}")
    if len(buffer) - at < 5:
        return None
    kind = buffer[at + 4]
    if size > (data_max if kind == DATA else CONTROL_MAX):
        raise ProtocolError(f"a frame of kind {kind:#04x} and length {size}")
    end = at + 4 + size
    return (kind, bytes(buffer[at + 5:end]), end) if len(buffer) >= end else None


# The client.

ACK_DELAY, ACK_PROGRESS = 1.0, 0.005  # seconds until ACK: unasked, and while an ACKREQ is in force
HANDSHAKE, LINGER = 5.0, 0.25  # for the server's answer, and for the peer's half of a link whose session is over
RECEIPT_AFTER, RECEIPT_DEAD = 5.0, 15.0  # DATA without a receipt: until it is asked for, and until silence then means death
STEADY = 10.0  # a link that has lived for so long resets the backoff
WRITE_AHEAD = 64 * 1024  # bytes that are encoded before the socket takes them


class _Link:
    """What concerns one link alone, and is forgotten with it."""

    def __init__(self, sock, now):
        self.sock, self.input, self.output = sock, bytearray(), bytearray()
        self.began = self.heard = now
        self.ready = None  # when WELCOME came
        self.leaving = None  # when to close a link whose session is over
        self.asked = 0  # in force for the peer: it wants to know when this is consumed
        self.asked_at = -1  # the sent of the last own ACKREQ
        self.ack_due = None
        self.pong = None  # the newest nonce that is not answered
        self.pinged = -1e9
        self.receipt_due = now
        self.probed = None  # when a missing receipt was asked for, and nothing has been heard since
        self.close_owed = True


class Client:
    """One end of one session. Methods may be called from any thread, but only one at a time may receive.

    credential is shown to the server on each link. window bounds what is received and not consumed, send_buffer what is sent and
    not acknowledged, in bytes. ping_after and dead_after are seconds of silence. backoff is the first and the longest delay
    between attempts; a random part of it is waited. give_up is after how many seconds without a link the session is lost.
    """

    def __init__(self, credential=b"", window=1 << 20, max_message=1 << 20, send_buffer=1 << 20, ping_after=30.0, dead_after=60.0,
                 backoff=(0.5, 30.0), give_up=None):
        self.credential, self.window, self.max_message, self.send_buffer = credential, window, max_message, send_buffer
        self.ping_after, self.dead_after, self.backoff, self.give_up = ping_after, dead_after, backoff, give_up
        self.links = 0  # that carried the session so far
        self.come_back = None  # after GOAWAY: the range of seconds in which to begin a new session
        self.session_id = self.token = b""
        self._epoch = self._attempt = self._peer_window = self._peer_max = self._min_ping = 0
        self._queued = self._sent = self._high = self._reported = self._acked = 0
        self._received = self._consumed = self._told = self._told_received = 0
        self._written, self._unwritten = deque(), deque()  # the outbox: (position, frame)
        self._inbox = deque()
        self._in_hand = 0  # the size of the message that the application has and is not done with
        self._wanted = 0  # somebody waits until this is acknowledged
        self._local = self._remote = None  # the newest CLOSE of either end
        self._error = None  # why the session is over
        self._cause = None  # why the last link or attempt failed
        self._link = self._thread = None
        self._cond = threading.Condition()  # covers everything here and in the link

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            self.close(timeout=0 if kind else 5)
        except Error:
            if kind is None:
                raise

    # What the application calls.

    def connect(self, address, timeout=30.0):
        """Begin the session with the server at "host:port" or "unix:path". Raises Refused, or TimeoutError."""
        with self._cond:
            if self._thread:
                raise RuntimeError("a Client is one session")
            self._wake_read, self._wake_write = socket.socketpair()
            self._wake_read.setblocking(False)
            self._wake_write.setblocking(False)
            self._thread = threading.Thread(target=self._run, args=(address,), name="longsplice", daemon=True)
            self._thread.start()
            if not self._cond.wait_for(lambda: self.session_id or self._error, timeout):
                self._end(TimeoutError(f"no session with {address} in {timeout} s: {self._cause}"))
            if not self.session_id:
                raise self._error

    def send(self, message, timeout=None):
        """Accept a message for delivery; wait while the send buffer is full. An error means that nothing was accepted."""
        size = 5 + len(message)
        with self._cond:
            if not self.session_id:
                raise self._error or RuntimeError("not connected")
            if len(message) > self._peer_max:
                raise ValueError(f"a message of {len(message)} bytes; the server takes {self._peer_max}")
            self._wait(lambda: self._end_of_sending() or self._queued == self._acked
                       or self._queued + size - self._acked <= self.send_buffer, timeout, self._queued)
            if self._end_of_sending():
                raise self._end_of_sending()
            self._unwritten.append((self._queued, encode(DATA, bytes(message))))
            self._queued += size
            self._wake()

    def receive(self, timeout=None):
        """The next message. The call says that the message before it is consumed, which is what acknowledges it.

        Raises TimeoutError, Closed when the peer has closed and all before that was received, or Lost.
        """
        with self._cond:
            self._consume()
            self._wait(lambda: self._inbox or self._end_of_receiving(), timeout)
            if not self._inbox:
                raise self._end_of_receiving()
            message = self._inbox.popleft()
            self._in_hand = 5 + len(message)
            return message

    def flush(self, timeout=None):
        """Wait until the peer's application has consumed all that was sent before. After TimeoutError it may be called again."""
        with self._cond:
            until = self._queued
            self._wait(lambda: self._acked >= until or self._error or _full(self._remote), timeout, until)
            if self._acked < until:
                raise self._error or self._lost("closed")

    def close_sending(self):
        """Say that nothing more will be sent, and go on to receive."""
        with self._cond:
            self._say(Close(NORMAL, self._queued, OPEN))

    def close(self, code=NORMAL, reason="", timeout=5.0):
        """End the session: what was sent is delivered, what was not received is dropped, the message in hand is consumed.

        Raises Lost if not all of it was delivered, or not in time.
        """
        if len(reason.encode()) > REASON_MAX:
            raise ValueError(f"a reason of over {REASON_MAX} bytes")
        with self._cond:
            self._consume()
            if self._error is None:
                self._inbox.clear()
            if self._error is None and self._thread and self.session_id:
                self._say(Close(code, self._queued, self._consumed, reason))
                if not self._cond.wait_for(lambda: self._error, timeout):
                    self._say(Close(CUT_OFF, self._sent, self._consumed, reason))
                    self._end(self._lost("closed") if self._acked < self._queued else Closed(code, reason))
            elif self._error is None:
                self._end(Closed(code, reason))
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join(HANDSHAKE + LINGER + 1)
        if isinstance(self._error, Lost):
            raise self._error

    # With the lock held: what the calls above are made of.

    def _wait(self, ready, timeout, wanted=0):
        if wanted and not ready():
            self._wanted = max(self._wanted, wanted)
            self._wake()
        if not self._cond.wait_for(ready, timeout):
            raise TimeoutError("nothing in time")

    def _wake(self):
        try:
            if self._thread:
                self._wake_write.send(b"\0")
        except OSError:
            pass  # it is awake, or has ended

    def _consume(self):
        if self._in_hand and not _full(self._local):
            self._consumed += self._in_hand
            if self._ack_soon() or _full(self._remote):
                self._wake()
        self._in_hand = 0

    def _ack_soon(self):
        """Set when the next ACK is due; report whether that has changed."""
        link = self._link
        if not link or not link.ready or (self._told, self._told_received) == (self._consumed, self._received):
            return False
        delay, news = ACK_DELAY, self._consumed - self._told
        if news and (4 * news >= self.window or self._told < link.asked <= self._consumed):
            delay = 0
        elif news and self._told < link.asked:
            delay = ACK_PROGRESS
        due, before = time.monotonic() + delay, link.ack_due
        if before is None or due < before:
            link.ack_due = due
        return link.ack_due != before

    def _end_of_sending(self):
        if self._error or not (self._local or _full(self._remote)):
            return self._error
        if _full(self._remote):
            return Closed(self._remote.code, self._remote.reason, self.come_back)
        return Closed(GOING_AWAY if self.come_back else self._local.code, self._local.reason, self.come_back)

    def _end_of_receiving(self):
        if not self._error and _full(self._local):
            return Closed(self._local.code, self._local.reason)
        if not self._error and self._remote and self._received >= self._remote.final:
            return self._verdict() if _full(self._remote) else Closed(self._remote.code, self._remote.reason, self.come_back)
        return self._error

    def _say(self, close):
        """Close, or close further. A final that was said never rises, and a consumed other than Open stays."""
        if self._local:
            close = close._replace(final=min(close.final, self._local.final))
            if _full(self._local):
                close = close._replace(consumed=self._local.consumed)
        self._local = close
        if self._link:
            self._link.close_owed = True
        self._wake()

    def _lost(self, reason, cause=None):
        left = list(self._written) + list(self._unwritten)
        doubt = self._acked if _full(self._remote) else self._high
        error = Lost(reason, [f[5:] for at, f in left if at < doubt], [f[5:] for at, f in left if at >= doubt])
        error.__cause__ = cause
        return error

    def _end(self, error):
        """The session is over; the link, if there is one, is let go."""
        if self._error is None:
            self._error = error
            if self._link:
                self._pump(time.monotonic())
                self._link.leaving = time.monotonic() + LINGER
            self._cond.notify_all()
            self._wake()

    # The thread that keeps the link.

    def _run(self, address):
        longest, since = self.backoff[0], time.monotonic()
        while not self._error:
            self._link, pause = None, None
            try:
                link = _Link(_dial(address), time.monotonic())
                try:
                    pause = self._serve(link)
                finally:
                    link.sock.close()  # the fence: nothing that this link still brings is looked at
                    if link.ready:
                        since = time.monotonic()
                        longest = self.backoff[0] if since - link.ready > STEADY else longest
            except (OSError, ProtocolError) as err:
                self._cause = err
            except Exception as err:  # of this module, or an address that is none: nobody shall wait for ever
                with self._cond:
                    self._end(self._lost("failed", err) if self.session_id else err)
            with self._cond:
                self._link = None
                if self.session_id and not self.token:
                    self._end(self._lost("link", self._cause))
                if self.give_up is not None and time.monotonic() - since > self.give_up:
                    self._end(self._lost("gave up", self._cause))
                if pause is None:
                    pause, longest = random.uniform(0, longest), min(longest * 1.6, self.backoff[1])
                self._cond.wait_for(lambda: self._error, pause)
        with self._cond:
            self._wake_read.close()
            self._wake_write.close()

    def _serve(self, link):
        """Serve a link until it ends, with an OSError or not. Returns for how long the server wants the client to stay away."""
        sock = link.sock
        sock.setblocking(False)
        with self._cond:
            self._link = link
            self._attempt += 1
            self._told, self._told_received = self._consumed, self._received
            link.output += encode(HELLO, Hello(False, self._epoch if self.token else 0, self._attempt, self._received, self._consumed,
                                               self.window, self.max_message, self.token, self.credential))
        with selectors.DefaultSelector() as selector:
            selector.register(sock, selectors.EVENT_READ)
            selector.register(self._wake_read, selectors.EVENT_READ)
            finished = False
            while True:
                with self._cond:
                    timeout = self._timers(time.monotonic())
                    if timeout is None:
                        return None
                    if link.output:
                        try:
                            del link.output[:sock.send(link.output)]
                        except BlockingIOError:
                            pass
                    if not link.output and not self._error and link.ready and _full(self._local) and _full(self._remote):
                        if not link.close_owed:
                            self._end(self._verdict())  # CLOSE has been sent and received
                    if link.leaving and not link.output and not finished:
                        finished = True
                        sock.shutdown(socket.SHUT_WR)
                selector.modify(sock, selectors.EVENT_READ | (selectors.EVENT_WRITE if link.output else 0))
                for key, events in selector.select(timeout):
                    if key.fileobj is self._wake_read:
                        self._wake_read.recv(4096)
                    elif events & selectors.EVENT_READ:
                        data = sock.recv(WRITE_AHEAD)
                        if not data:
                            raise ConnectionError("the server has ended the link")
                        with self._cond:
                            pause = self._feed(data)
                            self._cond.notify_all()
                        if pause is not None:
                            return pause

    def _timers(self, now):
        """Do what is due, and return the seconds until more is; None when the link is to be closed."""
        link = self._link
        if link.leaving:
            return link.leaving - now if link.leaving > now else None
        if not link.ready:
            if now - link.began >= HANDSHAKE:
                raise TimeoutError("no answer to HELLO")
            return link.began + HANDSHAKE - now if not self._error else None
        if now - link.heard >= self.dead_after or link.probed and now - link.probed >= RECEIPT_DEAD:
            raise TimeoutError("the link is silent")
        late = self._sent > self._reported and now >= link.receipt_due
        if late:
            link.receipt_due = now + RECEIPT_AFTER
            link.probed = link.probed or now
            self._ask()
        ping_at = max(link.heard + self.ping_after, link.pinged + self._min_ping)
        if late and now >= link.pinged + self._min_ping or now >= ping_at and link.pinged <= link.heard:
            link.pinged = now
            link.output += encode(PING, random.getrandbits(64))
        self._pump(now)
        due = [link.heard + self.dead_after]
        due += [ping_at] if link.pinged <= link.heard else []
        due += [link.ack_due] if link.ack_due is not None and len(link.output) < WRITE_AHEAD else []
        due += [link.receipt_due] if self._sent > self._reported else []
        due += [link.probed + RECEIPT_DEAD] if link.probed else []
        return max(0.0, min(due) - now)

    def _ask(self):
        if self._link.asked_at < self._sent:
            self._link.asked_at = self._sent
            self._link.output += encode(ACKREQ)

    def _pump(self, now):
        """Place in the output what may be sent, in the order of urgency."""
        link = self._link
        if link.leaving or not link.ready:
            return
        if _full(self._remote) and self._consumed >= self._remote.final and not _full(self._local):
            self._say(Close(NORMAL, self._queued, self._consumed))  # the answer
        if link.close_owed and self._local:
            link.close_owed = False
            link.output += encode(CLOSE, self._local)
        if len(link.output) >= WRITE_AHEAD:
            return
        if link.pong is not None:
            link.output += encode(PONG, link.pong)
            link.pong = None
        if link.ack_due is not None and now >= link.ack_due:
            link.ack_due = None
            link.output += encode(ACK, Ack(self._received, self._consumed, self._sent))
            self._told, self._told_received = self._consumed, self._received
        while not _full(self._remote):
            if self._acked < self._wanted <= self._sent and link.asked_at < self._wanted:
                self._ask()
            if not self._unwritten or len(link.output) >= WRITE_AHEAD:
                return
            size = len(self._unwritten[0][1])
            if self._local and self._sent + size > self._local.final:
                return  # cut off
            if self._sent > self._acked and self._sent + size - self._acked > self._peer_window:
                return self._ask()
            if self._sent == self._reported:
                link.receipt_due = now + RECEIPT_AFTER
            self._written.append(self._unwritten.popleft())
            link.output += self._written[-1][1]
            self._sent += size
            self._high = max(self._high, self._sent)

    # What the peer says.

    def _feed(self, data):
        """Apply what has arrived. Returns a pause if the server wants one."""
        link, at = self._link, 0
        link.heard, link.probed = time.monotonic(), None
        if link.leaving:
            return None
        link.input += data
        try:
            while not link.leaving:
                got = next_frame(link.input, at, self.max_message if link.ready else None)
                if got is None:
                    break
                kind, body, at = got
                value = decode(kind, body)
                if not link.ready:
                    pause = self._answer(kind, value)
                    if pause is not None:
                        return pause
                elif kind in self._HANDLERS:
                    self._HANDLERS[kind](self, value)
                elif kind < OPTIONAL:
                    raise ProtocolError(f"kind {kind:#04x} on an open link")
        except ProtocolError as err:
            if not link.ready:
                raise  # a stranger has answered: another attempt
            self._inbox.clear()
            self._local = None
            self._say(Close(BROKEN, self._sent, self._consumed, str(err)[:REASON_MAX // 4]))
            self._end(self._lost("protocol", err))
        del link.input[:at]
        return None

    def _answer(self, kind, value):
        """What came for HELLO."""
        if kind == WELCOME:
            try:
                self._welcome(value)
            except ProtocolError as err:
                if not self.session_id:
                    raise
                self._end(self._lost("protocol", err))
        elif kind == REFUSE:
            error = Refused(value.code, value.reason)
            self._cause = error
            if value.code in (BUSY, LEAVING):
                return random.uniform(value.retry_min_ms, value.retry_max_ms) / 1000
            if value.code == STALE:
                raise ConnectionError(str(error))
            reason = {UNKNOWN: "unknown", EPOCH: "restarted", PROTOCOL: "protocol"}.get(value.code, "refused")
            self._end(self._lost(reason, error) if self.session_id else error)
        elif kind == CLOSE and self.token:
            try:
                if value.consumed == OPEN:
                    raise ProtocolError("a tombstone that still consumes")
                self._on_close(value, self._high)
                self._end(self._verdict())
            except ProtocolError as err:
                self._end(self._lost("protocol", err))
        else:
            raise ProtocolError(f"kind {kind:#04x} in answer to HELLO")
        return None

    def _welcome(self, w):
        known = bool(self.session_id)
        outbox = list(self._written) + list(self._unwritten)
        if w.resumed != known or known and (w.session_id, w.epoch) != (self.session_id, self._epoch):
            raise ProtocolError("WELCOME to another session")
        if not self._reported <= w.received <= self._high or w.received not in {self._acked, self._queued, *(at for at, _ in outbox)}:
            raise ProtocolError(f"the server cannot have received {w.received}")
        if w.consumed < self._acked and not self._remote:
            raise ProtocolError("the server takes back what it had consumed")
        if w.window < self._peer_window or w.max_message < self._peer_max:
            raise ProtocolError("the server's limits have shrunk")
        self._written = deque(item for item in outbox if item[0] < w.received)
        self._unwritten = deque(item for item in outbox if item[0] >= w.received)
        self._sent = self._reported = w.received
        self._trim(w.consumed)
        self.session_id, self.token, self._epoch = w.session_id, w.token, w.epoch
        self._peer_window, self._peer_max, self._min_ping = w.window, w.max_message, w.min_ping_ms / 1000
        self.links += 1
        self._link.ready = time.monotonic()
        self._ack_soon()

    def _trim(self, consumed):
        self._acked = max(self._acked, consumed)
        while self._written and self._written[0][0] < self._acked:
            self._written.popleft()

    def _on_data(self, message):
        size = 5 + len(message)
        end = self._received + size
        if end - self._told > self.window and self._received != self._told:
            raise ProtocolError("DATA over the window")
        if end > (self._remote.final if self._remote else LAST_POSITION):
            raise ProtocolError("DATA beyond its end")
        self._received = end
        if not _full(self._local):
            self._inbox.append(message)
        self._ack_soon()

    def _on_ack(self, ack):
        if ack.sent != self._received:
            raise ProtocolError(f"the server has sent {ack.sent}, and {self._received} has arrived")
        if ack.received > self._sent:
            raise ProtocolError(f"ACK of {ack.received}, and {self._sent} was sent")
        if ack.received > self._reported:
            self._reported, self._link.receipt_due = ack.received, time.monotonic() + RECEIPT_AFTER
        self._trim(ack.consumed)

    def _on_ackreq(self, _):
        self._link.asked, self._link.ack_due = self._received, 0.0

    def _on_ping(self, nonce):
        self._link.pong = nonce

    def _on_pong(self, _):
        pass

    def _on_goaway(self, goaway):
        self.come_back = (goaway.retry_min_ms / 1000, goaway.retry_max_ms / 1000)
        if not self._local:
            self._say(Close(NORMAL, self._queued, OPEN))

    def _on_close(self, close, sent=None):
        if close.final < self._received:
            raise ProtocolError("CLOSE with a final below what has arrived")
        if close.consumed != OPEN and close.consumed > (self._sent if sent is None else sent):
            raise ProtocolError("CLOSE that consumes what was not sent")
        if _full(self._remote):
            close = close._replace(consumed=self._remote.consumed)
        self._remote = close
        if _full(close):
            self._trim(close.consumed)

    _HANDLERS = {DATA: _on_data, ACK: _on_ack, ACKREQ: _on_ackreq, PING: _on_ping, PONG: _on_pong, GOAWAY: _on_goaway,
                 CLOSE: _on_close}

    def _verdict(self):
        """How a session has ended on which both have closed, or that a tombstone has ended."""
        closed = Closed(self._remote.code, self._remote.reason, self.come_back)
        if self._acked < self._queued or self._received < self._remote.final and not _full(self._local):
            return self._lost("closed", closed)
        return closed


def _full(close):
    """Whether this CLOSE ends both directions."""
    return close is not None and close.consumed != OPEN


def _dial(address):
    if address.startswith("unix:"):
        sock = socket.socket(socket.AF_UNIX)
        try:
            sock.settimeout(HANDSHAKE)
            sock.connect(address[len("unix:"):])
        except OSError:
            sock.close()
            raise
        return sock
    host, _, port = address.rpartition(":")
    sock = socket.create_connection((host.strip("[]"), int(port)), HANDSHAKE)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock
