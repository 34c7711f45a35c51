"""The `nameserver` lines of a resolv.conf (resolv.conf(5)), and what happens when the file changes.

Search paths and options are ignored: a question comes with its whole name. A file that is gone, or
has no upstream (somebody may be writing it), leaves the last good upstreams in use.
"""

import ipaddress
import os
import re
import stat

from msgspec import Struct

from svcdns import file_changes
from svcdns.file_changes import FileWatch
from svcdns.forward.options import Upstream

MAX_NAMESERVERS = 16
"""The most upstreams of one file, and the most problems reported of it."""
MAX_FILE_BYTES = 64 << 10

_NAMESERVER_LINE = re.compile(r"[ \t]*nameserver(?:[ \t]+([^\s;#][^\s;]*|)|\s*$)")


class ParsedResolvConf(Struct, frozen=True):
    """The upstreams, each once; `problems` name a line and say what would be right."""

    upstreams: tuple[Upstream, ...] = ()
    problems: tuple[str, ...] = ()


def parse(text: str, path: str) -> ParsedResolvConf:
    """Read the text of the file `path`; takes any text."""
    upstreams: dict[Upstream, None] = {}  # as an ordered set
    problems = []
    # Not `splitlines`, which also splits at form feeds and the like, and so miscounts lines.
    for number, line in enumerate(text.split("\n"), 1):
        matched = _NAMESERVER_LINE.match(line)
        if matched is None:
            continue

        word = matched[1] or ""
        try:
            # Through `ip_address` and back: one address written in two ways is one upstream.
            upstreams[Upstream(str(ipaddress.ip_address(word)))] = None
        except ValueError:
            problems.append(f"{path}:{number}: nameserver {word[:60]!r} is no IP address")

    if len(upstreams) > MAX_NAMESERVERS:
        problems.append(f"{path}: only the first {MAX_NAMESERVERS} of {len(upstreams)} nameservers are asked")
    # Problems are bounded too: each is an event for the log, from every worker.
    return ParsedResolvConf(tuple(upstreams)[:MAX_NAMESERVERS], tuple(problems[:MAX_NAMESERVERS]))


class ResolvConf:
    """One file; `upstreams` are the last good ones."""

    def __init__(self, path: str) -> None:
        self.upstreams: tuple[Upstream, ...] = ()
        self._path = path
        self._watch = FileWatch((path,), file_changes.signature)

    def reload_if_changed(self) -> tuple[str, ...]:
        """Read the file if it has changed since; what is wrong with it."""
        if not self._watch.changed():
            return ()

        try:
            parsed = parse(_read_file(self._path), self._path)
        except OSError as error:
            return (f"{self._path}: {error.strerror}; {self._describe_upstreams_in_use()}",)
        if not parsed.upstreams:
            return (
                *parsed.problems,
                f"{self._path}: no nameserver in it; {self._describe_upstreams_in_use()}",
            )

        self.upstreams = parsed.upstreams
        return parsed.problems

    def _describe_upstreams_in_use(self) -> str:
        if not self.upstreams:
            return "none is asked"
        return f"asked as before: {', '.join(map(str, self.upstreams))}"


def _read_file(path: str) -> str:
    """Raises OSError, also for what is no file of a sane size: a pipe would block its reader."""
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(0, "not a regular file")
        # One byte more than allowed tells a file that is too large.
        data = file.read(MAX_FILE_BYTES + 1)

    if len(data) > MAX_FILE_BYTES:
        raise OSError(0, f"larger than {MAX_FILE_BYTES} bytes")
    return data.decode("utf-8", "replace")
