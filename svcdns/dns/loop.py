"""The question by which a server finds out that an upstream leads back to it.

    server -> upstream -> ... -> one of this server's workers: "that is mine" -> ... -> server

The name of a probe carries a number and its keyed hash: `NUMBER HASH.svcdns-loop-probe.SUFFIX`. The
workers of one server share the key and answer such a question at once; who gets that answer from an
upstream has proven that the upstream's questions end here. Another svcdns does not know the key, and
passes the question on as it does with any other.

The probe lies below the suffix that the upstream is asked for, since that is what must not come back:
a server for `corp.` may well send all other names here. Each number is used once, so no cache on the
way has the answer.
"""

import hmac

from svcdns.dns import names, records

NONCE = 8
"""Bytes of the number."""

ANSWER = records.txt(b"svcdns")
"""RDATA of the TXT record that answers a probe; its TTL is 0."""

_HASH = 16
_END = 1 + 2 * (NONCE + _HASH)
_MARK = names.from_texts(("svcdns-loop-probe",))[:-1]


def probe_name(key: bytes, nonce: bytes, suffix: bytes = names.ROOT) -> bytes:
    """A folded wire name below `suffix`; raises DomainNameError where that leaves no room."""
    proof = nonce + hmac.digest(key, nonce, "sha256")[:_HASH]
    return names.from_labels((proof.hex().encode(), _MARK[1:]), suffix)


def is_ours(key: bytes, name: bytes) -> bool:
    """Whether the question's folded name is a probe that was made with this key."""
    if name[_END : _END + len(_MARK)] != _MARK:
        return False
    try:
        nonce = bytes.fromhex(name[1 : 1 + 2 * NONCE].decode("ascii"))
    except ValueError:
        return False
    return hmac.compare_digest(probe_name(key, nonce)[:_END], name[:_END])
