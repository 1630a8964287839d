"""What has been sent over the connections of a loop and not been read: time must not leap over it.

Both ends of a connection are usually in the same loop, so that what is on its way can be counted: bytes that
one end has sent, less those that the other has read. A kernel that is busy may deliver them late.
"""

from __future__ import annotations

from collections import Counter


class InFlight:
    """The bytes on their way, by connection and direction."""

    def __init__(self):
        self._bytes = Counter()

    def __bool__(self):
        return bool(self._bytes)

    def sent(self, way, count):
        self._add(way, count)

    def read(self, way, count):
        self._add(way, -count)

    def forget(self, *ways):
        """Neither end will read them any more, or tell what it has read."""
        for way in ways:
            self._bytes.pop(way, None)

    def _add(self, way, count):
        self._bytes[way] += count
        if not self._bytes[way]:
            del self._bytes[way]


class CountedSocket:
    """A connected socket of which it is counted what it sends and reads; the rest is the socket's own."""

    def __init__(self, sock, in_flight):
        self._sock = sock
        self._in_flight = in_flight
        own, peer = sock.getsockname(), _peer(sock)
        self._out, self._in = (own, peer), (peer, own)

    def __getattr__(self, name):
        return getattr(self._sock, name)

    def send(self, data):
        count = self._sock.send(data)
        self._in_flight.sent(self._out, count)
        return count

    def sendmsg(self, buffers):
        count = self._sock.sendmsg(buffers)
        self._in_flight.sent(self._out, count)
        return count

    def recv(self, size):
        data = self._sock.recv(size)
        self._in_flight.read(self._in, len(data))
        return data

    def recv_into(self, buffer):
        count = self._sock.recv_into(buffer)
        self._in_flight.read(self._in, count)
        return count

    def close(self):
        self._in_flight.forget(self._out, self._in)
        self._sock.close()


def _peer(sock):
    try:
        return sock.getpeername()
    except OSError:  # it is gone already
        return None
