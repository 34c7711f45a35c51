"""A watch's bytes as lines, however they are cut."""

from hypothesis import given
from hypothesis import strategies as st

from svcdns.sources.apiserver.line_splitter import LineSplitter, WatchStreamError


@given(
    st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b""))), st.lists(st.integers(0, 200))
)
def test_lines_do_not_depend_on_the_cuts(lines: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(line + b"\n" for line in lines)
    splitter, found, at = LineSplitter(100), [], 0
    for cut in [*sorted(cuts), len(stream)]:
        if cut >= at:
            found += splitter.feed(stream[at:cut])
            at = cut
    assert found == [line for line in lines if line]


@given(st.integers(1, 20), st.lists(st.binary(min_size=1, max_size=30), max_size=5))
def test_a_line_is_bounded(limit: int, chunks: list[bytes]) -> None:
    splitter, longest = LineSplitter(limit), max(map(len, b"".join(chunks).split(b"\n")), default=0)
    try:
        for chunk in chunks:
            splitter.feed(chunk)
    except WatchStreamError:
        assert longest > limit
    else:
        assert longest <= limit
