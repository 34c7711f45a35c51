"""The peers' zones hold what is asked of them, and svcdns's manifests hold the same Services."""

import collections
import json
from pathlib import Path

import dns.message
import dns.name
import dns.rdatatype
import dns.zone
import pytest

from benchmarks import (
    cluster,
    external_names,
    manifests,
    queries,
    zones,
)


@pytest.fixture(scope="module")
def generated_cluster() -> cluster.Cluster:
    return cluster.build(services=200, namespaces=5)


@pytest.fixture(scope="module")
def served(
    generated_cluster: cluster.Cluster, tmp_path_factory: pytest.TempPathFactory
) -> list[dns.zone.Zone]:
    files = zones.write_zones(generated_cluster, tmp_path_factory.mktemp("zones"))
    return [dns.zone.from_file(str(path), origin=name, relativize=False) for name, path in files.items()]


def answer(served: list[dns.zone.Zone], line: str) -> str:
    """RCODE and number of records for a line of a file of questions."""
    name, rdtype = line.split()
    owner = dns.name.from_text(name)
    zone = next(zone for zone in served if zone.origin and owner.is_subdomain(zone.origin))
    if owner not in zone:
        return "NXDOMAIN 0"

    return f"NOERROR {len(zone.get_rdataset(owner, dns.rdatatype.from_text(rdtype)) or ())}"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("A", "NOERROR 1"),
        ("AAAA", "NOERROR 0"),
        ("NXDOMAIN", "NXDOMAIN 0"),
        ("headless", "NOERROR 10"),
        ("SRV", "NOERROR 1"),
        ("PTR", "NOERROR 1"),
    ],
)
def test_questions_meet_records(
    generated_cluster: cluster.Cluster, served: list[dns.zone.Zone], tmp_path: Path, kind: str, expected: str
) -> None:
    lines = queries.write_questions(generated_cluster, tmp_path, count=200)[kind].read_text().splitlines()
    assert {answer(served, line) for line in lines} == {expected}


def test_the_mix_has_its_shares(generated_cluster: cluster.Cluster, tmp_path: Path) -> None:
    lines = queries.write_questions(generated_cluster, tmp_path, count=20_000)["mix"].read_text().splitlines()
    shares = collections.Counter(line.split()[1] for line in lines)
    assert shares["SRV"] / 20_000 == pytest.approx(0.04, abs=0.01)
    assert shares["PTR"] / 20_000 == pytest.approx(0.04, abs=0.01)


def test_kinds_have_their_shares(generated_cluster: cluster.Cluster, tmp_path: Path) -> None:
    manifests.write_manifests(generated_cluster, tmp_path / "cluster.json")
    items = json.loads((tmp_path / "cluster.json").read_text())["items"]
    specs = [item["spec"] for item in items if item["kind"] == "Service"]
    counted = collections.Counter(spec.get("clusterIP") or spec["type"] for spec in specs)
    assert (len(specs), counted["None"], counted["ExternalName"]) == (201, 20, 10)


def test_the_same_seed_makes_the_same_cluster(generated_cluster: cluster.Cluster) -> None:
    assert cluster.build(services=200, namespaces=5) == generated_cluster
    assert cluster.build(services=200, namespaces=5, seed=2) != generated_cluster


def test_the_upstream_answers_each_name(tmp_path: Path) -> None:
    names = [
        line.split()[0] for line in external_names.write_each_name_once(tmp_path).read_text().splitlines()
    ]
    assert len(set(names)) == external_names.NAME_COUNT
    assert {
        line.split()[0] for line in external_names.write_questions(tmp_path, 500).read_text().splitlines()
    } <= set(names)
    query = dns.message.make_query(names[0], "A", use_edns=True)
    reply = dns.message.from_wire(external_names.make_reply(query.to_wire()))

    assert query.is_response(reply)
    assert str(reply.answer[0]) == f"{names[0]}. 3600 IN A 192.0.2.1"
