"""Many datagrams per system call: recvmmsg and sendmmsg (Linux), through ctypes.

    struct msghdr  0 name* | 8 namelen | 16 iov* | 24 iovlen | 32 control* | 40 controllen | 48 flags
    struct mmsghdr the same | 56 length                                                = 64 bytes

A name is the client's address (struct sockaddr); control data holds the address that the client asked.

The kernel overwrites the lengths of name and control data. That of the name stays the same, because one
socket has one address family; that of the control data is set again before each call. The fields are
read and written through memoryviews, at a tenth of the cost of ctypes attributes: one strided assignment
sets a field of all messages.

A reply is written over its query, behind the id, and sent from there: names, control data and ids stay
where they were received. Everybody else sees messages without their id.
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
"""The most datagrams of one call."""
SLOT_SIZE = 4096
"""Bytes of the buffer for a datagram. No query needs more; the end of a longer datagram is lost."""
_SLOT_STRIDE = SLOT_SIZE + 192
"""Bytes from slot to slot; with a power of two all slots would share a few lines of the processor's cache."""
NAME_SIZE = 28
"""sizeof(struct sockaddr_in6), the longer of the two kinds of name."""
_SOCKADDR_IN_SIZE = 16
"""sizeof(struct sockaddr_in)."""
CONTROL_BUFFER_SIZE = 64
"""Bytes of the buffer for control data: the longest (`PKTINFO_SIZE_V6`), rounded up to a power of two."""

_MMSGHDR_SIZE = 64
_IOV_SIZE = 16
"""sizeof(struct iovec): a pointer and a length."""
# The words of a struct msghdr that are moved or set, 8 bytes each, by their index.
_NAME_WORD = 0
_IOV_WORD = 2
_CONTROL_WORD = 4
_CONTROL_SIZE_WORD = 5
_DONTWAIT = int(socket.MSG_DONTWAIT)
_IP_PKTINFO = 8  # socket.IP_PKTINFO is missing in Python 3.11

IS_AVAILABLE = sys.platform == "linux" and sys.maxsize > 2**32
"""Whether the structs have the sizes above: on Linux with 64 bits."""


class DatagramBatch:
    """The buffers of one socket: datagrams in, replies out.

    A reply is sent with the name and control data that its query was received with. So it goes to where
    the query came from; and on a wildcard address it leaves from the address that the client asked (RFC
    1122 4.1.3.5), which the kernel reports, and takes, as control data (`pktinfo`).
    """

    def __init__(self, sock: socket.socket, needs_pktinfo: bool) -> None:
        """`needs_pktinfo`: the socket has a wildcard address, so each datagram's own one is asked for."""
        self._fd = sock.fileno()
        self._pktinfo_size = enable_pktinfo(sock) if needs_pktinfo else 0
        self._name_size = _SOCKADDR_IN_SIZE if sock.family == socket.AF_INET else NAME_SIZE

        # PyDLL keeps the GIL, because neither call waits. Only the first one's errno is read.
        self._recvmmsg = ctypes.PyDLL(None, use_errno=True).recvmmsg
        self._sendmmsg = ctypes.PyDLL(None).sendmmsg

        self._slots = ctypes.create_string_buffer(BATCH_SIZE * _SLOT_STRIDE)
        self._names = ctypes.create_string_buffer(BATCH_SIZE * NAME_SIZE)
        self._controls = ctypes.create_string_buffer(BATCH_SIZE * CONTROL_BUFFER_SIZE)
        # The iovecs of received messages, then those of sent ones: both point at the same slots.
        self._iovs = ctypes.create_string_buffer(2 * BATCH_SIZE * _IOV_SIZE)
        self._in_headers = ctypes.create_string_buffer(BATCH_SIZE * _MMSGHDR_SIZE)
        self._out_headers = ctypes.create_string_buffer(BATCH_SIZE * _MMSGHDR_SIZE)

        # Pointers to every message, made once: `send` may have to begin at any of them.
        first_header = ctypes.addressof(self._out_headers)
        self._out_header_pointers = [
            ctypes.c_void_p(first_header + i * _MMSGHDR_SIZE) for i in range(BATCH_SIZE)
        ]

        slot_type = ctypes.c_char * SLOT_SIZE
        reply_type = ctypes.c_char * (SLOT_SIZE - messages.ID_SIZE)
        slot_starts = range(0, BATCH_SIZE * _SLOT_STRIDE, _SLOT_STRIDE)
        self._query_slots = [slot_type.from_buffer(self._slots, start) for start in slot_starts]
        self._reply_slots = [
            reply_type.from_buffer(self._slots, start + messages.ID_SIZE) for start in slot_starts
        ]
        self._name_slots = _split_slots(self._names, NAME_SIZE)
        # A struct sockaddr_in has its address at byte 4, a sockaddr_in6 at byte 8.
        self._addresses = (
            [name[4:8] for name in self._name_slots]
            if sock.family == socket.AF_INET
            else [name[8:24] for name in self._name_slots]
        )
        self._control_slots = _split_slots(self._controls, CONTROL_BUFFER_SIZE)

        self.last_send_error = 0
        """The errno of the last reply that the system did not take."""

        # The length at byte 56 of each mmsghdr: half-word 14 of 16.
        self._query_sizes = memoryview(self._in_headers).cast("B").cast("I")[14::16]
        self._in_words = _as_words(self._in_headers)
        self._out_words = _as_words(self._out_headers)
        self._control_words = memoryview(self._controls).cast("B").cast("I")
        # The second word of each iovec for sending.
        self._reply_sizes = _as_words(self._iovs)[2 * BATCH_SIZE + 1 :: 2]

        self._fill_headers()
        self._initial_out_words = memoryview(self._out_words.tobytes()).cast("Q")

    def _fill_headers(self) -> None:
        """Write every pointer and length that stays: message i of each array has slot i."""
        iovs = ctypes.addressof(self._iovs)
        names = ctypes.addressof(self._names)
        controls = ctypes.addressof(self._controls)
        slots = ctypes.addressof(self._slots)
        iov_words = _as_words(self._iovs)

        for i in range(BATCH_SIZE):
            in_index = i
            out_index = BATCH_SIZE + i
            iov_words[2 * in_index] = iov_words[2 * out_index] = slots + i * _SLOT_STRIDE
            iov_words[2 * in_index + 1] = SLOT_SIZE

            for words, iov_index in ((self._in_words, in_index), (self._out_words, out_index)):
                words[8 * i : 8 * i + 6] = _header_words(
                    names + i * NAME_SIZE,
                    self._name_size,
                    iovs + iov_index * _IOV_SIZE,
                    controls + i * CONTROL_BUFFER_SIZE,
                    self._pktinfo_size,
                )

    def receive(self) -> list[bytes]:
        """The datagrams that have arrived, without their ids, at most `BATCH_SIZE`.

        Raises OSError when the socket is broken.
        """
        if self._pktinfo_size:
            self._in_words[_CONTROL_SIZE_WORD::8] = array.array("Q", [self._pktinfo_size]) * BATCH_SIZE

        count = self._recvmmsg(self._fd, self._in_headers, BATCH_SIZE, _DONTWAIT, None)
        if count < 0:
            _raise_unless_transient(ctypes.get_errno(), "recvmmsg")
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
        # struct in_pktinfo begins with the interface, behind the 16 bytes of struct cmsghdr.
        if self._pktinfo_size == PKTINFO_SIZE_V4:
            self._control_words[4 :: CONTROL_BUFFER_SIZE // 4][:count] = array.array("I", [0]) * count
            return

        # struct in6_pktinfo has the address first (16 bytes). A link-local one (fe80::/10) is only
        # reached through its own interface.
        for i in range(count):
            control = self._control_slots[i]
            if control[16] != 0xFE or control[17] & 0xC0 != 0x80:
                control[32:36] = bytes(4)

    def client(self, i: int) -> tuple[bytes, bytes]:
        """The sockaddr of datagram i's sender, and the control data for a later reply; `b""` if none."""
        size = self._in_words[8 * i + _CONTROL_SIZE_WORD] if self._pktinfo_size else 0
        return self._name_slots[i][: self._name_size].tobytes(), self._control_slots[i][:size].tobytes()

    def client_address(self, i: int) -> bytes:
        """The address of datagram i's sender, as 4 or 16 bytes."""
        return self._addresses[i].tobytes()

    def query_id(self, i: int) -> bytes:
        """The id of datagram i."""
        return self._query_slots[i].raw[: messages.ID_SIZE]

    def send(self, replies: Sequence[object]) -> tuple[int, int]:
        """Send each reply that is bytes to the sender of the datagram at its index.

        Returns how many replies there were, and how many of them the system did not take (`last_send_error`
        says why). Raises OSError where there is no sendmmsg.
        """
        if self._pktinfo_size:
            self._out_words[_CONTROL_SIZE_WORD::8] = self._in_words[_CONTROL_SIZE_WORD::8]

        # The messages to send must lie side by side: each is moved to the front over those without reply.
        slots, sizes, ready = self._reply_slots, self._reply_sizes, 0
        for i, reply in enumerate(replies):
            if isinstance(reply, bytes):
                slots[i].raw = reply
                sizes[i] = len(reply) + messages.ID_SIZE
                if ready != i:
                    self._move_header(i, ready)
                ready += 1

        # sendmmsg stops at the first message it cannot send: go on behind that one.
        done = unsent = 0
        while done < ready:
            sent = self._sendmmsg(self._fd, self._out_header_pointers[done], ready - done, _DONTWAIT)
            if sent > 0:
                done += sent
                continue

            self.last_send_error = ctypes.get_errno()
            if self.last_send_error == errno.ENOSYS:
                raise OSError(errno.ENOSYS, "sendmmsg is not possible here")
            done += 1
            unsent += 1

        # Some headers were moved: the next batch finds each in its own place again.
        if ready != len(replies):
            self._out_words[:] = self._initial_out_words
        return ready, unsent

    def _move_header(self, source: int, target: int) -> None:
        """Send the message of index `source` as the one of index `target`, which has no reply of its own."""
        for word in (_NAME_WORD, _IOV_WORD, _CONTROL_WORD, _CONTROL_SIZE_WORD):
            self._out_words[8 * target + word] = self._out_words[8 * source + word]


def _raise_unless_transient(code: int, call: str) -> None:
    """Raise OSError, unless nothing has arrived, or a client refused an earlier reply (ICMP)."""
    if code not in (errno.EAGAIN, errno.EINTR, errno.ECONNREFUSED):
        raise OSError(code, f"{call}: {os.strerror(code)}")


def _as_words(buffer: ctypes.Array[ctypes.c_char]) -> memoryview:
    # A memoryview can only be cast from or to bytes, so there are two steps.
    return memoryview(buffer).cast("B").cast("Q")


def _split_slots(buffer: ctypes.Array[ctypes.c_char], size: int) -> list[memoryview]:
    whole = memoryview(buffer).cast("B")
    return [whole[start : start + size] for start in range(0, len(whole), size)]


def _header_words(name: int, name_size: int, iov: int, control: int, control_size: int) -> memoryview:
    """The first six words of a struct msghdr, with one iovec."""
    return memoryview(array.array("Q", (name, name_size, iov, 1, control, control_size)))


PKTINFO_SIZE_V4 = 32
"""CMSG_SPACE(sizeof(struct in_pktinfo))."""
PKTINFO_SIZE_V6 = 40
"""CMSG_SPACE(sizeof(struct in6_pktinfo))."""


def enable_pktinfo(sock: socket.socket) -> int:
    """Have the kernel report the address that each datagram came to; the bytes of that control data."""
    if sock.family == socket.AF_INET:
        sock.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        return PKTINFO_SIZE_V4
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    return PKTINFO_SIZE_V6
