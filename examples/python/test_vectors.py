"""Holds longsplice.py against the test vectors: every frame, every refusal, and the conversations that a client can play."""

import json
import os
import queue
import socket
import threading
import time
import unittest

import longsplice as ls

KINDS = {name: getattr(ls, name) for name in ("HELLO", "WELCOME", "REFUSE", "DATA", "ACK", "ACKREQ", "PING", "PONG", "GOAWAY", "CLOSE")}
TYPES = {ls.HELLO: ls.Hello, ls.WELCOME: ls.Welcome, ls.REFUSE: ls.Refuse, ls.ACK: ls.Ack, ls.GOAWAY: ls.Goaway, ls.CLOSE: ls.Close}
PATIENCE = 10  # seconds for what should happen at once

_default = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "conn", "testdata", "vectors.json")
with open(os.environ.get("LONGSPLICE_VECTORS", _default), encoding="utf-8") as f:
    VECTORS = json.load(f)


def value_of(kind, fields):
    """The value that longsplice.py makes of a vector's fields."""
    def field(name):
        raw = fields[name]
        if name in ("token", "credential", "session_id"):
            return bytes.fromhex(raw)
        return raw if name == "reason" or isinstance(raw, (bool, int)) else int(raw)
    if kind in TYPES:
        return TYPES[kind](**{name: field(name) for name in fields})
    if kind in (ls.PING, ls.PONG):
        return int(fields["nonce"])
    return bytes.fromhex(fields.get("message", fields.get("body", "")))


class Frames(unittest.TestCase):
    def test_frames(self):
        for v in VECTORS["frames"]:
            with self.subTest(v["name"]):
                kind = KINDS[v["kind"]] if v["kind"] in KINDS else int(v["kind"], 16)
                raw, want = bytes.fromhex(v["hex"]), value_of(kind, v["fields"])
                got_kind, body, end = ls.next_frame(raw, 0, 1 << 20)
                self.assertEqual((kind, len(raw)), (got_kind, end))
                self.assertEqual(want, ls.decode(kind, body))
                if not v.get("decode_only"):
                    self.assertEqual(v["hex"], ls.encode(kind, want).hex())
                for cut in range(min(len(raw), 256)):
                    self.assertIsNone(ls.next_frame(raw[:cut], 0, 1 << 20), f"a frame of {cut} bytes")

    def test_every_kind_has_a_vector(self):
        self.assertLessEqual(set(KINDS), {v["kind"] for v in VECTORS["frames"]})

    def test_invalid(self):
        for v in VECTORS["invalid"]:
            with self.subTest(v["name"]):
                raw, limit = bytes.fromhex(v["hex"]), v.get("max_message", 1 << 20) or None
                if v["where"] == "incomplete":
                    self.assertIsNone(ls.next_frame(raw, 0, limit))
                elif v["where"] == "frame":
                    self.assertRaises(ls.ProtocolError, ls.next_frame, raw, 0, limit)
                elif v["where"] == "body":
                    kind, body, _ = ls.next_frame(raw, 0, limit)
                    self.assertRaises(ls.ProtocolError, ls.decode, kind, body)
                else:
                    self.refused_on_a_link(raw)

    def refused_on_a_link(self, raw):
        """A fresh session gets these bytes: it must answer with CLOSE code 2, and report the session as lost."""
        client = ls.Client()
        with Script() as script:
            connecting = in_background(client.connect, script.address, PATIENCE)
            script.accept()
            script.expect(ls.HELLO)
            welcome = next(v for v in VECTORS["frames"] if v["name"] == "welcome-new")
            script.link.sendall(bytes.fromhex(welcome["hex"]) + raw)
            connecting()
            close = ls.decode(*script.expect(ls.CLOSE))
            self.assertEqual((ls.BROKEN, 0, 0), close[:3])
            with self.assertRaises(ls.Lost) as caught:
                client.receive(PATIENCE)
            self.assertEqual("protocol", caught.exception.reason)
            self.assertIsInstance(caught.exception.__cause__, ls.ProtocolError)
            script.cut()
            self.assertRaises(ls.Lost, client.close)


def in_background(function, *args):
    """Runs a function in a thread. What is returned waits for it, and returns or raises what the function did."""
    outcome = queue.Queue()

    def run():
        try:
            outcome.put((function(*args), None))
        except Exception as err:
            outcome.put((None, err))
    threading.Thread(target=run, daemon=True).start()

    def wait():
        result, err = outcome.get(timeout=2 * PATIENCE)
        if err:
            raise err
        return result
    return wait


class Script:
    """A server that says what it is told to say."""

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(PATIENCE)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.link, self.buffer = None, bytearray()
        return self

    def __exit__(self, *_):
        self.cut()
        self.listener.close()

    def accept(self):
        self.cut()
        self.link, _ = self.listener.accept()
        self.link.settimeout(PATIENCE)
        self.buffer.clear()

    def cut(self):
        if self.link:
            self.link.close()
            self.link = None

    def expect(self, kind, hexa=None):
        """The next frame, which must be of this kind. ACK and ACKREQ may come at any time, and pass."""
        while True:
            got = ls.next_frame(self.buffer, 0, 1 << 20)
            if got is None:
                data = self.link.recv(4096)
                if not data:
                    raise AssertionError(f"the client ended the link instead of sending kind {kind:#04x}")
                self.buffer += data
                continue
            frame = bytes(self.buffer[:got[2]]).hex()
            del self.buffer[:got[2]]
            if got[0] == kind and hexa in (None, frame):
                return got[:2]
            if got[0] not in (ls.ACK, ls.ACKREQ):
                raise AssertionError(f"got {frame}, want kind {kind:#04x} {hexa or ''}")


class Conversations(unittest.TestCase):
    """Plays the server's part of each conversation against a real client over TCP."""

    def test_conversations(self):
        for talk in VECTORS["conversations"]:
            if "client" in talk["test"]:
                with self.subTest(talk["name"]):
                    self.play(talk)

    def play(self, talk):
        client = ls.Client(window=talk["window"], max_message=talk["max_message"], backoff=(0.001, 0.001))
        waits, refused = [], False
        with Script() as script:
            for number, step in enumerate(talk["steps"]):
                where = f"step {number}: {step}"
                do, ours = step["do"], step.get("end", step.get("from")) == "client"
                raw = bytes.fromhex(step.get("hex", ""))
                if do == "connect":
                    if step["link"] == 1:
                        waits.append(in_background(client.connect, script.address, PATIENCE))
                    script.accept()
                elif do == "frame" and ours:
                    script.expect(KINDS[step["kind"]], step["hex"])
                elif do == "frame":
                    script.link.sendall(raw)
                    refused = refused or step["kind"] == "REFUSE"
                    if step["kind"] == "WELCOME" and len(waits) == 1 and step["link"] == 1:
                        waits.pop()()
                elif do == "part" and ours:
                    script.expect(KINDS[step["kind"]], step["hex"])
                elif do == "part":
                    script.link.sendall(raw[:step["arrives"]])
                elif do == "cut":
                    script.cut()
                elif do == "send" and ours:
                    for message in step["messages"]:
                        client.send(message.encode())
                elif do == "consume" and ours:
                    for message in step["messages"]:
                        self.assertEqual(message.encode(), client.receive(PATIENCE), where)
                    with self.assertRaises((TimeoutError, ls.Closed), msg=where):
                        client.receive(0)
                elif do == "flush" and ours:
                    waits.append(in_background(client.flush, PATIENCE))
                elif do == "close" and ours and client._remote is None:
                    waits.append(in_background(client.close, step["code"], "", PATIENCE))
                elif do == "ended" and ours:
                    self.eventually(lambda: client._error is not None, where)
                if do != "frame" or not refused:
                    self.positions(client, step, where)
            script.cut()
            for wait in waits:
                wait()
            if refused:
                with self.assertRaises(ls.Lost) as caught:
                    client.receive(PATIENCE)
                self.assertEqual("restarted", caught.exception.reason)
                self.assertRaises(ls.Lost, client.close)
            elif talk["name"] == "goaway":
                with self.assertRaises(ls.Closed) as caught:
                    client.receive(PATIENCE)
                self.assertEqual((ls.GOING_AWAY, (0.5, 5.0)), (caught.exception.code, caught.exception.come_back))
            if client._error is None:
                with self.assertRaises(ls.Lost) as caught:  # the script ends before the session does
                    client.close(timeout=0)
                self.assertEqual((1, "closed"), (len(caught.exception.unknown), caught.exception.reason))

    def positions(self, client, step, where):
        """The client stands where the script says; it may have sent more already, because it does not wait for the script."""
        want = {name: int(value) for name, value in step["client"].items()}
        self.eventually(lambda: client._sent >= want["sent"] and all(
            getattr(client, "_" + name) == want[name] for name in ("received", "consumed", "acked")), where)

    def eventually(self, condition, where):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), deadline, where)
            time.sleep(0.001)


if __name__ == "__main__":
    unittest.main()
