"""Many datagrams per system call: recvmmsg and sendmmsg (Linux), through ctypes.

    struct msghdr  0 name* | 8 namelen | 16 iov* | 24 iovlen | 32 control* | 40 controllen | 48 flags
    struct mmsghdr the same | 56 length                                                = 64 bytes

The kernel overwrites the lengths of name and control and the flags, so they are set again before
each call. The fields are written through memoryviews: a tenth of the price of ctypes attributes.
"""

import ctypes
import errno
import os
import socket
import sys
from collections.abc import Callable
from typing import TypeAlias

from svcdns.dns.query import Forward
from svcdns.serve.service import Handler

BATCH = 64
SLOT = 4096
"""Bytes of a received datagram; no query is larger, and MSG_TRUNC marks what is."""
REPLY_SLOT = 1232
NAME = 28
"""sizeof(struct sockaddr_in6)."""
CONTROL = 64

_HEADER = 64
_WORD = 8
_IP_PKTINFO = 8  # socket.IP_PKTINFO is missing in Python 3.11

Later: TypeAlias = Callable[[Forward, bytes, bytes], None]
"""Takes a reply that comes later, with the client's sockaddr and the control data to send it with."""

AVAILABLE = sys.platform == "linux" and sys.maxsize > 2**32


class Batch:
    """The buffers of one worker: datagrams in, replies out, in the same order.

    `pktinfo` is for sockets on a wildcard address: the reply leaves from the address that was
    asked (RFC 1122 4.1.3.5), which the kernel tells and takes as control data.
    """

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._in = ctypes.create_string_buffer(BATCH * SLOT)
        self._out = ctypes.create_string_buffer(BATCH * REPLY_SLOT)
        self._names = ctypes.create_string_buffer(BATCH * NAME)
        self._controls = ctypes.create_string_buffer(BATCH * CONTROL)
        self._iovs = ctypes.create_string_buffer(2 * BATCH * 16)
        self._received = ctypes.create_string_buffer(BATCH * _HEADER)
        self._sent = ctypes.create_string_buffer(BATCH * _HEADER)
        self._data = memoryview(self._in).cast("B")
        self._replies = memoryview(self._out).cast("B")
        self._name_bytes = memoryview(self._names).cast("B")
        self._control_bytes = memoryview(self._controls).cast("B")
        self._iov_words = memoryview(self._iovs).cast("B").cast("Q")
        self._in_words, self._in_ints = _words(self._received), _ints(self._received)
        self._out_words, self._out_ints = _words(self._sent), _ints(self._sent)
        self._name_at = ctypes.addressof(self._names)
        self._control_at = ctypes.addressof(self._controls)
        self._sent_at = ctypes.addressof(self._sent)
        self._lay()

    def _lay(self) -> None:
        iovs = ctypes.addressof(self._iovs)
        for i in range(BATCH):
            self._iov_words[2 * i] = ctypes.addressof(self._in) + i * SLOT
            self._iov_words[2 * i + 1] = SLOT
            self._iov_words[2 * (BATCH + i)] = ctypes.addressof(self._out) + i * REPLY_SLOT
            for words, iov in ((self._in_words, iovs + 16 * i), (self._out_words, iovs + 16 * (BATCH + i))):
                words[8 * i] = self._name_at + i * NAME
                words[8 * i + 2] = iov
                words[8 * i + 3] = 1
                words[8 * i + 4] = self._control_at + i * CONTROL

    def exchange(self, fd: int, pktinfo: int, respond: Handler, later: Later) -> int:
        """Receive what is there, answer it, send the replies; the number received.

        `pktinfo` is 0, or the control length of the socket's family. Raises OSError when the
        socket is broken; that nothing is there is 0.
        """
        in_ints, in_words = self._in_ints, self._in_words
        for i in range(BATCH):
            in_ints[16 * i + 2] = NAME
            in_words[8 * i + 5] = pktinfo
        count = self._libc.recvmmsg(fd, self._received, BATCH, socket.MSG_DONTWAIT, None)
        if count < 0:
            return _nothing(ctypes.get_errno())
        data, out_words, out_ints, iov_words = self._data, self._out_words, self._out_ints, self._iov_words
        ready = 0
        for i in range(count):
            start = i * SLOT
            reply = respond(bytes(data[start : start + in_ints[16 * i + 14]]))
            if reply.__class__ is not bytes:
                if isinstance(reply, Forward):
                    later(reply, *self._client(i, pktinfo and in_words[8 * i + 5]))
                continue
            at = ready * REPLY_SLOT
            size = len(reply)
            self._replies[at : at + size] = reply
            iov_words[2 * (BATCH + ready) + 1] = size
            out_words[8 * ready] = self._name_at + i * NAME
            out_ints[16 * ready + 2] = in_ints[16 * i + 2]
            if pktinfo:
                out_words[8 * ready + 4] = self._control_at + i * CONTROL
                self._source(i, pktinfo)
            out_words[8 * ready + 5] = pktinfo and in_words[8 * i + 5]
            ready += 1
        self._send(fd, ready)
        return int(count)

    def _source(self, i: int, pktinfo: int) -> None:
        """Keep the address of the received control data, and let routing choose the interface."""
        at = i * CONTROL + 16
        if pktinfo == CONTROL_V4:
            self._control_bytes[at : at + 4] = bytes(4)
        elif self._control_bytes[at] != 0xFE or self._control_bytes[at + 1] & 0xC0 != 0x80:
            self._control_bytes[at + 16 : at + 20] = bytes(4)

    def _client(self, i: int, control: int) -> tuple[bytes, bytes]:
        if control:
            self._source(i, control)
        name = bytes(self._name_bytes[i * NAME : i * NAME + self._in_ints[16 * i + 2]])
        return name, bytes(self._control_bytes[i * CONTROL : i * CONTROL + control])

    def _send(self, fd: int, ready: int) -> None:
        """sendmmsg stops at the first message it cannot send: go on behind that one."""
        done = 0
        while done < ready:
            sent = self._libc.sendmmsg(
                fd, ctypes.c_void_p(self._sent_at + done * _HEADER), ready - done, socket.MSG_DONTWAIT
            )
            done += sent if sent > 0 else 1


def _nothing(code: int) -> int:
    if code in (errno.EAGAIN, errno.EINTR, errno.ECONNREFUSED):
        return 0
    raise OSError(code, os.strerror(code))


def _words(buffer: ctypes.Array[ctypes.c_char]) -> memoryview:
    return memoryview(buffer).cast("B").cast("Q")


def _ints(buffer: ctypes.Array[ctypes.c_char]) -> memoryview:
    return memoryview(buffer).cast("B").cast("I")


CONTROL_V4 = 32
"""CMSG_SPACE(sizeof(struct in_pktinfo))."""
CONTROL_V6 = 40


def enable_pktinfo(sock: socket.socket) -> int:
    """Ask for the address each datagram came to; returns the control length for `exchange`."""
    if sock.family == socket.AF_INET:
        sock.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        return CONTROL_V4
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    return CONTROL_V6
