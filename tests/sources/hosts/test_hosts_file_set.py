"""Hosts files as they were last read: lines, problems, and what stays when a file cannot be read."""

import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from svcdns.dns.wire import names
from svcdns.sources.hosts import HostsFileSet


def test_an_emptied_file_is_taken_at_its_word_after_a_while(file: Path) -> None:
    hosts = HostsFileSet([file])
    assert len(hosts.load().lines) == 1 and not hosts.needs_polling
    file.write_text("")
    assert hosts.reload(10.0) is None and hosts.needs_polling
    assert hosts.reload(11.9) is None and hosts.needs_polling
    found = hosts.reload(12.0)
    assert found is not None and found.lines == () and not hosts.needs_polling
    file.write_text("192.0.2.1 web\n")
    found = hosts.reload(13.0)
    assert found is not None and len(found.lines) == 1


@contextmanager
def no_more_open_files() -> Iterator[None]:
    """Opening a file fails with EMFILE, whatever the file."""
    soft_limit, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard_limit))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft_limit, hard_limit))


def test_a_file_that_could_not_be_opened_is_tried_again_though_it_looks_the_same(file: Path) -> None:
    hosts = HostsFileSet([file])
    hosts.load()

    file.write_text("192.0.2.1 web db\n")
    with no_more_open_files():
        loaded = hosts.reload(1.0)
    assert loaded is not None
    assert [str(problem) for problem in loaded.problems] == [
        f"{file}: cannot be read: {os.strerror(errno.EMFILE)}; its last lines are kept"
    ]
    assert [len(line.names) for line in loaded.lines] == [1]

    loaded = hosts.reload(2.0)
    assert loaded is not None, "nothing changed but that it can be opened"
    assert loaded.problems == ()
    assert [len(line.names) for line in loaded.lines] == [2]


def test_another_comment_is_no_change(file: Path) -> None:
    hosts = HostsFileSet([file])
    hosts.load()
    file.write_text("# a comment\n192.0.2.1 web\n")
    assert hosts.reload(1.0) is None


def loaded_names(*entries: str) -> list[str]:
    """The names of each line, and whether its address has one."""
    return [
        " ".join(names.to_text(name) for name in line.names) + (" PTR" if line.canonical_name else "")
        for line in HostsFileSet(entries).load().lines
    ]


def test_of_a_file_for_some_zones_only_what_lies_in_them_counts(file: Path) -> None:
    file.write_text("192.0.2.1 web.corp web other.corp\n192.0.3.2 db\n192.0.3.1 xcorp\n")
    whole = ["web.corp. web. other.corp. PTR", "db. PTR", "xcorp. PTR"]
    assert loaded_names(str(file)) == whole
    assert loaded_names(f"corp={file}") == ["web.corp. other.corp."]
    assert loaded_names(f"2.0.192.in-addr.arpa={file}") == [" PTR"]
    assert loaded_names(f"corp={file}", f"3.0.192.in-addr.arpa={file}") == [
        "web.corp. other.corp.",
        " PTR",
        " PTR",
    ]
    assert loaded_names(f"corp={file}", str(file)) == whole


def test_a_mistake_in_a_line_of_the_settings_costs_what_is_wrong(file: Path) -> None:
    loaded = HostsFileSet([], ["192.0.2.1", "192.0.2.300 web", "192.0.2.2 db a..b"]).load()
    assert [line.names for line in loaded.lines] == [(names.from_text("db"),)]
    assert [str(problem) for problem in loaded.problems] == [
        "hosts: 192.0.2.1: 192.0.2.1 has no name after it",
        "hosts: 192.0.2.300 web: '192.0.2.300' is no IP address: a line is an address, then its names",
        "hosts: 192.0.2.2 db a..b: 'a..b' is no host name: '' is no label of a-z, 0-9, - and _",
    ]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "hosts"
    path.write_text("192.0.2.1 web\n")
    return path
