"""A client of the Longsplice protocol, as docs/wire.md has it.

    python3 minimal_client.py host:port count

sends count numbered messages to a server that echoes them, at most 200 ahead of what has come back, and checks that
each comes back once and in order.
"""
import random, socket, struct, sys, time

OPEN = 2**64 - 1                              # CLOSE: "I still consume"
class Over(Exception): pass                   # the session has ended or is lost

class Client:
    window, max_message = 1 << 20, 1 << 20    # what this end takes
    first_delay = 0.01                        # s; a real client begins with 0.5
    token, epoch, id, attempt = b"", 0, None, 0
    received = consumed = told = asked = 0    # incoming; asked: the ACKREQ in force
    acked = sent = high = queued = reported = 0  # outgoing; reported: received, as the server said
    their_window = their_max = 0
    local = remote = None                     # CLOSE of either end: (code, final, consumed)

    def __init__(self, address, on_message):
        self.address, self.on_message, self.outbox = address, on_message, []  # outbox: (position, frame)

    def send(self, message):                  # to be called from on_message, or before run
        if self.local: raise Over("closing")
        self.outbox.append((self.queued, struct.pack(">IB", len(message) + 1, 0x10) + message))
        self.queued += 5 + len(message)

    def close(self):
        self.local = self.local or (0, self.queued, self.consumed)

    def run(self):
        delay = self.first_delay
        while True:
            try:
                with socket.create_connection(self.address, 5) as self.link:
                    self.buffer = b""
                    self.hello()
                    delay = self.first_delay  # better: only when the link has lived for 10 s
                    self.serve()
            except OSError as e:
                if self.id and not self.token: raise Over("the link died, and there is no resumption")
                time.sleep(delay * random.uniform(0.6, 1)); delay = min(delay * 1.6, 30)

    def hello(self):
        self.attempt += 1                     # the old link is gone: nothing of it is applied from here on
        self.told, self.asked, self.close_sent, self.blocked = self.consumed, 0, False, False
        body = struct.pack(">4sBBQQQQII", b"LSPL", 1, 0, self.epoch, self.attempt, self.received,
                           self.consumed, self.window, self.max_message)
        body += bytes([len(self.token)]) + self.token + b"\0\0"
        self.link.sendall(struct.pack(">IB", len(body) + 1, 0x01) + body)
        kind, body = self.frame(0)
        if kind == 0x03:                      # REFUSE
            code, _, low, high = struct.unpack_from(">HQII", body)
            if code not in (5, 6, 8): raise Over("refused", code)
            time.sleep(random.uniform(low, high) / 1000); raise OSError("refused for now")
        if kind == 0x16 and self.id: return self.peer_closed(body)
        if kind != 0x02 or body[0] != 1: raise Over("bad answer")
        _, flags, epoch, id, received, consumed, window, most, _, _, n = struct.unpack_from(">BBQ16sQQIIIIB", body)
        known = self.id is not None
        ok = (flags & 1) == known and n in (0, 32) and (not known or (id, epoch) == (self.id, self.epoch))
        ok = ok and consumed <= received and self.reported <= received <= self.high
        ok = ok and (consumed >= self.acked or self.remote) and window >= self.their_window and most >= self.their_max
        if not ok or received not in [p for p, _ in self.outbox] + [self.queued]: raise Over("bad WELCOME")
        self.id, self.epoch, self.token = id, epoch, body[59:59 + n]
        self.sent = self.reported = received  # what comes after it is sent again
        self.their_window, self.their_max = window, most
        self.trim(consumed)

    def serve(self):
        self.heard, pinged = time.monotonic(), False
        while True:
            self.pump()
            try: kind, body = self.frame(self.max_message)
            except socket.timeout:            # nothing for 1 s: say what is untold, and ask for life
                quiet = time.monotonic() - self.heard
                if quiet > 60: raise OSError("the link is dead")
                if quiet > 30 and not pinged: pinged = True; self.write(0x13, struct.pack(">Q", 1))
                if self.told < self.consumed: self.ack()
                continue
            pinged = False
            if kind == 0x10: self.data(body)
            elif kind == 0x11: self.acknowledged(*struct.unpack(">QQQ", body))
            elif kind == 0x12: self.asked = self.received; self.ack()
            elif kind == 0x13: self.write(0x14, body)
            elif kind == 0x15: self.local = self.local or (0, self.queued, OPEN)
            elif kind == 0x16: self.peer_closed(body)
            elif kind != 0x14 and kind < 0x80: self.violation()

    def data(self, message):
        n, open = 5 + len(message), self.received - self.told
        if open and open + n > self.window: self.violation()
        if self.remote and self.received + n > self.remote[1]: self.violation()
        self.received += n
        if self.local and self.local[2] != OPEN: return   # closed: nobody wants it
        self.on_message(message)              # when it returns, the message is consumed
        if self.local and self.local[2] != OPEN: return   # it called close: not consumed
        self.consumed += n
        if self.asked > self.told and self.consumed >= self.asked or self.consumed - self.told >= self.window // 4: self.ack()

    def acknowledged(self, received, consumed, sent):
        if sent != self.received or not consumed <= received <= self.sent: self.violation()
        self.reported = max(self.reported, received)
        self.trim(consumed)

    def trim(self, consumed):                 # going backward is ignored
        self.acked, self.blocked = max(self.acked, consumed), False
        self.outbox = [(p, f) for p, f in self.outbox if p + len(f) > self.acked]

    def peer_closed(self, body):
        code, final, consumed = struct.unpack_from(">HQQ", body)
        if final < self.received or consumed != OPEN and consumed > self.sent: self.violation()
        if self.remote and self.remote[2] != OPEN: consumed = self.remote[2]
        self.remote = (code, final, consumed)
        if consumed != OPEN: self.trim(consumed)

    def pump(self):                           # write all that may be written now
        if self.remote and self.remote[2] != OPEN and self.consumed >= self.remote[1] and (
                not self.local or self.local[2] == OPEN):
            self.local, self.close_sent = (0, self.local[1] if self.local else self.queued, self.consumed), False
        if self.local and self.close_sent != self.local:
            self.write(0x16, struct.pack(">HQQ", *self.local)); self.close_sent = self.local
        if self.local and self.local[2] != OPEN and self.remote and self.remote[2] != OPEN:
            self.link.shutdown(socket.SHUT_WR)            # so that no reset overtakes the CLOSE
            raise Over("closed", self.remote[0])
        if self.remote and self.remote[2] != OPEN: return # it takes nothing more
        for position, f in self.outbox:
            if position < self.sent: continue
            if self.sent > self.acked and self.sent + len(f) - self.acked > self.their_window:
                if not self.blocked: self.write(0x12, b""); self.blocked = True
                break
            self.link.sendall(f); self.sent += len(f); self.high = max(self.high, self.sent)

    def ack(self):
        self.write(0x11, struct.pack(">QQQ", self.received, self.consumed, self.sent)); self.told = self.consumed

    def violation(self):
        self.write(0x16, struct.pack(">HQQ", 2, self.sent, self.consumed)); raise Over("protocol violation")

    def write(self, kind, body): self.link.sendall(struct.pack(">IB", len(body) + 1, kind) + body)

    def frame(self, most):                    # the next frame; a timeout loses nothing
        while True:
            if len(self.buffer) >= 5:
                n, kind = struct.unpack_from(">IB", self.buffer)
                if not 1 <= n <= (most + 1 if kind == 0x10 else 4096): self.violation()
                if len(self.buffer) >= 4 + n:
                    body, self.buffer = self.buffer[5:4 + n], self.buffer[4 + n:]
                    return kind, body
            self.link.settimeout(1 if self.id else 5)
            more = self.link.recv(65536)
            if not more: raise OSError("the link has ended")
            self.buffer += more; self.heard = time.monotonic()


def main(address, count):
    host, port = address.rsplit(":", 1)
    echoed = []

    def on_message(message):
        echoed.append(int(message.split(b"-")[0]))
        if len(echoed) == count: client.close()
        elif len(echoed) + 200 <= count: client.send(b"%d-" % (len(echoed) + 199) + b"x" * (len(echoed) * 37 % 500))

    client = Client((host, int(port)), on_message)
    for i in range(min(200, count)): client.send(b"%d-" % i)
    try: client.run()
    except Over as over: print(over, "after attempts:", client.attempt)
    assert echoed == list(range(count)), "messages are missing or doubled"


if __name__ == "__main__": main(sys.argv[1], int(sys.argv[2]))
