"""Which names an envFrom may give, beside a look at each prefix and each name."""

from hypothesis import given, settings
from hypothesis import strategies as st

from svcdns.kube.env_from import Prefixes
from svcdns.kube.pod_template import EnvFrom, Named

texts = st.text(st.sampled_from("AB_"), max_size=4)
prefixes = st.lists(st.one_of(st.none(), texts, st.sampled_from(["", "é", "A\x7f"])), max_size=5)


def of(given: list[str | None]) -> Prefixes:
    return Prefixes(EnvFrom(prefix, secret_ref=Named("s")) for prefix in given)


@given(prefixes, st.sets(texts.filter(bool)))
@settings(max_examples=200)
def test_the_same_as_one_by_one(given, names):
    """A key is never empty, so the prefix alone is no name."""
    made = of(given)
    wanted = {name for name in names if any(name.startswith(p or "") and name != (p or "") for p in given)}
    assert {name for name in names if made.admit(name)} == wanted
    found = [name for some in made.among(sorted(names)) for name in some]
    assert len(found) == len(set(found)) and set(found) == wanted
    assert made.admit_all == (not all(given))


def test_none_admits_nothing():
    assert not of([]).admit("A") and not of([]).admit_all
