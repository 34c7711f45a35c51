"""Values that no API server stores, but that decode: each costs at most what it stands in."""

from random import Random

from tests.fake_apiserver import Object

ADDRESSES = ("", "10.0.0.256", "0.0.0.0", "::", "fe80::1%eth0", "fd00::1", "10.0.0.1", "example.net")
NAMES = ("", "_tcp", "Web", "two.labels", "x" * 64, "\u017fvc", "a b", "-", "\x00")
EXTERNAL_NAMES = (None, "", ".", "..", "x." * 126 + "y", "a b.example.net", "\u017f.example.net")
CIDRS: tuple[list[str] | None, ...] = (
    None,
    [],
    [""],
    ["nothing"],
    ["10.96.0.1/12"],
    ["10.96.0.0"],
    ["10.96.0.0/12"] * 3,
)


def make_wild(chance: Random, obj: Object) -> Object:
    """The object with one such value."""
    kind = obj["kind"]
    if kind == "Service":
        return obj | {"spec": obj["spec"] | _service_fields(chance)}
    if kind == "EndpointSlice":
        return obj | _slice_fields(chance, obj)
    if kind == "Pod":
        ips = [{"ip": chance.choice(ADDRESSES)} for _ in range(chance.randint(0, 3))]
        return obj | {"status": {"phase": chance.choice((None, "", "Running")), "podIPs": ips}}
    if kind == "ServiceCIDR":
        return obj | {"spec": {"cidrs": chance.choice(CIDRS)}}
    return obj


def _service_fields(chance: Random) -> Object:
    ip = chance.choice(("None", *ADDRESSES))
    return chance.choice(
        (
            {"clusterIP": ip, "clusterIPs": None},
            {"clusterIPs": [ip, chance.choice(ADDRESSES), "None"]},
            {"clusterIP": "", "clusterIPs": []},
            {"type": chance.choice((None, "", "ExternalName"))},
            {"type": "ExternalName", "externalName": chance.choice(EXTERNAL_NAMES)},
            {"ports": [{"name": name, "port": 80} for name in chance.sample(NAMES, 3)]},
            {"ports": [{"name": "http", "port": number, "protocol": None} for number in (0, 80, 80)]},
        )
    )


def _slice_fields(chance: Random, obj: Object) -> Object:
    endpoints = [
        {"addresses": chance.choices(ADDRESSES, k=chance.randint(0, 3)), "hostname": chance.choice(NAMES)}
        for _ in range(3)
    ]
    return chance.choice(
        (
            {"endpoints": [*(obj["endpoints"] or ()), *endpoints]},
            {"addressType": chance.choice(("IPv4", "IPv6", "IP", ""))},
            {"ports": [{"name": name, "port": 80, "protocol": None} for name in chance.sample(NAMES, 3)]},
            {"ports": [{"name": "http", "port": number, "protocol": "TCP"} for number in (80, 81, 80)]},
        )
    )
