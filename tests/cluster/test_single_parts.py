"""The pieces of a part are together the part, and each says whose it is and which names it owns."""

from hypothesis import given
from hypothesis import strategies as st

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
        "the zones' own names",
        "namespace default",
        "namespace other",
        "Service default/web",
        "Service default/db",
        "Pod address 10-96-0-1 in namespace default",
        "reverse name 1.0.96.10.in-addr.arpa.",
        "reverse name 2.0.96.10.in-addr.arpa.",
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
    assert roots["reverse name 1.0.96.10.in-addr.arpa."] == {names.from_text("1.0.96.10.in-addr.arpa."): 2}
    assert roots["the zones' own names"] == {}


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
        part, {"Service default/db", "reverse name 1.0.96.10.in-addr.arpa.", "namespace other"}, OPTIONS
    )
    assert part.endpoint_labels == {WEB: None}
    assert part.addresses == {bytes((10, 96, 0, 2))}
    assert part.namespaces == {"default"}


def names_of(*texts: str) -> dict[bytes, int]:
    """Roots in the first zone, or the reverse zone."""
    return {names.from_text(text): 2 if text.endswith("arpa.") else 0 for text in texts}


def test_the_largest_families_are_folded_first() -> None:
    shops = [f"s{number}.shop.svc.cluster.local." for number in range(5)]
    roots = names_of(*shops, "a.x.svc.cluster.local.", "b.x.svc.cluster.local.", "1.0.96.10.in-addr.arpa.")
    assert single_parts.fold_roots(roots, 8, OPTIONS) == roots
    assert single_parts.fold_roots(roots, 4, OPTIONS) == names_of(
        "shop.svc.cluster.local.",
        "a.x.svc.cluster.local.",
        "b.x.svc.cluster.local.",
        "1.0.96.10.in-addr.arpa.",
    )
    assert single_parts.fold_roots(roots, 3, OPTIONS) == names_of(
        "shop.svc.cluster.local.", "x.svc.cluster.local.", "1.0.96.10.in-addr.arpa."
    )
    assert single_parts.fold_roots(roots, 0, OPTIONS) == names_of("cluster.local.", "in-addr.arpa."), (
        "a zone is not folded into what lies above it"
    )


LABELS = st.sampled_from(("a", "b", "c"))


@given(st.lists(st.lists(LABELS, min_size=1, max_size=4), max_size=40), st.integers(2, 10))
def test_folded_roots_are_few_and_cover_all(label_lists: list[list[str]], limit: int) -> None:
    roots = names_of(*(".".join((*labels, "cluster.local.")) for labels in label_lists))
    folded = single_parts.fold_roots(roots, limit, OPTIONS)
    assert len(folded) <= limit
    for root in roots:
        assert any(names.is_subdomain(root, above) for above in folded)
