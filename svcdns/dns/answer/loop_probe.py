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

from svcdns.dns.wire import names, records

NONCE_SIZE = 8
"""Bytes of a probe's number."""

ANSWER_RDATA = records.txt_rdata(b"svcdns")
"""RDATA of the TXT record that answers a probe; its TTL is 0."""

_HASH_SIZE = 16
"""Bytes of the hash, cut from 32: in hex it must fit into a label of 63 with the number."""
_PROOF_END = 1 + 2 * (NONCE_SIZE + _HASH_SIZE)
"""Where the first label ends: its length byte, number and hash in hex."""
_MARKER_LABEL = names.from_text_labels(("svcdns-loop-probe",))[:-1]


def probe_name(key: bytes, nonce: bytes, suffix: bytes = names.ROOT) -> bytes:
    """A folded wire name below `suffix`; raises DomainNameError where that leaves no room."""
    proof = nonce + hmac.digest(key, nonce, "sha256")[:_HASH_SIZE]
    return names.from_labels((proof.hex().encode(), _MARKER_LABEL[1:]), suffix)


def is_own_probe(key: bytes, name: bytes) -> bool:
    """Whether the question's folded name is a probe that was made with this key."""
    if name[_PROOF_END : _PROOF_END + len(_MARKER_LABEL)] != _MARKER_LABEL:
        return False

    try:
        nonce = bytes.fromhex(name[1 : 1 + 2 * NONCE_SIZE].decode("ascii"))
    except ValueError:
        return False

    # In constant time, so that nobody learns the hash byte by byte.
    return hmac.compare_digest(probe_name(key, nonce)[:_PROOF_END], name[:_PROOF_END])
