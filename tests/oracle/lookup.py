"""Answers from the records: RFC 1034 4.3.2 over the zones, with the aliases of ExternalName chased.

A name exists where it owns a record or a name below it does (RFC 8020, RFC 4592 2.2.2); what is
missing is NODATA or NXDOMAIN by that alone, the same for every type.
"""

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import replace

import dns.name
from dns.name import Name
from dns.rcode import NOERROR, NXDOMAIN, REFUSED, SERVFAIL
from dns.rdatatype import RdataType

from tests.oracle import cluster_records
from tests.oracle.cluster import Cluster, Object, Options
from tests.oracle.expected import Expected, Records, Upstream
from tests.oracle.records import Record, below, reverse_name

MOST_LINKS = 8


class Oracle:
    """A cluster under its options, ready to be asked."""

    def __init__(
        self, objects: Iterable[Object], options: Options | None = None, upstream: Upstream | None = None
    ) -> None:
        self.options = options or Options()
        self.upstream = upstream
        self.cluster = Cluster(objects, self.options)
        self.zones = [dns.name.from_text(zone) for zone in self.options.zones]
        self.reverse_zones = [zone for network in self.options.reverse for zone in _reverse_zones(network)]
        self._records: dict[Name, set[Record]] = {}
        self._existing: set[Name] = set()

        for record in self._listed():
            self._records.setdefault(record.name, set()).add(record)
            self._exist(record.name)

        for name in self._branches():
            self._exist(name)

    @property
    def names(self) -> list[Name]:
        """Every name that can be listed and exists, sorted; Pods' names are computed."""
        return sorted(self._existing)

    def answer(self, qname: Name, rdtype: RdataType) -> Expected:
        """The answer to one question of class IN with RD set."""
        if self._zone_of(qname) is None and self.upstream is None:
            return Expected(REFUSED, aa=False)

        name = qname
        aliases = frozenset[Record]()

        for _ in range(MOST_LINKS + 1):
            result = self._look_up(name, rdtype)
            if not isinstance(result, Record):
                return _join(aliases, result)

            aliases |= {result}
            name = result.rdata.target  # type: ignore[attr-defined]  # a CNAME's

        return Expected(SERVFAIL, None, authority=None, additional=None, partial=True)

    def _listed(self) -> Iterator[Record]:
        """The records of every zone; with several, reverse names lead into the first."""
        for zone in self.zones:
            yield from cluster_records.zone_records(self.cluster, zone)
            for service in self.cluster.services():
                yield from cluster_records.service_records(self.cluster, service, zone)
        for zone in self.reverse_zones:
            yield from cluster_records.apex_records(zone, self.zones[0], self.options)
        for record in cluster_records.reverse_records(self.cluster, self.zones[0]):
            if self._zone_of(record.name):
                yield record

    def _branches(self) -> Iterator[Name]:
        """The names that exist without a record, or may."""
        for zone in self.zones:
            yield from (dns.name.from_text(text, zone) for text in ("svc", "pod", "ns.dns"))
            for namespace in self.cluster.namespaces:
                kinds = ("svc",) if self.options.pods == "disabled" else ("svc", "pod")
                yield from filter(None, (below(zone, namespace, kind) for kind in kinds))

    def _exist(self, name: Name) -> None:
        """Let the name and all above it in our zones exist, also above a zone within another one."""
        while name not in self._existing and self._zone_of(name) is not None:
            self._existing.add(name)
            name = name.parent()

    def _zone_of(self, name: Name) -> Name | None:
        """The longest of our zones that holds the name."""
        holding = [zone for zone in (*self.zones, *self.reverse_zones) if name.is_subdomain(zone)]
        return max(holding, key=len, default=None)

    def _look_up(self, name: Name, rdtype: RdataType) -> Expected | Record:
        """The answer at one name, or the CNAME that has to be followed."""
        zone = self._zone_of(name)
        owned = set(self._records.get(name, ()))
        if zone in self.zones:
            owned.update(cluster_records.pod_records(self.cluster, name, zone))

        exists = bool(owned) or name in self._existing
        falls_through = zone in self.reverse_zones and self.options.fall_through and self.upstream is not None
        if zone is None or (falls_through and not exists):
            return self._ask_upstream(name, rdtype)

        aliases = [record for record in owned if record.type == RdataType.CNAME]
        if aliases and rdtype not in (RdataType.CNAME, RdataType.ANY):
            return aliases[0]
        if rdtype == RdataType.ANY and owned:
            return self._any(owned)

        answer = frozenset(record for record in owned if record.type == rdtype)
        if answer:
            return Expected(NOERROR, answer=_weigh(answer), additional=self._glue(answer))

        soa = frozenset(record for record in self._records[zone] if record.type == RdataType.SOA)

        return Expected(NOERROR if exists else NXDOMAIN, authority=soa)

    def _any(self, owned: set[Record]) -> Expected:
        """RFC 8482 4.1: one record set, whichever."""
        choices = tuple(
            _weigh(frozenset(record for record in owned if record.type == rdtype))
            for rdtype in sorted({record.type for record in owned})
        )
        return Expected(NOERROR, answer=choices[0], additional=None, choices=choices)

    def _ask_upstream(self, name: Name, rdtype: RdataType) -> Expected:
        if self.upstream is None:
            return Expected(NOERROR, aa=None)  # of an alias: the CNAME alone

        reply = self.upstream(name, rdtype)
        if reply.rcode not in (NOERROR, NXDOMAIN):
            return Expected(SERVFAIL, aa=None, authority=None, additional=None)

        return Expected(reply.rcode, None, frozenset(reply.answer), frozenset(reply.authority))

    def _glue(self, answer: Records) -> Records:
        """The addresses of what the records lead to (RFC 1035 3.3, RFC 2782)."""
        targets = {record.rdata.target for record in answer if record.type in (RdataType.SRV, RdataType.NS)}  # type: ignore[attr-defined]
        return frozenset(
            record
            for target in targets
            for record in self._records.get(target, ())
            if record.type in (RdataType.A, RdataType.AAAA)
        )


def _join(aliases: Records, end: Expected) -> Expected:
    """The chain of aliases and what its end gives, in one answer (RFC 1034 4.3.2 step 3a)."""
    if not aliases:
        return end

    aa = None if end.rcode == SERVFAIL else True
    return replace(end, aa=aa, answer=aliases | end.answer)


def _weigh(answer: Records) -> Records:
    """SRV weights: 100 divided by the number of the set's records, at least 1."""
    weight = max(1, 100 // len(answer))
    return frozenset(
        replace(record, rdata=record.rdata.replace(weight=weight)) if record.type == RdataType.SRV else record
        for record in answer
    )


def _reverse_zones(network: str) -> list[Name]:
    """The zones of a CIDR, cut at octets (IPv4) or nibbles (IPv6)."""
    parsed = ipaddress.ip_network(network)
    step = 8 if parsed.version == 4 else 4
    cut = -(-parsed.prefixlen // step)
    zones = []

    for subnet in parsed.subnets(new_prefix=cut * step):
        whole = reverse_name(subnet.network_address)
        zones.append(Name(whole.labels[-(cut + 3) :]))

    return zones
