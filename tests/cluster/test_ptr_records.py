"""Reverse names: which addresses have one, and which names exist above them."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.cluster.specification import AffectedParts, ClusterOptions, build_part
from svcdns.dns.table.subtree import Subtree
from svcdns.dns.wire import names
from svcdns.kube import ready_endpoints
from svcdns.kube.objects import (
    SERVICE_NAME_LABEL,
    Change,
    Endpoint,
    EndpointSlice,
    ObjectMeta,
    Service,
    ServiceSpec,
)
from svcdns.kube.store import Store

OPTIONS = ClusterOptions(zones=(names.from_text("cluster.local."),))
ADDRESSES = st.sampled_from([bytes((10, 0, third, last)) for third in range(3) for last in (0, 7, 255)]) | (
    st.sampled_from([bytes((0xFD, *bytes(13), 1, last)) for last in (0, 15, 16, 255)])
)


def service(name: str, *ips: str) -> Change:
    obj = Service(ObjectMeta(name, "default"), ServiceSpec(cluster_ips=ips or ("None",)))
    return Change("Service", ("default", name), obj)


def endpoints(name: str, *texts: str) -> Change:
    metadata = ObjectMeta(f"{name}-1", "default", labels={SERVICE_NAME_LABEL: name})
    obj = EndpointSlice(metadata, "IPv4", (Endpoint(texts),))
    return Change("EndpointSlice", ("default", metadata.name), ready_endpoints.to_stored(obj))


def holding(*changes: Change) -> Store:
    store = Store()
    for change in changes:
        store.apply(change)
    return store


def above(
    store: Store, addresses: Iterable[bytes], before: set[str], options: ClusterOptions = OPTIONS
) -> set[str]:
    parts = AffectedParts(addresses=set(addresses), reverse_parents=set(map(names.from_text, before)))
    return set(map(names.to_text, build_part(parts, store, options).empty_non_terminals))


def test_the_name_above_an_address_is_there_while_a_neighbour_has_a_name() -> None:
    store = holding(service("a", "10.0.0.1"), service("b", "10.0.0.255", "fd00::1"))
    addresses = (bytes((10, 0, 0, 1)), bytes((10, 0, 1, 1)))
    existing = above(store, addresses, set())
    assert existing == {"0.0.10.in-addr.arpa."}
    store.apply(Change("Service", ("default", "a"), None))
    assert above(store, addresses, existing) == existing
    store.apply(Change("Service", ("default", "b"), None))
    assert above(store, addresses, existing) == set()


def test_an_address_without_a_served_name_does_not_count() -> None:
    """What is not ours may be asked of an upstream."""
    store = holding(
        service("hidden", "10.0.0.1"), endpoints("nobody", "10.0.1.1"), endpoints("db", "10.0.2.1")
    )
    options = ClusterOptions(
        zones=OPTIONS.zones, is_service_exposed=lambda found: found.metadata.name != "hidden"
    )
    addresses = [bytes((10, 0, third, 2)) for third in range(3)]
    existing = {f"{third}.0.10.in-addr.arpa." for third in range(3)}
    assert above(store, addresses, existing, options) == set()
    store.apply(service("db"))
    assert above(store, addresses, existing, options) == {"2.0.10.in-addr.arpa."}
    without = ClusterOptions(zones=OPTIONS.zones, no_endpoints=True)
    assert above(store, addresses, existing, without) == {"0.0.10.in-addr.arpa."}


@pytest.mark.parametrize("zone", ["0.0.10.in-addr.arpa.", "1.0.0.10.in-addr.arpa."])
def test_a_zone_of_its_own_stays_without_names(zone: str) -> None:
    """Its key is with its apex, whatever the addresses below it do."""
    options = ClusterOptions(zones=OPTIONS.zones, reverse=(names.IN_ADDR_ARPA, names.from_text(zone)))
    store = holding(service("a", "10.0.0.1"))
    whole = build_part(AffectedParts(has_apex=True, addresses={bytes((10, 0, 0, 1))}), store, options)
    assert names.from_text(zone) in whole.empty_non_terminals
    assert zone not in above(store, [bytes((10, 0, 0, 1))], set(), options)


@given(st.sets(ADDRESSES), st.lists(st.tuples(ADDRESSES, st.booleans()), min_size=1, max_size=10))
def test_what_a_change_leaves_is_what_there_is(first: set[bytes], history: list[tuple[bytes, bool]]) -> None:
    store, existing = holding(*(comes(address) for address in first)), set(first)
    before = all_names(store, existing).empty_non_terminals
    parts = AffectedParts(addresses={address for address, _ in history})
    parts.reverse_parents = build_part(parts, store, OPTIONS).empty_non_terminals
    for address, is_there in history:
        store.apply(comes(address) if is_there else Change("Service", comes(address).key, None))
        (existing.add if is_there else existing.discard)(address)
    after = build_part(parts, store, OPTIONS).empty_non_terminals
    assert (before - (parts.reverse_parents - after)) | after == all_names(
        store, existing
    ).empty_non_terminals


def all_names(store: Store, existing: set[bytes]) -> Subtree:
    """The reverse names of these addresses; right above each name there is an empty non-terminal."""
    part: Subtree = build_part(AffectedParts(addresses=existing), store, OPTIONS)
    assert set(part.empty_non_terminals) == {names.parent(name) for name in part.nodes}
    return part


def comes(address: bytes) -> Change:
    """A Service with this address."""
    return service(f"s{address.hex()}", _text(address))


def _text(address: bytes) -> str:
    return ".".join(map(str, address)) if len(address) == 4 else address.hex(":", 2)
