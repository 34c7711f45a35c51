"""A world: the objects of a small cluster, and what happens to them; the same for the same seed."""

from random import Random
from typing import NamedTuple

from tests.clusters.events import Event, after
from tests.clusters.objects import Key, key_of
from tests.fake_apiserver import Object
from tests.fuzz import edge_values as edge
from tests.fuzz import linked_objects as objects
from tests.fuzz import wild_values
from tests.oracle import Options

LONG_ZONE = f"{'z' * 63}.{'y' * 50}.local."
"""In it many a name is longer than 255 octets, and so does not exist."""

OPTIONS = (
    *(Options(),) * 6,
    Options(endpoint_pod_names=True),
    Options(ignore_empty_service=True),
    Options(no_endpoints=True),
    Options(pods="insecure", namespaces=("default", "svc")),
    Options(namespace_labels="app=web", pods="disabled"),
    Options(labels="app", zones=("cluster.local.", "example.net.")),
    Options(zones=(LONG_ZONE,), ttl=0),
    Options(reverse=("10.96.0.0/12", "fd00:96::/112")),
    Options(dns_service=("default", "web")),
)
"""Most worlds have the default ones."""
WILD_SHARE = 0.1
"""The share of worlds with values that no API server stores."""


class World(NamedTuple):
    """What a fuzz target lets happen."""

    options: Options
    start: list[Object]
    """What the first list of every kind has."""
    turns: list[list[Event]]
    """What comes together, in its order."""
    end: dict[Key, Object]
    """What is there in the end."""
    is_wild: bool = False
    """Whether it has values that no API server stores."""


def from_seed(seed: int) -> World:
    """The world of this seed."""
    chance = Random(seed)
    options = chance.choice(OPTIONS)
    namespaces = chance.sample(edge.NAMESPACES, chance.choice((1, 2, 2, 3)))

    start: dict[Key, Object] = {}
    for kind, count in (
        ("Service", chance.randint(1, 3)),
        ("EndpointSlice", chance.randint(0, 3)),
        ("Namespace", chance.randint(0, 2)),
        ("Pod", chance.randint(0, 2)),
        ("ServiceCIDR", chance.choice((0, 0, 1))),
    ):
        for _ in range(count):
            made = _new(chance, kind, namespaces)
            start[key_of(made)] = made

    end = dict(start)
    turns = []
    for _ in range(chance.randint(1, 4)):
        turn = [_event(chance, namespaces, end) for _ in range(chance.choice((1, 1, 1, 2, 3)))]
        turns.append(turn)

    world = World(options, list(start.values()), turns, end)
    return _make_wild(chance, world) if chance.random() < WILD_SHARE else world


def _make_wild(chance: Random, world: World) -> World:
    """The world with `wild_values` in some of its objects."""

    def changed(obj: Object) -> Object:
        return wild_values.make_wild(chance, obj) if chance.random() < 0.4 else obj

    start = [changed(obj) for obj in world.start]
    turns = [
        [Event(event.key, event.object and changed(event.object)) for event in turn] for turn in world.turns
    ]
    end = after([event for turn in turns for event in turn], start)
    return World(world.options, start, turns, {key_of(obj): obj for obj in end}, is_wild=True)


def _new(chance: Random, kind: str, namespaces: list[str]) -> Object:
    return objects.MAKERS[kind](chance, chance.choice(namespaces), chance.choice(objects.NAMES[kind]))


def _event(chance: Random, namespaces: list[str], present: dict[Key, Object]) -> Event:
    """Something happens, to an object that is there or to a new one; `present` is kept up to date."""
    if not present or chance.random() < 0.25:
        kinds = ("Service", "EndpointSlice", "EndpointSlice", "Pod", "Namespace", "ServiceCIDR")
        made = _new(chance, chance.choice(kinds), namespaces)
    else:
        key = chance.choice(list(present))
        if chance.random() < 0.3:
            del present[key]
            return Event(key, None)
        made = _changed(chance, present[key])

    present[key_of(made)] = made
    return Event(key_of(made), made)


def _changed(chance: Random, old: Object) -> Object:
    """The object with one part of another one of its name: the rest stays, as at most changes."""
    metadata = old["metadata"]
    kind = old["kind"]
    made = objects.MAKERS[kind](chance, metadata.get("namespace", ""), metadata["name"])
    if chance.random() < 0.2:
        return made

    version = made["metadata"].get("resourceVersion")
    if kind == "Service":
        return _changed_service(chance, old | {"metadata": metadata | {"resourceVersion": version}}, made)
    if kind == "EndpointSlice":
        return _changed_slice(chance, old | {"metadata": metadata | {"resourceVersion": version}}, made)
    return made


def _changed_service(chance: Random, old: Object, made: Object) -> Object:
    part = chance.choice(("ports", "labels", "kind"))
    if part == "labels":
        return old | {"metadata": made["metadata"]}
    if part == "ports" and old["spec"]["ports"] is not None:
        return old | {"spec": old["spec"] | {"ports": made["spec"]["ports"] or old["spec"]["ports"]}}
    # All but the ports and the labels.
    ports = old["spec"]["ports"] or made["spec"]["ports"]
    return made | {"spec": made["spec"] | {"ports": ports}, "metadata": old["metadata"]}


def _changed_slice(chance: Random, old: Object, made: Object) -> Object:
    part = chance.choice(("ports", "labels", "add", "remove", "ready", "hostname"))
    endpoints = list(old["endpoints"] or ())
    if part == "labels":
        return old | {"metadata": made["metadata"]}
    if part == "ports":
        return old | {"ports": made["ports"]}

    another = objects.endpoint(chance, old["addressType"])
    if part == "add" or not endpoints:
        endpoints.insert(chance.randint(0, len(endpoints)), another)
    elif part == "remove":
        endpoints.pop(chance.randrange(len(endpoints)))
    else:
        field = "conditions" if part == "ready" else "hostname"
        index = chance.randrange(len(endpoints))
        endpoints[index] = endpoints[index] | {field: another.get(field)}
    return old | {"endpoints": endpoints}
