"""Holds the client against rules of docs/wire.md that no vector shows, with a scripted server."""

import time
import unittest
from unittest import mock

import longsplice as ls
from test_vectors import PATIENCE, Script, in_background

EPOCH, ID = 7, bytes(range(16))


def welcome(token, received=0, consumed=0, resumed=False, window=1 << 20, min_ping_ms=0):
    return ls.encode(ls.WELCOME, ls.Welcome(resumed, EPOCH, ID, received, consumed, window, 1 << 20, min_ping_ms, 60000, token))


class Rules(unittest.TestCase):
    def setUp(self):
        self.script = Script().__enter__()
        self.addCleanup(self.script.__exit__)

    def client(self, server_window=1 << 20, min_ping_ms=0, **settings):
        """A client with a session."""
        client = ls.Client(backoff=(0.001, 0.001), **settings)
        connecting = in_background(client.connect, self.script.address, PATIENCE)
        self.hello()
        self.say(welcome(b"1" * 32, window=server_window, min_ping_ms=min_ping_ms))
        connecting()
        self.addCleanup(self.give_up, client)
        return client

    def give_up(self, client):
        try:
            client.close(timeout=0)
        except ls.Lost:
            pass

    def hello(self):
        self.script.accept()
        return ls.decode(*self.script.expect(ls.HELLO))

    def say(self, *frames):
        self.script.link.sendall(b"".join(frames))

    def resume(self, token, **positions):
        hello = self.hello()
        self.say(welcome(token, resumed=True, **positions))
        return hello

    def ack(self):
        return ls.decode(*self.script.expect(ls.ACK))

    def test_a_first_welcome_that_is_lost(self):
        client = ls.Client(backoff=(0.001, 0.001))
        connecting = in_background(client.connect, self.script.address, PATIENCE)
        self.assertEqual((1, b"", 0), (lambda h: (h.attempt, h.token, h.epoch))(self.hello()))
        self.script.cut()
        self.assertEqual((2, b"", 0), (lambda h: (h.attempt, h.token, h.epoch))(self.hello()))
        self.say(welcome(b"1" * 32))
        connecting()
        self.give_up(client)

    def test_tokens_attempts_and_replay(self):
        client = self.client()
        client.send(b"a")
        client.send(b"bb")
        self.script.expect(ls.DATA)
        self.script.expect(ls.DATA)
        self.script.cut()
        hello = self.hello()  # and the answer is lost
        self.assertEqual((2, b"1" * 32, EPOCH), (hello.attempt, hello.token, hello.epoch))
        self.script.cut()
        hello = self.resume(b"3" * 32, received=6)
        self.assertEqual((3, b"1" * 32), (hello.attempt, hello.token))
        self.assertEqual(b"bb", self.script.expect(ls.DATA)[1])
        self.script.cut()
        hello = self.resume(b"4" * 32, received=13, consumed=13)
        self.assertEqual((4, b"3" * 32), (hello.attempt, hello.token))
        client.flush(PATIENCE)

    def test_a_welcome_that_cannot_be(self):
        for positions in ({"received": 7}, {"received": 5}, {"received": 6, "window": 9}, {"received": 6, "resumed": False}):
            with self.subTest(positions):
                client = self.client()
                client.send(b"a")
                self.script.expect(ls.DATA)
                self.script.cut()
                self.hello()
                self.say(welcome(b"2" * 32, **{"resumed": True, **positions}))
                with self.assertRaises(ls.Lost) as caught:
                    client.receive(PATIENCE)
                self.assertEqual(("protocol", [b"a"]), (caught.exception.reason, caught.exception.unknown))

    def test_strangers_do_not_end_a_session(self):
        client = self.client()
        self.script.cut()
        self.hello()
        self.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        self.script.accept()
        self.assertEqual(3, ls.decode(*self.script.expect(ls.HELLO)).attempt)
        self.say(welcome(b"2" * 32, resumed=True), ls.encode(ls.DATA, b"x"))
        self.assertEqual(b"x", client.receive(PATIENCE))

    def test_busy_and_stale(self):
        client = self.client()
        self.script.cut()
        self.hello()
        began = time.monotonic()
        self.say(ls.encode(ls.REFUSE, ls.Refuse(ls.BUSY, EPOCH, 100, 120, "")))
        self.hello()
        self.assertGreaterEqual(time.monotonic() - began, 0.1)
        self.say(ls.encode(ls.REFUSE, ls.Refuse(ls.STALE, EPOCH, 0, 0, "")))
        self.assertEqual(4, self.resume(b"2" * 32).attempt)
        self.say(ls.encode(ls.DATA, b"x"))
        self.assertEqual(b"x", client.receive(PATIENCE))

    def test_without_a_token_the_session_ends_with_its_link(self):
        client = ls.Client()
        connecting = in_background(client.connect, self.script.address, PATIENCE)
        self.hello()
        self.say(welcome(b""))
        connecting()
        client.send(b"a")
        self.script.expect(ls.DATA)
        self.script.cut()
        with self.assertRaises(ls.Lost) as caught:
            client.receive(PATIENCE)
        self.assertEqual("link", caught.exception.reason)
        self.assertRaises(ls.Lost, client.close)

    def test_acks(self):
        client = self.client(window=40)
        self.say(ls.encode(ls.ACKREQ))
        self.assertEqual((0, 0, 0), self.ack())
        self.say(ls.encode(ls.DATA, b"x" * 15), ls.encode(ls.DATA, b"y" * 15))
        began = time.monotonic()
        self.assertEqual((40, 0, 0), self.ack())  # received and not told, in about a second
        self.assertTrue(0.5 < time.monotonic() - began < 3)
        client.receive(PATIENCE)
        client.receive(PATIENCE)
        began = time.monotonic()
        self.assertEqual((40, 20, 0), self.ack())  # a quarter of the window, at once
        self.assertLess(time.monotonic() - began, 0.5)
        self.say(ls.encode(ls.ACKREQ))
        self.assertEqual((40, 20, 0), self.ack())
        self.assertRaises(TimeoutError, client.receive, 0)
        self.assertEqual((40, 40, 0), self.ack())

    def test_progress_while_an_ackreq_is_in_force(self):
        client = self.client()
        self.say(*[ls.encode(ls.DATA, b"x")] * 3, ls.encode(ls.ACKREQ))
        self.assertEqual((18, 0, 0), self.ack())
        began = time.monotonic()
        client.receive(PATIENCE)
        for done in (6, 12):
            client.receive(PATIENCE)
            self.assertEqual((18, done, 0), self.ack())
        self.assertRaises(TimeoutError, client.receive, 0)
        self.assertEqual((18, 18, 0), self.ack())
        self.assertLess(time.monotonic() - began, 0.5)

    def test_data_over_the_window(self):
        client = self.client(window=10)
        self.say(ls.encode(ls.DATA, b"x" * 50))  # one always fits
        self.assertEqual(b"x" * 50, client.receive(PATIENCE))
        self.say(ls.encode(ls.DATA, b""))
        self.assertEqual(ls.BROKEN, ls.decode(*self.script.expect(ls.CLOSE)).code)
        self.assertRaises(ls.Lost, client.receive, PATIENCE)

    def test_the_window_after_a_resumption(self):
        client = self.client(window=40)
        self.say(ls.encode(ls.DATA, b"x" * 4))
        client.receive(PATIENCE)
        self.assertRaises(TimeoutError, client.receive, 0)  # consumed, and no ACK is due yet
        self.script.cut()
        self.assertEqual(9, self.resume(b"2" * 32).consumed)
        self.say(ls.encode(ls.DATA, b"y" * 30), ls.encode(ls.DATA, b""))  # HELLO has opened the whole window
        self.assertEqual(b"y" * 30, client.receive(PATIENCE))
        self.assertEqual(b"", client.receive(PATIENCE))

    def test_nothing_follows_a_cut_off(self):
        client = self.client(server_window=0)
        client.send(b"a")
        client.send(b"b")
        self.script.expect(ls.DATA)
        self.say(ls.encode(ls.ACK, ls.Ack(6, 6, 0)) + b"\0\0\0\0")  # room for the next message, and a violation
        self.assertEqual((ls.BROKEN, 6), ls.decode(*self.script.expect(ls.CLOSE))[:2])
        self.assertEqual(b"", bytes(self.script.buffer) + self.script.link.recv(1))
        self.assertRaises(ls.Lost, client.receive, PATIENCE)

    def test_the_servers_window(self):
        client = self.client(server_window=20)
        for message in (b"x" * 30, b"y" * 5, b"z" * 5, b"."):
            client.send(message)
        self.script.expect(ls.DATA)
        self.assertEqual(ls.ACKREQ, self.script.expect(ls.ACKREQ)[0])
        self.say(ls.encode(ls.ACK, ls.Ack(35, 0, 0)))  # receipt makes no room
        self.say(ls.encode(ls.PING, 5))
        self.assertEqual(5, ls.decode(*self.script.expect(ls.PONG)))
        self.say(ls.encode(ls.ACK, ls.Ack(35, 35, 0)))
        self.assertEqual(b"y" * 5, self.script.expect(ls.DATA)[1])
        self.assertEqual(b"z" * 5, self.script.expect(ls.DATA)[1])
        self.say(ls.encode(ls.PING, 6))
        self.assertEqual(6, ls.decode(*self.script.expect(ls.PONG)))  # and not the last message
        self.say(ls.encode(ls.ACK, ls.Ack(55, 45, 0)))
        self.assertEqual(b".", self.script.expect(ls.DATA)[1])

    def test_a_full_send_buffer(self):
        client = self.client(send_buffer=12)
        client.send(b"1")
        client.send(b"2")
        self.assertRaises(TimeoutError, client.send, b"3", 0.01)
        sending = in_background(client.send, b"3", PATIENCE)
        self.script.expect(ls.DATA)
        self.script.expect(ls.DATA)
        self.script.expect(ls.ACKREQ)
        self.say(ls.encode(ls.ACK, ls.Ack(12, 6, 0)))
        sending()
        self.assertEqual(b"3", self.script.expect(ls.DATA)[1])

    def test_silence(self):
        client = self.client(ping_after=0.1, dead_after=0.4)
        self.say(ls.encode(ls.PONG, ls.decode(*self.script.expect(ls.PING))))
        self.script.expect(ls.PING)
        self.resume(b"2" * 32)  # no answer: it takes the link for dead
        self.say(ls.encode(ls.DATA, b"x"))
        self.assertEqual(b"x", client.receive(PATIENCE))

    @mock.patch.multiple(ls, RECEIPT_AFTER=0.1, RECEIPT_DEAD=0.3)
    def test_a_missing_receipt(self):
        client = self.client()
        client.send(b"a")
        self.script.expect(ls.DATA)
        self.script.expect(ls.ACKREQ)
        self.script.expect(ls.PING)
        self.assertEqual(2, self.resume(b"2" * 32).attempt)  # silence: it takes the link for dead
        self.script.expect(ls.DATA)
        for _ in range(5):  # receipt without consumption is merely slow
            self.say(ls.encode(ls.ACK, ls.Ack(6, 0, 0)))
            self.assertRaises(TimeoutError, client.receive, 0.1)
        self.assertEqual(2, client.links)

    def test_pings_keep_to_the_servers_interval(self):
        self.client(ping_after=0.01, dead_after=5, min_ping_ms=200)
        times = []
        for _ in range(4):
            self.say(ls.encode(ls.PONG, ls.decode(*self.script.expect(ls.PING))))
            times.append(time.monotonic())
        self.assertGreater(times[-1] - times[0], 0.5)

    def test_an_idle_client_costs_nothing(self):
        client = self.client()
        began = time.process_time()
        self.assertRaises(TimeoutError, client.receive, 0.5)
        self.assertLess(time.process_time() - began, 0.1)

    def test_a_tombstone(self):
        client = self.client()
        client.send(b"kept")
        client.send(b"gone")
        self.script.expect(ls.DATA)
        self.script.cut()
        self.hello()
        began = time.monotonic()
        self.say(ls.encode(ls.CLOSE, ls.Close(1000, 0, 9, "enough")))
        self.assertEqual(b"", self.script.link.recv(1))
        self.assertLess(time.monotonic() - began, 2)  # the client lets the link go, and does not come back
        with self.assertRaises(ls.Lost) as caught:
            client.receive(PATIENCE)
        lost = caught.exception
        self.assertEqual(("closed", [], [b"gone"], 1000), (lost.reason, lost.unknown, lost.undelivered, lost.__cause__.code))

    def test_half_close(self):
        client = self.client()
        client.send(b"last")
        self.script.expect(ls.DATA)
        client.close_sending()
        self.assertRaises(ls.Closed, client.send, b"more")
        self.assertEqual((0, 9, ls.OPEN, ""), ls.decode(*self.script.expect(ls.CLOSE)))
        self.script.cut()
        self.resume(b"2" * 32, received=9)
        self.assertEqual((0, 9, ls.OPEN, ""), ls.decode(*self.script.expect(ls.CLOSE)))  # again, on each link
        self.say(ls.encode(ls.DATA, b"answer"), ls.encode(ls.CLOSE, ls.Close(0, 11, 9)))
        self.assertEqual(b"answer", client.receive(PATIENCE))
        with self.assertRaises(ls.Closed) as caught:
            client.receive(PATIENCE)
        self.assertEqual(0, caught.exception.code)
        self.assertEqual((0, 9, 11, ""), ls.decode(*self.script.expect(ls.CLOSE)))

    def test_close_that_is_not_answered_cuts_off(self):
        client = self.client(server_window=0)
        client.send(b"sent")
        client.send(b"not sent")
        self.script.expect(ls.DATA)
        with self.assertRaises(ls.Lost) as caught:
            client.close(timeout=0.05)
        self.assertEqual(([b"sent"], [b"not sent"]), (caught.exception.unknown, caught.exception.undelivered))
        self.assertEqual((0, 9 + 13, 0, ""), ls.decode(*self.script.expect(ls.CLOSE)))
        self.assertEqual((ls.CUT_OFF, 9, 0, ""), ls.decode(*self.script.expect(ls.CLOSE)))
        self.assertEqual(b"", self.script.link.recv(1))  # and the client half-closes


if __name__ == "__main__":
    unittest.main()
