"""Reverse names: which addresses have one, and which names exist above them."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.cluster import Options, Touched, names_of
from svcdns.dns import names
from svcdns.dns.records import Part
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

OPTIONS = Options(zones=(names.from_text("cluster.local."),))
ADDRESSES = st.sampled_from([bytes((10, 0, third, last)) for third in range(3) for last in (0, 7, 255)]) | (
    st.sampled_from([bytes((0xFD, *bytes(13), 1, last)) for last in (0, 15, 16, 255)])
)


def service(name: str, *ips: str) -> Change:
    obj = Service(ObjectMeta(name, "default"), ServiceSpec(cluster_ips=ips or ("None",)))
    return Change("Service", ("default", name), obj)


def endpoints(name: str, *texts: str) -> Change:
    metadata = ObjectMeta(f"{name}-1", "default", labels={SERVICE_NAME_LABEL: name})
    obj = EndpointSlice(metadata, "IPv4", (Endpoint(texts),))
    return Change("EndpointSlice", ("default", metadata.name), obj)


def holding(*changes: Change) -> Store:
    store = Store()
    for change in changes:
        store.apply(change)
    return store


def above(store: Store, addresses: Iterable[bytes], options: Options = OPTIONS) -> set[str]:
    found = names_of(Touched(addresses=set(addresses)), store, options)
    return set(map(names.to_text, found.above))


def test_the_name_above_an_address_is_there_while_a_neighbour_has_a_name() -> None:
    store = holding(service("a", "10.0.0.1"), service("b", "10.0.0.255", "fd00::1"))
    touched = (bytes((10, 0, 0, 1)), bytes((10, 0, 1, 1)))
    assert above(store, touched) == {"0.0.10.in-addr.arpa."}
    store.apply(Change("Service", ("default", "a"), None))
    assert above(store, touched) == {"0.0.10.in-addr.arpa."}
    store.apply(Change("Service", ("default", "b"), None))
    assert above(store, touched) == set()


def test_an_address_without_a_served_name_does_not_count() -> None:
    """What is not ours may be asked of an upstream."""
    store = holding(
        service("hidden", "10.0.0.1"), endpoints("nobody", "10.0.1.1"), endpoints("db", "10.0.2.1")
    )
    options = Options(OPTIONS.zones, exposes_service=lambda found: found.metadata.name != "hidden")
    touched = [bytes((10, 0, third, 2)) for third in range(3)]
    assert above(store, touched, options) == set()
    store.apply(service("db"))
    assert above(store, touched, options) == {"2.0.10.in-addr.arpa."}
    assert above(store, touched, Options(OPTIONS.zones, no_endpoints=True)) == {"0.0.10.in-addr.arpa."}


@pytest.mark.parametrize("zone", ["0.0.10.in-addr.arpa.", "1.0.0.10.in-addr.arpa."])
def test_a_zone_of_its_own_stays_without_names(zone: str) -> None:
    """Its key is with its apex, whatever the addresses below it do."""
    options = Options(OPTIONS.zones, reverse_zones=(names.IN_ADDR_ARPA, names.from_text(zone)))
    store = holding(service("a", "10.0.0.1"))
    whole = names_of(Touched(apex=True, addresses={bytes((10, 0, 0, 1))}), store, options)
    assert names.from_text(zone) in whole.above
    touched = set(above(store, [bytes((10, 0, 0, 1))], options))
    assert zone not in touched


@given(st.lists(st.tuples(ADDRESSES, st.booleans()), max_size=20), st.sets(ADDRESSES))
def test_what_changed_addresses_say_is_what_all_say(
    history: list[tuple[bytes, bool]], touched: set[bytes]
) -> None:
    store, there = Store(), set[bytes]()
    for address, comes in history:
        change = service(f"s{address.hex()}", _text(address))
        store.apply(change if comes else Change("Service", change.key, None))
        (there.add if comes else there.discard)(address)
    every: Part = names_of(Touched(addresses=there), store, OPTIONS)
    changed: Part = names_of(Touched(addresses=touched), store, OPTIONS)
    near = {names.parent(names.from_address(address)) for address in touched}
    assert set(every.above) == {names.parent(name) for name in every.names}
    assert set(changed.above) == set(every.above) & near


def _text(address: bytes) -> str:
    return ".".join(map(str, address)) if len(address) == 4 else address.hex(":", 2)
