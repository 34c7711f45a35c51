"""Every exception for users is in the tree that the module draws, and says where and how it ends."""

import inspect

from svcdns import errors
from svcdns.errors import ConfigError, ObjectError, SvcdnsError


def test_the_tree_has_each_exception() -> None:
    classes = {name for name, member in vars(errors).items() if inspect.isclass(member)}
    drawn = {line.split()[1] for line in (errors.__doc__ or "").splitlines() if "── " in line}
    assert classes == drawn | {"SvcdnsError"}
    assert all(issubclass(getattr(errors, name), SvcdnsError) for name in classes)


def test_a_mistake_in_the_settings_ends_as_a_bad_flag_does() -> None:
    error = ConfigError("ttl: 'x' is no number", ("svcdns.yaml",))
    assert (str(error), error.files, error.exit_code) == ("ttl: 'x' is no number", ("svcdns.yaml",), 2)
    assert SvcdnsError.exit_code == 1


def test_an_object_s_error_names_the_field() -> None:
    assert (
        str(ObjectError("spec.ports[1].port", "must be a number")) == "spec.ports[1].port: must be a number"
    )
    assert str(ObjectError("", "kind: Required value")) == "kind: Required value"
