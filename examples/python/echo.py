"""Sends numbered messages of mixed sizes to a server that echoes them, and expects each back exactly once and in order.

Messages of the server's own, which begin with P and are numbered too, may come in between. Exit status: 0 if all is as expected,
1 if not, 3 if the session was lost.
"""

import argparse
import random
import struct
import sys
import threading
import time

from longsplice import GOING_AWAY, Client, Closed, Error, Lost

HEAD = struct.Struct(">cQ")
PATIENCE = 60  # seconds for anything that should happen sooner


def message(number):
    """The numbered message: mostly small, sometimes of some KiB, rarely of more than one read takes."""
    rng = random.Random(number)
    longest = rng.choice([0, 20, 20, 100, 100, 1000, 1000, 5000]) if number % 500 else 100_000
    return HEAD.pack(b"E", number) + rng.randbytes(rng.randint(0, longest))


def pushed(number, got):
    """Whether this is the server's message of this number: the filler repeats its last byte."""
    return got == HEAD.pack(b"P", number) + bytes([number & 0xFF]) * (len(got) - HEAD.size)


class Sender(threading.Thread):
    """Sends until it is done, or the session takes no more."""

    def __init__(self, client, count):
        super().__init__(daemon=True)
        self.client, self.count, self.sent, self.error = client, count, 0, None

    def run(self):
        try:
            while self.sent < self.count:
                self.client.send(message(self.sent), PATIENCE)
                self.sent += 1
        except (Error, TimeoutError) as err:
            self.error = err


def exchange(client, args):
    """Sends and receives all. Returns the counts of messages sent, echoed and pushed."""
    sender = Sender(client, args.count)
    sender.start()
    echoed = pushes = 0
    try:
        while echoed < args.count or pushes < args.pushes or args.closed is not None:
            got = client.receive(PATIENCE)
            if got[:1] == b"P":
                if not pushed(pushes, got):
                    raise AssertionError(f"expected message {pushes} of the server, got {got[:HEAD.size].hex()} and {len(got)} bytes")
                pushes += 1
            else:
                if got != message(echoed):
                    raise AssertionError(f"expected echo {echoed}, got {got[:HEAD.size].hex()} and {len(got)} bytes")
                echoed += 1
            if args.slow:
                time.sleep(args.slow)  # an application that takes its time
    except Closed as err:
        if err.code != args.closed:
            raise
    sender.join(PATIENCE)
    if args.closed == GOING_AWAY and client.come_back is None:
        raise AssertionError("the server has left without GOAWAY")
    if sender.error and args.closed is None:
        raise sender.error
    if args.closed != GOING_AWAY and sender.sent != args.count:
        raise AssertionError(f"sent only {sender.sent}: {sender.error}")
    if echoed != sender.sent:
        raise AssertionError(f"sent {sender.sent} and got {echoed} back")
    return sender.sent, echoed, pushes


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address")
    parser.add_argument("-n", "--count", type=int, default=1000, help="how many messages to send")
    parser.add_argument("--pushes", type=int, default=0, help="how many messages of the server's own to expect")
    parser.add_argument("--window", type=int, default=1 << 20, help="bytes of messages to take before the first is consumed")
    parser.add_argument("--slow", type=float, default=0, help="seconds to spend on each message")
    parser.add_argument("--max-delay", type=float, default=30, help="the longest delay between attempts, in seconds")
    parser.add_argument("--closed", type=int, help="wait for the server to close with this code, rather than to close")
    args = parser.parse_args()

    began = time.monotonic()
    client = Client(window=args.window, backoff=(min(0.5, args.max_delay), args.max_delay))
    try:
        client.connect(args.address, PATIENCE)
        sent, echoed, pushes = exchange(client, args)
        client.close(timeout=PATIENCE)
    except Lost as err:
        print(f"lost: {err.reason}: {err} ({err.__cause__})", file=sys.stderr)
        return 3
    except (Error, TimeoutError, AssertionError) as err:
        print(f"failed: {type(err).__name__}: {err}", file=sys.stderr)
        return 1
    print(f"sent {sent}, echoed {echoed}, pushed {pushes}, links {client.links}, {time.monotonic() - began:.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
