"""Services for tests of variables, and a second reading of the kubelet's rules for them."""

from hypothesis import strategies as st

from svcdns.kube.objects import ObjectMeta, Service, ServicePort, ServiceSpec, key_of


def service(key: str, *ips: str, ports: str = "", kind: str | None = None) -> Service:
    """`shop/db`, its cluster IPs, and its ports as `http:80/TCP 53/UDP`."""
    namespace, name = key.split("/")
    parsed = []

    for text in ports.split():
        number, _, protocol = text.rpartition(":")[2].partition("/")
        parsed.append(ServicePort(int(number), text.rpartition(":")[0] or None, protocol or None))

    spec = ServiceSpec(kind, ips[0] if ips else None, ips or None, ports=tuple(parsed))

    return Service(ObjectMeta(name, namespace), spec)


SERVICE_LINES = "{N}_SERVICE_HOST={ip} {N}_SERVICE_PORT={first}"


NAMED_LINES = "{N}_SERVICE_PORT_{P}={port}"


LINK_LINES = "{N}_PORT={url1}"


PORT_LINES = "{L}={url} {L}_PROTO={proto} {L}_PORT={port} {L}_ADDR={ip}"


def variables_of(obj: Service) -> list[tuple[str, str, int]]:
    """Name, value and rank (link variables 1) of what one Service makes, written from the documentation."""
    spec = obj.spec
    ip = spec.cluster_ip
    if not ip or ip == "None" or spec.type == "ExternalName":
        return []

    capitals = str.maketrans("abcdefghijklmnopqrstuvwxyz-", "ABCDEFGHIJKLMNOPQRSTUVWXYZ_")
    host = "[" * (":" in ip) + ip + "]" * (":" in ip)
    texts: list[tuple[str, int, dict[str, object]]] = []
    common: dict[str, object] = {"N": obj.metadata.name.translate(capitals), "ip": ip}
    if not spec.ports:
        texts.append(("{N}_SERVICE_HOST={ip}", 0, {}))

    first_port = spec.ports[0] if spec.ports else None

    for port in spec.ports or ():
        proto = {"UDP": "udp", "SCTP": "sctp"}.get(port.protocol or "", "tcp")
        url = f"{proto}://{host}:{port.port}"
        if port is first_port:
            texts.append((SERVICE_LINES, 0, {"first": port.port}))
            texts.append((LINK_LINES, 1, {"url1": url}))
        if port.name:
            texts.append((NAMED_LINES, 0, {"P": port.name.translate(capitals), "port": port.port}))

        link = f"{common['N']}_PORT_{port.port}_{proto.translate(capitals)}"
        texts.append((PORT_LINES, 1, {"L": link, "url": url, "proto": proto, "port": port.port}))

    return [
        (*line.split("=", 1), rank)  # type: ignore[misc]  # two texts, by the templates above
        for text, rank, values in texts
        for line in text.format(**common, **values).split()
    ]


def candidates(visible: list[Service]) -> dict[str, list[tuple[int, str, str]]]:
    """Each name with what the kubelet's map might hold under it: rank, Service and value, the best first."""
    by_name: dict[str, list[tuple[int, str, str]]] = {}
    for service in visible:
        for name, value, rank in variables_of(service):
            by_name.setdefault(name, []).append((rank, service.metadata.name, value))

    return {name: sorted(values) for name, values in by_name.items()}


names = st.lists(
    st.sampled_from(["db", "service", "port", "80", "tcp", "1", "kubernetes"]), min_size=1, max_size=4
)


numbers = st.sampled_from([1, 53, 80, 65535])


protocols = st.sampled_from([None, "TCP", "UDP", "SCTP"])


port_names = st.one_of(st.none(), st.sampled_from(["http", "80-tcp", "port", "host", "80", "53-udp-proto"]))


addresses = st.sampled_from(
    [(), ("None",), ("10.0.0.1",), ("fd00::1",), ("10.0.0.2", "fd00::2"), ("::1", "10.0.0.3")]
)


@st.composite
def services(draw: st.DrawFn) -> Service:
    """Any Service of an API server, its names made so that they collide."""
    ports = draw(
        st.lists(
            st.builds(ServicePort, numbers, port_names, protocols),
            max_size=3,
            unique_by=(lambda p: (p.port, p.protocol or "TCP"), lambda p: p.name or object()),
        )
    )
    ips = draw(addresses)
    kind = draw(st.sampled_from([None, "ClusterIP", "NodePort", "LoadBalancer"])) if ips else "ExternalName"
    meta = ObjectMeta("-".join(draw(names)), draw(st.sampled_from(["default", "shop", "shop", "other"])))

    return Service(meta, ServiceSpec(kind, ips[0] if ips else None, ips or None, ports=tuple(ports)))


clusters = st.lists(services(), max_size=12, unique_by=key_of)
