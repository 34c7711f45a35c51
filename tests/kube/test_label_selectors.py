"""Label selectors: `selector | labels | whether they match`."""

import pytest

from svcdns.kube import label_selectors

SELECTORS = """
                      | a=1            | yes
a=1                   | a=1            | yes
a=1                   | a=2            | no
a = 1                 | b=1            | no
a==1                  | a=1            | yes
a=                    | a=             | yes
a!=1                  | a=2            | yes
a!=1                  | b=1            | yes
a!=1                  | a=1            | no
a                     | a=             | yes
a                     | b=             | no
!a                    | b=             | yes
!a                    | a=             | no
a in (1,2)            | a=2            | yes
a in (1, 2)           | a=3            | no
a in (1)              | b=1            | no
a notin (1, 2)        | a=3            | yes
a notin (1, 2)        | b=1            | yes
a notin (1, 2)        | a=1            | no
a in ()               | a=             | yes
a=1,b=2               | a=1 b=2        | yes
a=1, b=2              | a=1 b=3        | no
x.io/a=1,!b, c in (d) | x.io/a=1 c=d   | yes
a>5                   | a=6            | yes
a > 5                 | a=5            | no
a<5                   | a=4            | yes
a>5                   | a=x            | no
a>5                   | b=6            | no
in in (in)            | in=in          | yes
""".strip("\n").splitlines()


@pytest.mark.parametrize("line", SELECTORS)
def test_selectors(line: str) -> None:
    text, labels, verdict = (part.strip() for part in line.split("|"))
    found = label_selectors.parse_selector(text)
    assert found.matches(dict(pair.split("=") for pair in labels.split())) is (verdict == "yes")


@pytest.mark.parametrize(
    "text",
    [
        "a=1,",
        ",",
        "a b",
        "a in 1",
        "a in (1",
        "a in (1;2)",
        "=1",
        "a=1 b=2",
        "a/b/c",
        "-a",
        "a=-",
        "a>x",
        "!!a",
        "(a)",
    ],
)
def test_no_selectors(text: str) -> None:
    with pytest.raises(ValueError, match="is no label selector"):
        label_selectors.parse_selector(text)
