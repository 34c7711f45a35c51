"""Which names an envFrom may give, beside a look at each prefix and each name."""

from hypothesis import given, settings
from hypothesis import strategies as st

from svcdns.kube.injection.available_vars import EnvFromPrefixes
from svcdns.kube.injection.pod_spec import EnvFrom, LocalObjectReference

texts = st.text(st.sampled_from("AB_"), max_size=4)
prefixes = st.lists(st.one_of(st.none(), texts, st.sampled_from(["", "é", "A\x7f"])), max_size=5)


def of(given: list[str | None]) -> EnvFromPrefixes:
    return EnvFromPrefixes(EnvFrom(prefix, secret_ref=LocalObjectReference("s")) for prefix in given)


@given(prefixes, st.sets(texts.filter(bool)))
@settings(max_examples=200)
def test_the_same_as_one_by_one(given, names):
    """A key is never empty, so the prefix alone is no name."""
    made = of(given)
    wanted = {name for name in names if any(name.startswith(p or "") and name != (p or "") for p in given)}
    assert {name for name in names if made.may_provide(name)} == wanted
    found = [name for some in made.select_names(sorted(names)) for name in some]
    assert len(found) == len(set(found)) and set(found) == wanted
    assert made.is_unrestricted == (not all(given))


def test_none_admits_nothing():
    assert not of([]).may_provide("A") and not of([]).is_unrestricted
