"""Many datagrams per system call: recvmmsg and sendmmsg (Linux), through ctypes.

    struct msghdr  0 name* | 8 namelen | 16 iov* | 24 iovlen | 32 control* | 40 controllen | 48 flags
    struct mmsghdr the same | 56 length                                                = 64 bytes

The kernel overwrites the lengths of name and control: the first with the same, for one socket has one
family; the second is set again before each call. The fields are read and written through memoryviews,
at a tenth of the price of ctypes attributes.
"""

import array
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
_SOCKADDR_IN = 16

_HEADER = 64
_IP_PKTINFO = 8  # socket.IP_PKTINFO is missing in Python 3.11

Later: TypeAlias = Callable[[Forward, bytes, bytes], None]
"""Takes a reply that comes later, with the client's sockaddr and the control data to send it with."""

AVAILABLE = sys.platform == "linux" and sys.maxsize > 2**32


class Batch:
    """The buffers of one socket: datagrams in, replies out, in the same order.

    Only what changes is written for each datagram. Names and control data are those of the received
    message: a reply goes to where its query came from, and on a wildcard address (`pktinfo`) leaves
    from the address that was asked (RFC 1122 4.1.3.5), which the kernel tells and takes as control data.
    """

    def __init__(self, sock: socket.socket, pktinfo: bool) -> None:
        """Each datagram's own address is only asked for on a wildcard address."""
        self._fd = sock.fileno()
        self._pktinfo = enable_pktinfo(sock) if pktinfo else 0
        self._name_size = _SOCKADDR_IN if sock.family == socket.AF_INET else NAME
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._in = ctypes.create_string_buffer(BATCH * SLOT)
        self._out = ctypes.create_string_buffer(BATCH * REPLY_SLOT)
        self._names = ctypes.create_string_buffer(BATCH * NAME)
        self._controls = ctypes.create_string_buffer(BATCH * CONTROL)
        self._iovs = ctypes.create_string_buffer(2 * BATCH * 16)
        self._received = ctypes.create_string_buffer(BATCH * _HEADER)
        self._sent = ctypes.create_string_buffer(BATCH * _HEADER)
        self._slots = _split(self._in, SLOT)
        self._replies = _split(self._out, REPLY_SLOT)
        self._name_slots = _split(self._names, NAME)
        self._control_slots = _split(self._controls, CONTROL)
        self._iov_words = _words(self._iovs)
        self._reply_sizes = self._iov_words[2 * BATCH + 1 :: 2]
        self._in_words = _words(self._received)
        self._sizes = memoryview(self._received).cast("B").cast("I")[14::16]
        self._out_words = _words(self._sent)
        self._lay()

    def _lay(self) -> None:
        """Every pointer and length that stays: message i of each array has slot i."""
        iovs, name, control = map(ctypes.addressof, (self._iovs, self._names, self._controls))
        for i in range(BATCH):
            self._iov_words[2 * i] = ctypes.addressof(self._in) + i * SLOT
            self._iov_words[2 * i + 1] = SLOT
            self._iov_words[2 * (BATCH + i)] = ctypes.addressof(self._out) + i * REPLY_SLOT
            for words, iov in ((self._in_words, iovs + 16 * i), (self._out_words, iovs + 16 * (BATCH + i))):
                words[8 * i : 8 * i + 6] = _header_words(
                    name + i * NAME, self._name_size, iov, control + i * CONTROL, self._pktinfo
                )

    def exchange(self, respond: Handler, later: Later) -> int:
        """Receive what is there, answer it, send the replies; the number received.

        Raises OSError when the socket is broken; that nothing is there is 0.
        """
        if self._pktinfo:
            for i in range(BATCH):
                self._in_words[8 * i + 5] = self._pktinfo
        count = self._libc.recvmmsg(self._fd, self._received, BATCH, socket.MSG_DONTWAIT, None)
        if count < 0:
            return _nothing(ctypes.get_errno())
        replies, reply_sizes = self._replies, self._reply_sizes
        ready = 0
        for i, size in enumerate(self._sizes[:count].tolist()):
            reply = respond(self._slots[i][:size].tobytes())
            if reply.__class__ is not bytes:
                if isinstance(reply, Forward):
                    later(reply, *self._client(i))
                continue
            length = len(reply)
            replies[ready][:length] = reply
            reply_sizes[ready] = length
            if ready != i or self._pktinfo:
                self._return_to(ready, i)
            ready += 1
        self._send(ready)
        if ready != count:
            self._lay()
        return int(count)

    def _return_to(self, ready: int, i: int) -> None:
        """Send reply `ready` to the client of datagram `i`."""
        at = 8 * ready
        self._out_words[at] = self._in_words[8 * i]
        self._out_words[at + 4] = self._in_words[8 * i + 4]
        self._out_words[at + 5] = self._in_words[8 * i + 5]
        if self._pktinfo:
            self._free_interface(i)

    def _free_interface(self, i: int) -> None:
        """Keep the address of the received control data; let routing choose the interface."""
        control = self._control_slots[i]
        if self._pktinfo == CONTROL_V4:
            control[16:20] = bytes(4)
        elif control[16] != 0xFE or control[17] & 0xC0 != 0x80:  # link-local needs its interface
            control[32:36] = bytes(4)

    def _client(self, i: int) -> tuple[bytes, bytes]:
        if self._pktinfo:
            self._free_interface(i)
        control = self._in_words[8 * i + 5] if self._pktinfo else 0
        return self._name_slots[i][: self._name_size].tobytes(), self._control_slots[i][:control].tobytes()

    def _send(self, ready: int) -> None:
        """sendmmsg stops at the first message it cannot send: go on behind that one."""
        done, start = 0, ctypes.addressof(self._sent)
        while done < ready:
            messages = ctypes.c_void_p(start + done * _HEADER)
            sent = self._libc.sendmmsg(self._fd, messages, ready - done, socket.MSG_DONTWAIT)
            done += sent if sent > 0 else 1


def _nothing(code: int) -> int:
    if code in (errno.EAGAIN, errno.EINTR, errno.ECONNREFUSED):
        return 0
    raise OSError(code, os.strerror(code))


def _words(buffer: ctypes.Array[ctypes.c_char]) -> memoryview:
    return memoryview(buffer).cast("B").cast("Q")


def _split(buffer: ctypes.Array[ctypes.c_char], size: int) -> list[memoryview]:
    whole = memoryview(buffer).cast("B")
    return [whole[at : at + size] for at in range(0, len(whole), size)]


def _header_words(name: int, name_size: int, iov: int, control: int, control_size: int) -> memoryview:
    """The first six words of a struct msghdr."""
    return memoryview(array.array("Q", (name, name_size, iov, 1, control, control_size)))


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
