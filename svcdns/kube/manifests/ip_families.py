"""Which IP families a Service has, from `ipFamilies`, `ipFamilyPolicy` and the chosen `clusterIPs`.

Runs after the rules of the Service itself, and before its addresses are allocated. Source:
Kubernetes "IPv4/IPv6 dual-stack", and what API servers fill in.
"""

from collections.abc import Iterator, Sequence

import msgspec

from svcdns.errors import ObjectError
from svcdns.kube.manifests import field_rules, service_validation
from svcdns.kube.manifests.field_rules import IPFamily
from svcdns.kube.manifests.manifest_objects import ManifestService

_OTHER_FAMILY: dict[str, IPFamily] = {"IPv4": "IPv6", "IPv6": "IPv4"}


def assign_families(
    service: ManifestService, cluster_families: Sequence[IPFamily]
) -> tuple[ManifestService, tuple[ObjectError, ...]]:
    """The Service with policy and families, or as it was with what the cluster does not allow.

    `cluster_families` are the families that have a Service range, the default one first.
    """
    spec = service.spec
    if spec.type == "ExternalName":
        return service, ()

    # Only the author of a headless Service without selector knows where it leads: it gets both families.
    is_unrestricted = service.is_headless and not spec.selector
    policy = spec.ip_family_policy or ("RequireDualStack" if is_unrestricted else "SingleStack")

    # A chosen address says its family where `ipFamilies` does not.
    declared = spec.ip_families or ()
    families = [*declared, *_address_families(service)[len(declared) :]]

    allowed = () if is_unrestricted else cluster_families
    if errors := tuple(_find_conflicts(service, policy, families, allowed)):
        return service, errors

    # With nothing said, the family of the first range, as the API server does.
    families = families or list(cluster_families[:1])
    if len(families) == 1 and policy != "SingleStack" and (is_unrestricted or len(cluster_families) == 2):
        families.append(_OTHER_FAMILY[families[0]])

    new_spec = msgspec.structs.replace(spec, ip_family_policy=policy, ip_families=tuple(families))
    return msgspec.structs.replace(service, spec=new_spec), ()


def _address_families(service: ManifestService) -> list[IPFamily]:
    """The families of the chosen addresses, in their order."""
    return [
        field_rules.ip_family_of(ip)
        for text in service.cluster_addresses
        if (ip := field_rules.parse_address(text))
    ]


def _find_conflicts(
    service: ManifestService, policy: str, families: Sequence[str], cluster_families: Sequence[str]
) -> Iterator[ObjectError]:
    """What contradicts itself, or has no range; with no `cluster_families` every family is allowed."""
    spec = service.spec
    if policy == "SingleStack":
        for values, what in ((spec.cluster_ips, "cluster IPs"), (spec.ip_families, "IP families")):
            if len(values or ()) == 2:
                message = (
                    f"must be 'RequireDualStack' or 'PreferDualStack' when multiple {what} are specified"
                )
                yield field_rules.invalid_value("spec.ipFamilyPolicy", policy, message)

    if not cluster_families:
        return

    if policy == "RequireDualStack" and len(cluster_families) < 2:
        message = "this cluster is not configured for dual-stack services"
        yield field_rules.invalid_value("spec.ipFamilyPolicy", policy, message)

    for index, family in enumerate(families):
        if family in cluster_families:
            continue

        # A family beyond the declared ones comes from an address, so the error names the address.
        if index < len(spec.ip_families or ()):
            field = f"spec.ipFamilies[{index}]"
            yield field_rules.invalid_value(field, family, "not configured on this cluster")
        else:
            field = service_validation.cluster_ip_field(index)
            address = service.cluster_addresses[index]
            yield field_rules.invalid_value(field, address, f"{family} is not configured on this cluster")
