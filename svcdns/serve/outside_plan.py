"""The settings of names outside the cluster as plain values, for the plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from svcdns.dns.answer.query_rules import QueryRules
from svcdns.dns.answer.rewrite import RewriteRule
from svcdns.dns.wire import names
from svcdns.forward import routing
from svcdns.forward.settings import Asking, Forwarding, Keeping, Route, Upstream

if TYPE_CHECKING:
    from svcdns.config.forward_entries import ForwardEntry
    from svcdns.config.settings import Settings

_ENTRIES_PER_MIB = 1500
"""An entry counts as at least some 700 bytes of the cache."""


def forwarding(settings: Settings) -> Forwarding:
    """Whom to ask and how, and what to keep; upstreams of one suffix are one route."""
    return Forwarding(
        routing.merge_routes(map(_route, settings.forward)),
        Asking(
            policy=settings.forward_policy,
            per_try=settings.forward_timeout / 2,
            in_all=float(settings.forward_timeout),
            in_flight=settings.forward_in_flight,
            mixed_case=settings.forward_mixed_case,
            max_age=float(settings.forward_max_age),
            ca=str(settings.forward_ca.absolute()) if settings.forward_ca else "",
        ),
        Keeping(
            max_bytes=settings.cache_size << 20,
            max_entries=settings.cache_size * _ENTRIES_PER_MIB,
            min_ttl=settings.cache_min_ttl,
            max_ttl=settings.cache_max_ttl,
            max_negative_ttl=settings.cache_max_negative_ttl,
            prefetch=settings.prefetch,
            stale=settings.serve_stale,
        ),
    )


def _route(given: ForwardEntry) -> Route:
    suffix = names.from_text(given.suffix)
    if given.target is None:
        return Route(suffix)
    if isinstance(given.target, Path):
        return Route(suffix, resolv_conf=(str(given.target),))
    to = given.target
    return Route(suffix, (Upstream(to.address.host, to.address.port, to.tls, to.tls_name),))


def rules(settings: Settings) -> QueryRules:
    """What becomes of a question before it is looked up."""
    return QueryRules(
        tuple(RewriteRule(rule.kind, rule.source, rule.target) for rule in settings.rewrite),
        tuple(map(names.from_text, settings.filter_aaaa)),
    )
