"""The rules of a block, and the files whose names go before its zones: settings.

Apart from the code that applies them (`policy`, `rewrite`, `hosts`): a process that only reads the settings
does not import that.
"""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from svcdns.setting_types import DOMAINS, HOSTS, REWRITE_RULES

Kind: TypeAlias = Literal["exact", "suffix", "regex"]


class Rule(Struct, frozen=True):
    """One rule of rewriting: names as text, or a pattern and a name with `{1}` for its first group."""

    kind: Kind
    source: str
    target: str


class Rules(Struct, frozen=True, kw_only=True):
    """What becomes of a question before it is looked up; `policy` applies them."""

    rewrite: Annotated[tuple[Rule, ...], REWRITE_RULES] = ()
    """Look up another name than was asked for: 'exact FROM TO', 'suffix FROM TO', or 'regex PATTERN TO'
    with {1} for the pattern's first group. The first rule that matches counts; the answer has the name
    that was asked for. A pattern is for the whole name. In the variable, rules stand between semicolons."""

    filter_aaaa: Annotated[tuple[bytes, ...], DOMAINS] = ()
    """Suffix below which no name has an AAAA record, for clients that wait for IPv6 in vain. A dot is
    every name."""


class HostsOptions(Struct, frozen=True, kw_only=True):
    """Hosts files, and lines of such files."""

    entries: Annotated[tuple[str, ...], HOSTS] = ()
    """File such as /etc/hosts, or a line of one as '192.0.2.1 web.corp.internal web'. Its names go before
    all zones; with ZONE= in front, only names within that zone. A file is read again when it changes."""

    ttl: Annotated[int, Meta(ge=0, le=86_400)] = 30
    """Seconds that a client may keep an answer from hosts."""

    @property
    def files(self) -> tuple[str, ...]:
        """Those of the entries that are files: absolute paths, some with `ZONE=` in front."""
        return tuple(entry for entry in self.entries if _is_file(entry))

    @property
    def lines(self) -> tuple[str, ...]:
        """Those that are lines, whose first word is an address, or should be one."""
        return tuple(entry for entry in self.entries if not _is_file(entry))


def _is_file(entry: str) -> bool:
    return "/" in entry.partition(" ")[0]
