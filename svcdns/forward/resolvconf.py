"""The `nameserver` lines of a resolv.conf (resolv.conf(5)), and what becomes of them when it changes.

Search paths and options are not ours: a question comes with its whole name. A file that is gone, or
has no upstream (somebody may be writing it), leaves the last good upstreams in use.
"""

import ipaddress
import os
import re
import stat
from pathlib import Path

from msgspec import Struct

from svcdns.forward.options import Upstream

MAX_UPSTREAMS = 16
"""Of one file."""
MAX_BYTES = 64 << 10

_LINE = re.compile(r"[ \t]*nameserver(?:[ \t]+([^\s;#][^\s;]*|)|\s*$)")


class Parsed(Struct, frozen=True):
    """The upstreams, each once; `problems` name a line and say what would be right."""

    upstreams: tuple[Upstream, ...] = ()
    problems: tuple[str, ...] = ()


def parse(text: str, path: str) -> Parsed:
    """Read the text of the file `path`; takes any text."""
    found: dict[Upstream, None] = {}
    problems = []
    for number, line in enumerate(text.split("\n"), 1):
        matched = _LINE.match(line)
        if matched is None:
            continue
        word = matched[1] or ""
        try:
            found[Upstream(str(ipaddress.ip_address(word)))] = None
        except ValueError:
            problems.append(f"{path}:{number}: nameserver {word[:60]!r} is no IP address")
    if len(found) > MAX_UPSTREAMS:
        problems.append(f"{path}: only the first {MAX_UPSTREAMS} of {len(found)} nameservers are asked")
    return Parsed(tuple(found)[:MAX_UPSTREAMS], tuple(problems[:MAX_UPSTREAMS]))


class ResolvConf:
    """One file; `upstreams` are the last good ones."""

    def __init__(self, path: str) -> None:
        self.upstreams: tuple[Upstream, ...] = ()
        self._path = path
        self._seen: object = ""

    def look(self) -> tuple[str, ...]:
        """Read the file if it has changed since; what is wrong with it."""
        seen = _signature(self._path)
        if seen == self._seen:
            return ()
        self._seen = seen
        try:
            parsed = parse(_read(self._path), self._path)
        except OSError as error:
            return (f"{self._path}: {error.strerror}; {self._kept()}",)
        if not parsed.upstreams:
            return (*parsed.problems, f"{self._path}: no nameserver in it; {self._kept()}")
        self.upstreams = parsed.upstreams
        return parsed.problems

    def _kept(self) -> str:
        if not self.upstreams:
            return "none is asked"
        return f"asked as before: {', '.join(map(str, self.upstreams))}"


def _signature(path: str) -> tuple[int, ...] | None:
    """Differs when the file was written or replaced; None where there is none."""
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _read(path: str) -> str:
    """Raises OSError, also for what is no file of a sane size: a pipe would block its reader."""
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(0, "not a regular file")
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise OSError(0, f"larger than {MAX_BYTES} bytes")
    return data.decode("utf-8", "replace")
