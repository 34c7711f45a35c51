"""The pieces of a part are together the part, and each says whose it is and which names it owns."""

from svcdns.cluster import single_parts
from svcdns.cluster.affected import AffectedParts
from svcdns.cluster.options import ClusterOptions
from svcdns.dns.wire import names

OPTIONS = ClusterOptions(zones=(names.from_text("cluster.local."), names.from_text("example.net.")))
WEB, DB = ("default", "web"), ("default", "db")
ADDRESS = bytes((10, 96, 0, 1))


def whole() -> AffectedParts:
    return AffectedParts(
        services={WEB},
        endpoint_labels={WEB: None, DB: {b"a", b"b"}},
        addresses={ADDRESS, bytes((10, 96, 0, 2))},
        reverse_parents={names.from_text("0.96.10.in-addr.arpa."), names.from_text("1.96.10.in-addr.arpa.")},
        pods={("default", ADDRESS)},
        namespaces={"default", "other"},
        has_apex=True,
    )


def test_the_pieces_are_the_part() -> None:
    pieces = list(single_parts.split(whole(), OPTIONS))
    assert {piece.subject for piece in pieces} == {
        "name server kube-system/kube-dns",
        "namespace default",
        "namespace other",
        "Service default/web",
        "Service default/db",
        "Pod address 10.96.0.1 in namespace default",
        "reverse name of 10.96.0.1",
        "reverse name of 10.96.0.2",
    }

    total = AffectedParts()
    for piece in pieces:
        total.services |= piece.affected.services
        total.endpoint_labels |= piece.affected.endpoint_labels
        total.addresses |= piece.affected.addresses
        total.pods |= piece.affected.pods
        total.namespaces |= piece.affected.namespaces
        total.has_apex |= piece.affected.has_apex
        assert piece.affected.reverse_parents <= {names.from_text("0.96.10.in-addr.arpa.")}
    expected = whole()
    expected.reverse_parents = frozenset()
    assert total == expected


def test_the_names_of_a_piece() -> None:
    roots = {piece.subject: piece.roots for piece in single_parts.split(whole(), OPTIONS)}
    assert roots["Service default/web"] == {
        names.from_text("web.default.svc.cluster.local."): 0,
        names.from_text("web.default.svc.example.net."): 1,
    }
    assert roots["reverse name of 10.96.0.1"] == {names.from_text("1.0.96.10.in-addr.arpa."): 2}
    assert roots["name server kube-system/kube-dns"] == {
        names.from_text("ns.dns.cluster.local."): 0,
        names.from_text("ns.dns.example.net."): 1,
    }


def test_a_name_that_cannot_exist_has_no_root() -> None:
    part = AffectedParts(services={("n" * 63, "s" * 63)}, namespaces={"n" * 63})
    long_zone = ClusterOptions(zones=(names.from_text(f"{'z' * 63}.{'y' * 63}."),))
    by_subject = {piece.subject: piece.roots for piece in single_parts.split(part, long_zone)}
    assert not by_subject[f"Service {'n' * 63}/{'s' * 63}"]
    assert by_subject[f"namespace {'n' * 63}"]


def test_subjects_are_taken_out() -> None:
    part = whole()
    assert not single_parts.remove_subjects(part, {"Service default/none"}, OPTIONS)
    assert part == whole()
    assert single_parts.remove_subjects(
        part, {"Service default/db", "reverse name of 10.96.0.1", "namespace other"}, OPTIONS
    )
    assert part.endpoint_labels == {WEB: None}
    assert part.addresses == {bytes((10, 96, 0, 2))}
    assert part.namespaces == {"default"}
