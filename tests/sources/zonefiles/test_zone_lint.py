"""What is only worth a word in a zone; places are lines behind APEX."""

import pytest

from tests.sources.zonefiles import APEX, judged, marked_problems, problems

WARNINGS = """
a 5 A 192.0.2.1
a 6 A 192.0.2.2
;! a.example.org. A: TTL 6, but 5 at x.zone:6: all of them get 5 (RFC 2181 5.2)
a 7 A 192.0.2.3

a CNAME b.example.org
;! a.example.org. CNAME: points to b.example.org.example.org.: is a dot missing at the end?

b.example.org A 192.0.2.1
;! b.example.org.example.org. A: the zone's name is in it twice: is a dot missing at the end?

a MX 1 192.0.2.1
;! a.example.org. MX: points to 192.0.2.1, an address; expected a name

a CNAME 192.0.2.1.
;! a.example.org. CNAME: points to 192.0.2.1, an address; expected a name

s NS n.s
;! s.example.org. NS: no address of n.s.example.org. here: below a delegation it is needed as glue

s NS s
;! s.example.org. NS: no address of s.example.org. here: below a delegation it is needed as glue

s NS ns
b.s TXT x
;! b.s.example.org. TXT: is never answered: s.example.org. is delegated

s NS ns
s TXT x
;! s.example.org. TXT: is never answered: s.example.org. is delegated

s NS ns
b.s NS ns
;! b.s.example.org. NS: is never answered: s.example.org. is delegated

d DNAME e
a.d A 192.0.2.1
;! a.d.example.org. A: is never answered: d.example.org. has a DNAME

*.w DNAME e
;! *.w.example.org. DNAME: a wildcard redirects nothing (RFC 6672 3.3): name each subdomain

d DNAME x.example.org
;! d.example.org. DNAME: points to x.example.org.example.org.: is a dot missing at the end?
"""


@pytest.mark.parametrize("text", WARNINGS.strip().split("\n\n"))
def test_warnings(text: str) -> None:
    assert problems(APEX + text) == marked_problems(APEX + text)
    assert judged(APEX + text).zone is not None
