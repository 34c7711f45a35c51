"""The names of an object are known, or those above them, also where the object itself cannot say them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.cluster import owned_roots
from svcdns.cluster.options import ClusterOptions
from svcdns.dns.wire import names
from svcdns.kube import store
from svcdns.kube.objects import Change
from tests.cluster.test_affected import SLICE, WEB, holding, namespace, pod, service, slice_of

OPTIONS = ClusterOptions(zones=(names.from_text("cluster.local."),))
BASE = "web.default.svc.cluster.local."


def roots_in(*texts: str) -> dict[bytes, int]:
    """Roots in the zone, or in the reverse zone."""
    return {names.from_text(text): 1 if text.endswith("arpa.") else 0 for text in texts}


@pytest.mark.parametrize(
    ("stored", "change", "expected"),
    [
        (service("10.96.0.1"), service("10.96.0.2"), (BASE, "1.0.96.10", "2.0.96.10")),
        (service("10.96.0.1"), Change("Service", WEB, None), (BASE, "1.0.96.10")),
        (slice_of("10.0.0.1"), slice_of("10.0.0.2"), (BASE, "1.0.0.10", "2.0.0.10")),
        (slice_of("10.0.0.1"), Change("EndpointSlice", SLICE, None), (BASE, "1.0.0.10")),
        (
            pod("10.0.0.1"),
            pod("10.0.0.2"),
            ("10-0-0-1.default.pod.cluster.local.", "10-0-0-2.default.pod.cluster.local."),
        ),
        (namespace(), namespace(), ("default.svc.cluster.local.", "default.pod.cluster.local.")),
    ],
)
def test_what_an_object_owns_before_and_after(
    stored: Change, change: Change, expected: tuple[str, ...]
) -> None:
    texts = [text if text.endswith(".") else f"{text}.in-addr.arpa." for text in expected]
    assert owned_roots.change_roots(change, holding(stored), OPTIONS) == roots_in(*texts)


def test_the_name_servers_service_owns_its_name_too() -> None:
    options = ClusterOptions(zones=OPTIONS.zones, dns_service=WEB)
    roots = owned_roots.change_roots(service("None"), holding(), options)
    assert roots == roots_in(BASE, "ns.dns.cluster.local.")


def test_the_addresses_of_one_that_cannot_say_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """The store knows those of the one that it has."""
    state = holding(service("10.96.0.1"), service("10.96.0.3", name="other"))
    monkeypatch.delattr(store, "service_addresses")
    roots = owned_roots.change_roots(service("10.96.0.2"), state, OPTIONS)
    assert roots == roots_in(BASE, "1.0.96.10.in-addr.arpa.")


def test_a_service_without_a_name_is_its_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    make = names.from_text_labels

    def from_text_labels(labels: tuple[str, ...], suffix: bytes) -> bytes:
        if labels[0] == "web":
            raise TypeError("a bug")
        return make(labels, suffix)

    monkeypatch.setattr(names, "from_text_labels", from_text_labels)
    assert owned_roots.service_roots(WEB, OPTIONS) == roots_in("default.svc.cluster.local.")


def test_an_address_without_a_name_has_no_root() -> None:
    ipv4_alone = ClusterOptions(zones=OPTIONS.zones, reverse=(names.IN_ADDR_ARPA,))
    roots = owned_roots.reverse_roots((bytes(16), b"strange", bytes((10, 0, 0, 1))), ipv4_alone)
    assert roots == roots_in("1.0.0.10.in-addr.arpa.")


TWO_ZONES = ClusterOptions(zones=(*OPTIONS.zones, names.from_text("example.net.")))


def names_of(*texts: str) -> dict[bytes, int]:
    """Roots in the first zone, or the reverse zone."""
    return {names.from_text(text): 2 if text.endswith("arpa.") else 0 for text in texts}


def test_the_largest_families_are_folded_first() -> None:
    shops = [f"s{number}.shop.svc.cluster.local." for number in range(5)]
    roots = names_of(*shops, "a.x.svc.cluster.local.", "b.x.svc.cluster.local.", "1.0.96.10.in-addr.arpa.")
    assert owned_roots.fold_roots(roots, 8, TWO_ZONES) == roots
    assert owned_roots.fold_roots(roots, 4, TWO_ZONES) == names_of(
        "shop.svc.cluster.local.",
        "a.x.svc.cluster.local.",
        "b.x.svc.cluster.local.",
        "1.0.96.10.in-addr.arpa.",
    )
    assert owned_roots.fold_roots(roots, 3, TWO_ZONES) == names_of(
        "shop.svc.cluster.local.", "x.svc.cluster.local.", "1.0.96.10.in-addr.arpa."
    )
    assert owned_roots.fold_roots(roots, 0, TWO_ZONES) == names_of("cluster.local.", "in-addr.arpa."), (
        "a zone is not folded into what lies above it"
    )


LABELS = st.sampled_from(("a", "b", "c"))


@given(st.lists(st.lists(LABELS, min_size=1, max_size=4), max_size=40), st.integers(2, 10))
def test_folded_roots_are_few_and_cover_all(label_lists: list[list[str]], limit: int) -> None:
    roots = names_of(*(".".join((*labels, "cluster.local.")) for labels in label_lists))
    folded = owned_roots.fold_roots(roots, limit, TWO_ZONES)
    assert len(folded) <= limit
    for root in roots:
        assert any(names.is_subdomain(root, above) for above in folded)
