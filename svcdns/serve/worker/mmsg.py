"""Many datagrams per system call: recvmmsg and sendmmsg (Linux), through ctypes.

    struct msghdr  0 name* | 8 namelen | 16 iov* | 24 iovlen | 32 control* | 40 controllen | 48 flags
    struct mmsghdr the same | 56 length                                                = 64 bytes

The kernel overwrites the lengths of name and control: the first with the same, for one socket has one
family; the second is set again before each call. The fields are read and written through memoryviews,
at a tenth of the price of ctypes attributes; one field of all messages is one strided assignment.

A reply is written over its query, behind the id, and sent from there: names, control data and ids stay
where they were received. Messages are without their id for everybody else.
"""

import array
import ctypes
import errno
import os
import socket
import sys
from collections.abc import Sequence

from svcdns.dns.wire import messages

BATCH_SIZE = 64
SLOT_SIZE = 4096
"""Bytes of a received datagram; no query is larger, and of what is, the rest is lost."""
_SLOT_STRIDE = SLOT_SIZE + 192
"""From slot to slot; by a power of two all would share a few lines of the processor's cache."""
NAME_SIZE = 28
"""sizeof(struct sockaddr_in6)."""
CONTROL_BUFFER_SIZE = 64
_SOCKADDR_IN_SIZE = 16

_MMSGHDR_SIZE = 64
_NAME_WORD, _IOV_WORD, _CONTROL_WORD, _CONTROL_SIZE_WORD = 0, 2, 4, 5
"""Words of a struct msghdr."""
_DONTWAIT = int(socket.MSG_DONTWAIT)
_IP_PKTINFO = 8  # socket.IP_PKTINFO is missing in Python 3.11

IS_AVAILABLE = sys.platform == "linux" and sys.maxsize > 2**32


class DatagramBatch:
    """The buffers of one socket: datagrams in, replies out.

    Names and control data are those of the received messages: a reply goes to where its query came
    from, and on a wildcard address (`pktinfo`) leaves from the address that was asked (RFC 1122
    4.1.3.5), which the kernel tells and takes as control data.
    """

    def __init__(self, sock: socket.socket, needs_pktinfo: bool) -> None:
        """Each datagram's own address is only asked for on a wildcard address."""
        self._fd = sock.fileno()
        self._pktinfo_size = enable_pktinfo(sock) if needs_pktinfo else 0
        self._name_size = _SOCKADDR_IN_SIZE if sock.family == socket.AF_INET else NAME_SIZE
        # neither call waits, so the GIL is kept; and errno is read after the first alone
        self._recvmmsg = ctypes.PyDLL(None, use_errno=True).recvmmsg
        self._sendmmsg = ctypes.PyDLL(None).sendmmsg
        self._slots = ctypes.create_string_buffer(BATCH_SIZE * _SLOT_STRIDE)
        self._names = ctypes.create_string_buffer(BATCH_SIZE * NAME_SIZE)
        self._controls = ctypes.create_string_buffer(BATCH_SIZE * CONTROL_BUFFER_SIZE)
        self._iovs = ctypes.create_string_buffer(2 * BATCH_SIZE * 16)
        self._in_headers = ctypes.create_string_buffer(BATCH_SIZE * _MMSGHDR_SIZE)
        self._out_headers = ctypes.create_string_buffer(BATCH_SIZE * _MMSGHDR_SIZE)
        at = ctypes.addressof(self._out_headers)
        self._out_header_pointers = [ctypes.c_void_p(at + i * _MMSGHDR_SIZE) for i in range(BATCH_SIZE)]
        slot, body = ctypes.c_char * SLOT_SIZE, ctypes.c_char * (SLOT_SIZE - messages.ID_SIZE)
        starts = range(0, BATCH_SIZE * _SLOT_STRIDE, _SLOT_STRIDE)
        self._query_slots = [slot.from_buffer(self._slots, start) for start in starts]
        self._reply_slots = [body.from_buffer(self._slots, start + messages.ID_SIZE) for start in starts]
        self._name_slots = _split_slots(self._names, NAME_SIZE)
        self._control_slots = _split_slots(self._controls, CONTROL_BUFFER_SIZE)
        self._query_sizes = memoryview(self._in_headers).cast("B").cast("I")[14::16]
        self._in_words, self._out_words = _as_words(self._in_headers), _as_words(self._out_headers)
        self._control_words = memoryview(self._controls).cast("B").cast("I")
        self._reply_sizes = _as_words(self._iovs)[2 * BATCH_SIZE + 1 :: 2]
        self._fill_headers()
        self._initial_out_words = memoryview(self._out_words.tobytes()).cast("Q")

    def _fill_headers(self) -> None:
        """Every pointer and length that stays: message i of each array has slot i."""
        iovs, name, control = map(ctypes.addressof, (self._iovs, self._names, self._controls))
        slot, iov_words = ctypes.addressof(self._slots), _as_words(self._iovs)
        for i in range(BATCH_SIZE):
            iov_words[2 * i] = iov_words[2 * (BATCH_SIZE + i)] = slot + i * _SLOT_STRIDE
            iov_words[2 * i + 1] = SLOT_SIZE
            for words, iov in (
                (self._in_words, iovs + 16 * i),
                (self._out_words, iovs + 16 * (BATCH_SIZE + i)),
            ):
                words[8 * i : 8 * i + 6] = _header_words(
                    name + i * NAME_SIZE,
                    self._name_size,
                    iov,
                    control + i * CONTROL_BUFFER_SIZE,
                    self._pktinfo_size,
                )

    def receive(self) -> list[bytes]:
        """What is there without ids, at most BATCH; raises OSError when the socket is broken."""
        if self._pktinfo_size:
            self._in_words[_CONTROL_SIZE_WORD::8] = array.array("Q", [self._pktinfo_size]) * BATCH_SIZE
        count = self._recvmmsg(self._fd, self._in_headers, BATCH_SIZE, _DONTWAIT, None)
        if count < 0:
            _raise_unless_transient(ctypes.get_errno())
            return []
        if self._pktinfo_size:
            self._clear_interfaces(count)
        queries, sizes = self._query_slots, self._query_sizes
        packets: list[bytes] = []
        for i in range(count):  # in Python 3.11 a comprehension is one more call
            packets.append(queries[i][messages.ID_SIZE : sizes[i]])  # type: ignore[arg-type]  # noqa: PERF401
        return packets

    def _clear_interfaces(self, count: int) -> None:
        """Keep the address of the received control data; let routing choose the interface."""
        if self._pktinfo_size == PKTINFO_SIZE_V4:
            self._control_words[4 :: CONTROL_BUFFER_SIZE // 4][:count] = array.array("I", [0]) * count
            return
        for i in range(count):
            control = self._control_slots[i]
            if control[16] != 0xFE or control[17] & 0xC0 != 0x80:  # link-local needs its interface
                control[32:36] = bytes(4)

    def client(self, i: int) -> tuple[bytes, bytes]:
        """The sockaddr of datagram i's sender, and the control data to answer it with later."""
        size = self._in_words[8 * i + _CONTROL_SIZE_WORD] if self._pktinfo_size else 0
        return self._name_slots[i][: self._name_size].tobytes(), self._control_slots[i][:size].tobytes()

    def query_id(self, i: int) -> bytes:
        """The id of datagram i."""
        return self._query_slots[i].raw[: messages.ID_SIZE]

    def send(self, replies: Sequence[object]) -> tuple[int, int]:
        """Each to the sender of the datagram in its place, where it is bytes; how many, and how many of
        these could not go.
        """
        if self._pktinfo_size:
            self._out_words[_CONTROL_SIZE_WORD::8] = self._in_words[_CONTROL_SIZE_WORD::8]
        slots, sizes, ready = self._reply_slots, self._reply_sizes, 0
        for i, reply in enumerate(replies):
            if isinstance(reply, bytes):
                slots[i].raw = reply
                sizes[i] = len(reply) + messages.ID_SIZE
                if ready != i:
                    self._move_header(i, ready)
                ready += 1
        done = unsent = 0
        while done < ready:  # sendmmsg stops at the first message it cannot send: go on behind that one
            sent = self._sendmmsg(self._fd, self._out_header_pointers[done], ready - done, _DONTWAIT)
            done += sent if sent > 0 else 1
            unsent += sent <= 0
        if ready != len(replies):
            self._out_words[:] = self._initial_out_words
        return ready, unsent

    def _move_header(self, source: int, target: int) -> None:
        """Message i is to be sent in an earlier place, where one is that has no reply yet."""
        for word in (_NAME_WORD, _IOV_WORD, _CONTROL_WORD, _CONTROL_SIZE_WORD):
            self._out_words[8 * target + word] = self._out_words[8 * source + word]


def _raise_unless_transient(code: int) -> None:
    """Nothing is there, or an earlier reply was refused (ICMP); else raises OSError."""
    if code not in (errno.EAGAIN, errno.EINTR, errno.ECONNREFUSED):
        raise OSError(code, os.strerror(code))


def _as_words(buffer: ctypes.Array[ctypes.c_char]) -> memoryview:
    return memoryview(buffer).cast("B").cast("Q")


def _split_slots(buffer: ctypes.Array[ctypes.c_char], size: int) -> list[memoryview]:
    whole = memoryview(buffer).cast("B")
    return [whole[at : at + size] for at in range(0, len(whole), size)]


def _header_words(name: int, name_size: int, iov: int, control: int, control_size: int) -> memoryview:
    """The first six words of a struct msghdr."""
    return memoryview(array.array("Q", (name, name_size, iov, 1, control, control_size)))


PKTINFO_SIZE_V4 = 32
"""CMSG_SPACE(sizeof(struct in_pktinfo))."""
PKTINFO_SIZE_V6 = 40


def enable_pktinfo(sock: socket.socket) -> int:
    """Ask for the address each datagram came to; returns the length of the control data."""
    if sock.family == socket.AF_INET:
        sock.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        return PKTINFO_SIZE_V4
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    return PKTINFO_SIZE_V6
