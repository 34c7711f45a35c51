"""Forms of data that dnspython does not read."""

from hypothesis import given
from hypothesis import strategies as st

from svcdns.dns.wire import records
from svcdns.sources.zonefiles import rdata_forms
from svcdns.sources.zonefiles.rdata_forms import OpaqueEch


def test_groups_get_all_their_digits() -> None:
    assert rdata_forms.pad_groups(104, "10 1:2:3:fF") == "10 0001:0002:0003:00fF"
    assert rdata_forms.pad_groups(106, "10 1::2") == "10 1::2"
    assert rdata_forms.pad_groups(records.TXT, "10 1:2:3:4") == "10 1:2:3:4"


def test_the_value_of_ech_is_taken_out() -> None:
    placeholder = rdata_forms.ECH_PLACEHOLDER
    text = '1 . key9="ech=AA== " ech="AAE=" port=53'
    assert rdata_forms.take_ech(records.SVCB, text) == OpaqueEch(
        f'1 . key9="ech=AA== " ech={placeholder} port=53', b"\0\1"
    )
    for unusable in ("1 . ech=A", "1 . ech", "1 .", '1 . key9="ech=AAE="'):
        assert rdata_forms.take_ech(records.HTTPS, unusable) is None
    assert rdata_forms.take_ech(records.TXT, "ech=AAE=") is None


@given(st.text(), st.sampled_from([64, 65, 104, 106]))
def test_any_text_is_taken(text: str, rrtype: int) -> None:
    rdata_forms.pad_groups(rrtype, text)
    rdata_forms.take_ech(rrtype, text)
