"""`cache`: how long answers of servers are kept; without it, not at all.

One cache is for all blocks. Names of the cluster are answered from the table and never cached; but
CoreDNS's cache also shortens their TTLs, where it is not disabled for them, and so is done here.
"""

import contextlib
from dataclasses import dataclass, field

from svcdns.config.corefile import scope
from svcdns.config.corefile.parser import Directive
from svcdns.config.corefile.scope import Scope
from svcdns.config.corefile.translation import Named, Translation, count, only, seconds, whole
from svcdns.forward.options import CacheOptions

_LEAST_TTL = 5
_GREATEST_TTL = 3600
_GREATEST_NEGATIVE_TTL = 1800
_STALE = 3600.0
"""CoreDNS's defaults, in seconds."""

_DEFAULT = CacheOptions()
"""A smaller cache than that of our own default saves little."""

_NONE = {"cache_max_ttl": "0", "cache_max_negative_ttl": "0", "prefetch": "false", "serve_stale": "0"}
"""The settings of a Corefile without `cache`."""


@dataclass(slots=True)
class _Kept:
    """How one kind of answers is kept, positive or negative ones: entries, seconds."""

    most: int
    entries: int = 0
    least: int = _LEAST_TTL
    not_in: tuple[str, ...] = ()
    """Zones of whose answers nothing is kept."""


@dataclass(slots=True)
class _Cache:
    """What one `cache` says."""

    success: _Kept = field(default_factory=lambda: _Kept(_GREATEST_TTL))
    denial: _Kept = field(default_factory=lambda: _Kept(_GREATEST_NEGATIVE_TTL))
    prefetch: bool = False
    stale: float = 0

    def settings(self) -> dict[str, str]:
        """The settings that it comes to."""
        most, negative = (0 if "." in kept.not_in else kept.most for kept in (self.success, self.denial))
        entries = self.success.entries + self.denial.entries
        size = whole("cache_size", max(_DEFAULT.size, entries / _DEFAULT.entries_per_mib))
        return {
            "cache_max_ttl": whole("cache_max_ttl", most),
            "cache_max_negative_ttl": whole("cache_max_negative_ttl", negative),
            "cache_min_ttl": whole("cache_min_ttl", min(self.success.least, most, negative)),
            **({"cache_size": size} if entries else {}),
            "prefetch": "true" if self.prefetch else "false",
            "serve_stale": whole("serve_stale", self.stale),
        }


def cache(block: Scope, found: Translation) -> None:
    """What a block keeps of its servers' answers, and how it shortens the cluster's TTLs."""
    plugins = block.named("cache")
    asks = bool(block.named("forward"))
    if not plugins and asks:
        _put(block, _NONE, found, implied=True)
    for plugin in plugins:
        made, zones = _Cache(), _zones(block, plugin, found)
        _read(plugin, made, found)
        if asks:
            _put(plugin, made.settings(), found)
            if not all(scope.covers(zones, zone) for zone in block.zones):
                found.differs(plugin, "all answers of servers are kept, not only those for its zones")
            if made.success.least != made.denial.least:
                found.differs(plugin, f"one least TTL is for all answers: {made.success.least}")
        if block.named("kubernetes") and any(scope.covers(zones, zone) for zone in found.zones):
            _shorten(plugin, made, found)


def _put(at: Named, settings: dict[str, str], found: Translation, *, implied: bool = False) -> None:
    if "cache_max_ttl" not in found.values:
        for name, value in settings.items():
            found.put(at, name, value, implied=implied)
    elif any(found.values.get(name, value) != value for name, value in settings.items()):
        there = found.lines["cache_max_ttl",]
        found.differs(at, f"one cache is for all blocks: what line {there} makes of it counts")


def _zones(block: Scope, plugin: Directive, found: Translation) -> tuple[str, ...]:
    return block.zones_or_own(plugin, plugin.args[_has_ttl(plugin) :], found)


def _has_ttl(plugin: Directive) -> bool:
    return bool(plugin.args) and plugin.args[0].lstrip("-").isdigit()


def _read(plugin: Directive, made: _Cache, found: Translation) -> None:
    try:
        if _has_ttl(plugin):
            made.success.most = made.denial.most = _ttl(plugin.args[0])
    except ValueError as error:
        found.wrong(plugin, error)
    for option in plugin.body:
        try:
            _option(option, made, found)
        except ValueError as error:
            found.wrong(option, error)


def _option(option: Directive, made: _Cache, found: Translation) -> None:
    args = option.args
    match option.name:
        case "success":
            _keep(made.success, args)
        case "denial":
            _keep(made.denial, args)
        case "prefetch":
            made.prefetch = count(args[0] if args else "") > 0
        case "serve_stale":
            made.stale = seconds(args[0]) if args else _STALE
            if args[1:2] != ("verify",):
                found.differs(option, "not at once: where no server has answered within 1.8 s")
        case "disable":
            _disable(option, made, found)
        case "servfail":
            if seconds(only(args)):
                found.note(option, "not needed: a failure is never kept")
        case "keepttl":
            found.unsupported(option, "TTLs count down")
        case _:
            found.unsupported(option)


def _keep(kept: _Kept, args: tuple[str, ...]) -> None:
    """Read CAPACITY [TTL] [MINTTL]."""
    entries, ttl, least = (*args, "", "", "")[:3]
    kept.entries = count(entries)
    if ttl:
        kept.most = _ttl(ttl)
    if least:
        kept.least = count(least)


def _ttl(text: str) -> int:
    ttl = count(text)
    if not ttl:
        raise ValueError("a TTL is at least 1 second")
    return ttl


def _disable(option: Directive, made: _Cache, found: Translation) -> None:
    kind = option.args[0] if option.args else ""
    if kind not in ("success", "denial"):
        raise ValueError("`success` or `denial` was expected")
    kept = made.success if kind == "success" else made.denial
    kept.not_in = scope.zones(option, option.args[1:], found) or (".",)
    for zone in kept.not_in:
        if zone != "." and not scope.covers(found.zones, zone):
            found.unsupported(option, f"answers below {zone} are kept too")


def _shorten(plugin: Directive, made: _Cache, found: Translation) -> None:
    """The cluster's answers live no longer than the cache keeps them."""
    for name, kept in (("ttl", made.success), ("negative_ttl", made.denial)):
        disabled = any(scope.covers(kept.not_in, zone) for zone in found.zones)
        with contextlib.suppress(ValueError):  # a TTL that is none is said by the settings
            if not disabled and count(found.values.get(name, found.values["ttl"])) > kept.most:
                found.values[name] = str(kept.most)
                found.lines[name,] = plugin.line
                found.implied.discard(name)
