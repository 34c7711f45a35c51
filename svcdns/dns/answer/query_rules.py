"""What becomes of a question before it is looked up: rewrite rules, then the AAAA filter.

    question -> rewrite -> filtered: no answer, though the name may exist -> looked up

Some clients ask for IPv4 and IPv6 addresses together and wait for both; where IPv6 leads nowhere
the filter spares them that. It says that a name has no AAAA record, never that there is no such name.
"""

import functools
from collections.abc import Collection, Sequence

from svcdns.dns.answer.block_rules import Rule, Rules
from svcdns.dns.answer.rewrite import Rewriter, Rewritten
from svcdns.dns.wire import names, records
from svcdns.dns.wire.records import RRType

MEMO_SIZE = 4096
"""Names whose rewriting is remembered: patterns are slow, and most questions are for few names."""


class CompiledRules:
    """The rules of one worker; all names are folded."""

    def __init__(self, rules: Sequence[Rule], filter_aaaa: Collection[bytes]) -> None:
        self._rewrite = functools.lru_cache(maxsize=MEMO_SIZE)(Rewriter(rules).rewrite)
        self._filter_aaaa = frozenset(filter_aaaa)

    def rewrite(self, name: bytes) -> Rewritten | None:
        """What to look up instead; None where the name stays as it is."""
        return self._rewrite(name)

    def is_filtered(self, name: bytes, rrtype: RRType) -> bool:
        """Whether this is a question for AAAA that gets no answer."""
        return rrtype == records.AAAA and not self._filter_aaaa.isdisjoint(names.suffixes(name))

    def affects(self, name: bytes, rrtype: RRType) -> bool:
        """Whether a rule changes the answer. Takes any bytes that end with their first zero byte.

        True for bytes that are no name: the slow path then finds the mistake.
        """
        try:
            return self._rewrite(name) is not None or self.is_filtered(name, rrtype)
        except IndexError:
            return True


def policy_of(rules: Rules) -> CompiledRules | None:
    """The rules ready for use; None where there is none."""
    return CompiledRules(rules.rewrite, rules.filter_aaaa) if rules.rewrite or rules.filter_aaaa else None
