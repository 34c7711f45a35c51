"""The variables of one Service."""

import pytest
from hypothesis import given

from svcdns.kube.injection import service_env_vars
from tests.kube.injection.env_services import clusters, said_of


@given(clusters)
def test_each_name_is_known_as_that_of_a_service(cluster):
    """But for those that begin with a digit, which no shell and not every API server takes."""
    for one in cluster:
        for name, _, _ in said_of(one):
            assert service_env_vars.is_service_variable(name) is not name[0].isdigit()


@pytest.mark.parametrize("name", ["", "HOME", "db_SERVICE_HOST", "_SERVICE_HOST", "A" * 200 + "_PORT"])
def test_other_names(name):
    assert not service_env_vars.is_service_variable(name)
