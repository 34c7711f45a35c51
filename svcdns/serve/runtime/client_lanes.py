"""Which of a server's UDP sockets gets a datagram: each worker has several, and a client's address chooses.

    client's port --> worker ─┐
    client's address --> lane ┴─> socket: worker * LANES + lane

A flood fills the buffer of its own lane, and its worker reads the lanes by turns: clients of the other lanes
wait for a few batches of it, and lose nothing. By the port alone, as the system chooses, a client that
takes a new port for each query would be in all of them. The choice is a program of classic BPF, which
needs no privilege (socket(7), SO_ATTACH_REUSEPORT_CBPF).
"""

import ctypes
import logging
import secrets
import socket
import struct
from collections.abc import Iterable

log = logging.getLogger("svcdns.sockets")

LANES = 4
"""Sockets of a worker at each address. More of them part clients better, and make batches smaller."""

_SO_ATTACH_REUSEPORT_CBPF = 51
_NETWORK_HEADER = 0x1_0000_0000 - 0x100000
"""SKF_NET_OFF: offsets from here on are those of the IP header."""

# struct sock_filter: code, two distances of jumps, operand (linux/filter.h).
_INSTRUCTION = struct.Struct("=HBBI")
_LOAD_WORD, _LOAD_HALF, _LOAD_BYTE, _LOAD_HALF_AT_X = 0x20, 0x28, 0x30, 0x48
_STORE_MEMORY, _LOAD_MEMORY_INTO_X, _TO_X = 0x02, 0x61, 0x07
_ADD_X, _XOR_X = 0x0C, 0xAC
_MULTIPLY, _AND, _SHIFT_LEFT, _SHIFT_RIGHT, _MODULO = 0x24, 0x54, 0x64, 0x74, 0x94
_RETURN = 0x16

_Code = Iterable[tuple[int, int]]


def attach(sock: socket.socket, workers: int, multiplier: int) -> bool:
    """Choose by client among all sockets of this one's address from now on; whether the system can.

    They are `workers * LANES`, bound in the order above. `multiplier` is odd, and below 2 to the 32nd.
    """
    code = program(sock.family, workers, multiplier)
    instructions = ctypes.create_string_buffer(code, len(code))
    # struct sock_fprog: the number of instructions, and where they are.
    argument = struct.pack("@HP", len(code) // _INSTRUCTION.size, ctypes.addressof(instructions))
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_REUSEPORT_CBPF, argument)
    except OSError as error:
        log.debug("clients share a receive buffer: %s", error.strerror)
        return False
    return True


def random_multiplier() -> int:
    """Another one at each start, so that whoever shares a flood's lane does so at one replica alone."""
    return secrets.randbits(32) | 1


def program(family: int, workers: int, multiplier: int) -> bytes:
    """The instructions: from a datagram to the index of its socket."""
    is_ipv4 = family == socket.AF_INET
    code = [
        *(_ipv4_address() if is_ipv4 else _ipv6_address()),
        # Twice: after one multiplication, neighbours in a network would often share a lane.
        *_mix(multiplier),
        *_mix(multiplier),
        (_STORE_MEMORY, 0),
        (_MODULO, LANES),
        (_STORE_MEMORY, 1),
        *(_ipv4_port() if is_ipv4 else _ipv6_port()),
        # With the address: there are clients that all ask from port 53.
        (_LOAD_MEMORY_INTO_X, 0),
        (_ADD_X, 0),
        *_mix(multiplier),
        (_MODULO, workers),
        (_MULTIPLY, LANES),
        (_LOAD_MEMORY_INTO_X, 1),
        (_ADD_X, 0),
        (_RETURN, 0),
    ]
    return b"".join(_INSTRUCTION.pack(operation, 0, 0, operand) for operation, operand in code)


def _mix(multiplier: int) -> _Code:
    """The upper half of a product depends on all bits: it is what goes on, with the lower one."""
    yield _MULTIPLY, multiplier
    yield _TO_X, 0
    yield _SHIFT_RIGHT, 16
    yield _XOR_X, 0


def _ipv4_address() -> _Code:
    yield _LOAD_WORD, _NETWORK_HEADER + 12


def _ipv6_address() -> _Code:
    yield _LOAD_WORD, _NETWORK_HEADER + 8
    for offset in (12, 16, 20):
        yield _TO_X, 0
        yield _LOAD_WORD, _NETWORK_HEADER + offset
        yield _XOR_X, 0


def _ipv4_port() -> _Code:
    """Behind the header, whose length in words is in the lower half of its first byte (RFC 791 3.1)."""
    yield _LOAD_BYTE, _NETWORK_HEADER
    yield _AND, 0xF
    yield _SHIFT_LEFT, 2
    yield _TO_X, 0
    yield _LOAD_HALF_AT_X, _NETWORK_HEADER


def _ipv6_port() -> _Code:
    """Behind the fixed header (RFC 8200 3); other headers before it only change the worker."""
    yield _LOAD_HALF, _NETWORK_HEADER + 40
