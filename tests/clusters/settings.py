"""Strategies for what an operator may set."""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.oracle import Options

SELECTORS = ("app=web", "app!=web", "app in (web, db),tier", "app notin (web)", "!tier", "tier=,app == db")


def options() -> SearchStrategy[Options]:
    """Options, most of them as they are by default."""
    without = st.sampled_from(({}, {}, {"ignore_empty_service": True}, {"no_endpoints": True}))
    chosen = st.fixed_dictionaries(
        {},
        optional={
            "zones": st.sampled_from((("cluster.local.", "example.net."), ("k8s.", "cluster.local."))),
            "reverse": st.sampled_from((("10.96.0.0/12", "fd00:10:96::/108"), ("10.244.0.0/24",), ())),
            "ttl": st.sampled_from((0, 5, 3600)),
            "negative_ttl": st.sampled_from((0, 7)),
            "pods": st.sampled_from(("disabled", "insecure")),
            "endpoint_pod_names": st.just(True),
            "namespaces": st.sampled_from((("default", "svc"), ("gone",))),
            "namespace_labels": st.sampled_from(SELECTORS),
            "labels": st.sampled_from(SELECTORS),
            "dns_service": st.sampled_from((("default", "web"), ("svc", "gone"))),
            "fall_through": st.just(False),
        },
    )
    return st.builds(lambda first, second: Options(**first, **second), without, chosen)
