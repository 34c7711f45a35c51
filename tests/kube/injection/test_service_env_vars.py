"""The variables of one Service."""

import pytest
from hypothesis import given

from svcdns.kube.injection import service_env_vars
from svcdns.kube.objects import Service
from tests.kube.injection.env_services import clusters, service, variables_of


@given(clusters)
def test_each_name_is_known_as_that_of_a_service(cluster: list[Service]) -> None:
    """But for those that begin with a digit, which no shell and not every API server takes."""
    for obj in cluster:
        for name, _, _ in variables_of(obj):
            assert service_env_vars.is_service_variable(name) is not name[0].isdigit()


@pytest.mark.parametrize("name", ["", "HOME", "db_SERVICE_HOST", "_SERVICE_HOST", "A" * 200 + "_PORT"])
def test_other_names(name: str) -> None:
    assert not service_env_vars.is_service_variable(name)


def test_two_groups_with_their_bytes() -> None:
    """`NAME=value` and a NUL, as execve(2) counts them."""
    host_and_ports, docker_links = service_env_vars.variable_groups_of(
        service("shop/my-db", "fd00::7", ports="pg:5432")
    )

    assert [(variable.name, variable.value) for variable in host_and_ports.variables] == [
        ("MY_DB_SERVICE_HOST", "fd00::7"),
        ("MY_DB_SERVICE_PORT", "5432"),
        ("MY_DB_SERVICE_PORT_PG", "5432"),
    ]
    assert (host_and_ports.is_docker_links, docker_links.is_docker_links) == (False, True)
    assert host_and_ports.size == len("MY_DB_SERVICE_HOST=fd00::7 MY_DB_SERVICE_PORT=5432 ") + len(
        "MY_DB_SERVICE_PORT_PG=5432 "
    )
    assert docker_links.variables[0].value == "tcp://[fd00::7]:5432"
