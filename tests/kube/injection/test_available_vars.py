"""Which names an envFrom may give, beside a look at each prefix and each name."""

from hypothesis import given, settings
from hypothesis import strategies as st

from svcdns.kube.injection.available_vars import EnvFromPrefixes
from svcdns.kube.injection.pod_spec import EnvFrom, LocalObjectReference

texts = st.text(st.sampled_from("AB_"), max_size=4)
prefixes = st.lists(st.one_of(st.none(), texts, st.sampled_from(["", "é", "A\x7f"])), max_size=5)


def of(sources: list[str | None]) -> EnvFromPrefixes:
    return EnvFromPrefixes(EnvFrom(prefix, secret_ref=LocalObjectReference("s")) for prefix in sources)


@given(prefixes, st.sets(texts.filter(bool)))
@settings(max_examples=200)
def test_the_same_as_one_by_one(sources: list[str | None], names: set[str]) -> None:
    """A key is never empty, so the prefix alone is no name."""
    env_from = of(sources)
    expected = {
        name for name in names if any(name.startswith(p or "") and name != (p or "") for p in sources)
    }

    assert {name for name in names if env_from.may_provide(name)} == expected

    selected = [name for some in env_from.select_names(sorted(names)) for name in some]

    assert len(selected) == len(set(selected)) and set(selected) == expected
    assert env_from.is_unrestricted == (not all(sources))


def test_none_admits_nothing() -> None:
    assert not of([]).may_provide("A") and not of([]).is_unrestricted
