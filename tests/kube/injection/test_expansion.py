"""`$(NAME)` as the kubelet replaces it, beside a second reading of its rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcdns.kube.injection import expansion

VALUES = {"A": "1", "B": "$(A)", "": "nothing", "A$(B": "odd", "E": ""}

CASES = """
$(A)          1
x$(A)$(A)y    x11y
$(B)          $(A)
$(C)          $(C)
-$(E)-        --
$$(A)         $(A)
$$$(A)        $1
$$$$(A)       $$(A)
$$A           $A
$A ${A}       $A ${A}
$             $
$$            $
$(            $(
$(A           $(A
$($(A)        $($(A)
$(A$(B))      odd)
$()           nothing
$(A)$($$(A    1$($(A
$é$(A)        $é1
"""


@pytest.mark.parametrize("line", CASES.strip().splitlines())
def test_cases(line):
    text, expanded = line[:14].strip(), line[14:]
    assert expansion.expand_references(text, VALUES.get) == expanded


def test_references():
    assert expansion.find_references("$(A) $$(B) $(C $(D)$(A)") == ["A", "C $(D", "A"]


def scanned(text: str) -> str:
    """One character after the other, as the kubelet reads."""
    out, at = "", 0
    while at < len(text):
        here, after = text[at], text[at + 1 : at + 2]
        if here != "$" or not after:
            out, at = out + here, at + 1
        elif after == "(" and ")" in text[at:]:
            end = text.index(")", at)
            name = text[at + 2 : end]
            out, at = out + VALUES.get(name, f"$({name})"), end + 1
        else:
            out, at = out + ("$" if after == "$" else "$" + after), at + 2
    return out


@given(st.text(st.sampled_from("$()AB\n"), max_size=30))
def test_the_same_as_a_second_reading(text):
    assert expansion.expand_references(text, VALUES.get) == scanned(text)
