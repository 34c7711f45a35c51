"""`cache`: how long answers of DNS servers are kept. Without the plugin they are not kept at all.

All blocks share one cache. Names of the cluster are answered from the table and never cached. But CoreDNS's
cache also shortens their TTLs, unless it is disabled for them, and so does this translation.
"""

import contextlib
from dataclasses import dataclass, field

from svcdns.config.corefile import server_block
from svcdns.config.corefile.corefile_parser import Directive
from svcdns.config.corefile.server_block import ServerBlock
from svcdns.config.corefile.translation_state import (
    NamedLine,
    Translation,
    clamp_to_text,
    parse_count,
    parse_duration,
    single_argument,
)
from svcdns.forward.options import CacheOptions

_MIN_TTL = 5
_MAX_TTL = 3600
_MAX_NEGATIVE_TTL = 1800
_STALE_SECONDS = 3600.0
"""CoreDNS's defaults, in seconds."""

_DEFAULT = CacheOptions()

_CACHE_OFF = {"cache_max_ttl": "0", "cache_max_negative_ttl": "0", "prefetch": "false", "serve_stale": "0"}
"""The settings of a Corefile without `cache`."""


@dataclass(slots=True)
class _AnswerLimits:
    """How long and how many answers of one kind, positive or negative, are kept: seconds, entries."""

    max_ttl: int
    capacity: int = 0
    min_ttl: int = _MIN_TTL
    excluded_zones: tuple[str, ...] = ()
    """Answers for names in these zones are not kept."""


@dataclass(slots=True)
class _CacheOptions:
    """The options of one `cache` plugin."""

    success: _AnswerLimits = field(default_factory=lambda: _AnswerLimits(_MAX_TTL))
    denial: _AnswerLimits = field(default_factory=lambda: _AnswerLimits(_MAX_NEGATIVE_TTL))
    prefetch: bool = False
    stale_seconds: float = 0

    def to_settings(self) -> dict[str, str]:
        """The settings that these options become."""
        max_ttl, max_negative_ttl = (
            0 if "." in limits.excluded_zones else limits.max_ttl for limits in (self.success, self.denial)
        )
        # A cache smaller than the default saves little memory.
        entries = self.success.capacity + self.denial.capacity
        size = clamp_to_text("cache_size", max(_DEFAULT.size, entries / _DEFAULT.entries_per_mib))

        return {
            "cache_max_ttl": clamp_to_text("cache_max_ttl", max_ttl),
            "cache_max_negative_ttl": clamp_to_text("cache_max_negative_ttl", max_negative_ttl),
            "cache_min_ttl": clamp_to_text(
                "cache_min_ttl", min(self.success.min_ttl, max_ttl, max_negative_ttl)
            ),
            **({"cache_size": size} if entries else {}),
            "prefetch": "true" if self.prefetch else "false",
            "serve_stale": clamp_to_text("serve_stale", self.stale_seconds),
        }


def translate_cache(block: ServerBlock, translation: Translation) -> None:
    """Translate how a block caches answers of its servers, and shorten the cluster's TTLs as it would."""
    plugins = block.plugins_named("cache")
    asks = bool(block.plugins_named("forward"))
    if not plugins and asks:
        _set_values(block, _CACHE_OFF, translation, is_coredns_default=True)

    for plugin in plugins:
        cache_options = _CacheOptions()
        zones = _plugin_zones(block, plugin, translation)
        _read_plugin(plugin, cache_options, translation)
        if asks:
            _set_values(plugin, cache_options.to_settings(), translation)
            if not all(server_block.contains_name(zones, zone) for zone in block.zones):
                translation.report_difference(
                    plugin, "all answers of servers are kept, not only those for its zones"
                )

            if cache_options.success.min_ttl != cache_options.denial.min_ttl:
                translation.report_difference(
                    plugin, f"one least TTL is for all answers: {cache_options.success.min_ttl}"
                )

        if block.plugins_named("kubernetes") and any(
            server_block.contains_name(zones, zone) for zone in translation.zones
        ):
            _shorten_cluster_ttls(plugin, cache_options, translation)


def _set_values(
    cause: NamedLine, settings: dict[str, str], translation: Translation, *, is_coredns_default: bool = False
) -> None:
    if "cache_max_ttl" not in translation.values:
        for name, value in settings.items():
            translation.set_value(cause, name, value, is_coredns_default=is_coredns_default)
    elif any(translation.values.get(name, value) != value for name, value in settings.items()):
        there = translation.lines["cache_max_ttl",]
        translation.report_difference(
            cause, f"one cache is for all blocks: what line {there} makes of it counts"
        )


def _plugin_zones(block: ServerBlock, plugin: Directive, translation: Translation) -> tuple[str, ...]:
    return block.zones_or_default(plugin, plugin.args[_has_ttl(plugin) :], translation)


def _has_ttl(plugin: Directive) -> bool:
    return bool(plugin.args) and plugin.args[0].lstrip("-").isdigit()


def _read_plugin(plugin: Directive, cache_options: _CacheOptions, translation: Translation) -> None:
    try:
        if _has_ttl(plugin):
            cache_options.success.max_ttl = cache_options.denial.max_ttl = _parse_ttl(plugin.args[0])
    except ValueError as error:
        translation.report_error(plugin, error)

    for option in plugin.options:
        try:
            _read_option(option, cache_options, translation)
        except ValueError as error:
            translation.report_error(option, error)


def _read_option(option: Directive, cache_options: _CacheOptions, translation: Translation) -> None:
    args = option.args
    match option.name:
        case "success":
            _read_limits(cache_options.success, args)
        case "denial":
            _read_limits(cache_options.denial, args)
        case "prefetch":
            cache_options.prefetch = parse_count(args[0] if args else "") > 0
        case "serve_stale":
            cache_options.stale_seconds = parse_duration(args[0]) if args else _STALE_SECONDS
            if args[1:2] != ("verify",):
                translation.report_difference(
                    option, "not at once: where no server has answered within 1.8 s"
                )
        case "disable":
            _read_disable(option, cache_options, translation)
        case "servfail":
            if parse_duration(single_argument(args)):
                translation.report_note(option, "not needed: a failure is never kept")
        case "keepttl":
            translation.report_unsupported(option, "TTLs count down")
        case _:
            translation.report_unsupported(option)


def _read_limits(limits: _AnswerLimits, args: tuple[str, ...]) -> None:
    """Read `CAPACITY [TTL] [MINTTL]` into the limits; raises ValueError."""
    entries, ttl, least = (*args, "", "", "")[:3]
    limits.capacity = parse_count(entries)
    if ttl:
        limits.max_ttl = _parse_ttl(ttl)
    if least:
        limits.min_ttl = parse_count(least)


def _parse_ttl(text: str) -> int:
    ttl = parse_count(text)
    if not ttl:
        raise ValueError("a TTL is at least 1 second")
    return ttl


def _read_disable(option: Directive, cache_options: _CacheOptions, translation: Translation) -> None:
    kind = option.args[0] if option.args else ""
    if kind not in ("success", "denial"):
        raise ValueError("`success` or `denial` was expected")

    limits = cache_options.success if kind == "success" else cache_options.denial
    limits.excluded_zones = server_block.read_zones(option, option.args[1:], translation) or (".",)
    for zone in limits.excluded_zones:
        if zone != "." and not server_block.contains_name(translation.zones, zone):
            translation.report_unsupported(option, f"answers below {zone} are kept too")


def _shorten_cluster_ttls(plugin: Directive, cache_options: _CacheOptions, translation: Translation) -> None:
    """Lower the TTLs of the cluster's answers to what the cache allows."""
    for name, limits in (("ttl", cache_options.success), ("negative_ttl", cache_options.denial)):
        disabled = any(server_block.contains_name(limits.excluded_zones, zone) for zone in translation.zones)
        # The settings report a TTL that is no number.
        with contextlib.suppress(ValueError):
            if (
                not disabled
                and parse_count(translation.values.get(name, translation.values["ttl"])) > limits.max_ttl
            ):
                translation.values[name] = str(limits.max_ttl)
                translation.lines[name,] = plugin.line
                translation.coredns_defaults.discard(name)
