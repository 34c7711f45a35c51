"""The resolvers that are asked: how each one's program is built and started, and what it can be asked."""

import asyncio
import os
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent

BUILD_TIMEOUT = 60
"""Seconds; Go takes 7 where its cache is cold."""

_ALL = ("any", "ipv4", "ipv6", "canonical", "reverse", "srv")
_DIRECT = ("ipv4", "ipv6", "canonical", "srv")
_C = ("lookup.c", "-o")
_GO = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOPROXY": "off", "GOFLAGS": "", "GOWORK": "off"}
_JAVAC = ("javac", "-d", "{built}", "Lookup.java")
# No performance data: their file is named after the process, whose id another namespace has too.
_JAVA = ("java", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-cp", "{built}", "Lookup")
_NODE = ("node", str(FOLDER / "lookup.js"))


@dataclass(frozen=True, slots=True)
class Program:
    """One resolver; `{built}` stands for the folder of what was built."""

    name: str
    kinds: tuple[str, ...]
    run: tuple[str, ...]
    needs: str = ""
    """The command without which it can be neither built nor run."""
    build: tuple[str, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    searches: bool = True
    """Whether it follows the search path of resolv.conf."""
    cuts: bool = False
    """Whether it leaves out some of a large answer."""

    @property
    def missing(self) -> bool:
        """Whether it is not installed here."""
        return bool(self.needs) and shutil.which(self.needs) is None

    def command(self, built: Path) -> list[str]:
        """What starts it."""
        return [part.format(built=built) for part in self.run]


def _glibc(name: str, **settings: str) -> Program:
    build = ("gcc", *_C, "{built}/glibc", "-lresolv")
    return Program(name, _ALL, ("{built}/glibc",), "gcc", build, settings)


_MUSL = Program(
    "musl", _ALL, ("{built}/musl",), "musl-gcc", ("musl-gcc", "-static", *_C, "{built}/musl"), cuts=True
)
"""It takes 48 addresses at most; before 1.2.4 it has no TCP, and makes do with what 512 octets hold."""

PROGRAMS = (
    _glibc("glibc"),
    _glibc("glibc-edns", RES_OPTIONS="edns0"),
    _glibc("glibc-tcp", RES_OPTIONS="use-vc"),
    _MUSL,
    Program("go", _ALL, ("{built}/go",), "go", ("go", "build", "-o", "{built}/go", "lookup.go"), _GO),
    Program("python", _ALL[:-1], (sys.executable, str(FOLDER / "lookup.py"))),
    Program("node", _ALL[:3], (*_NODE, "lookup"), "node"),
    Program("c-ares", (*_DIRECT, "reverse"), (*_NODE, "c-ares"), "node", searches=False),
    Program("java", ("any", "reverse"), (*_JAVA, "inet"), "javac", _JAVAC),
    Program("jndi", _DIRECT, (*_JAVA, "jndi"), "javac", _JAVAC, searches=False),
)


async def build(programs: Iterable[Program], folder: Path) -> None:
    """Compile what is to be compiled, each once."""
    steps = {program.build: program for program in programs if program.build}
    async with asyncio.timeout(BUILD_TIMEOUT), asyncio.TaskGroup() as group:
        for program in steps.values():
            group.create_task(_compile(program, folder))


async def _compile(program: Program, folder: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(part.format(built=folder) for part in program.build),
        cwd=FOLDER,
        env={**os.environ, **program.settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()

    if process.returncode:
        raise RuntimeError(f"{program.name} does not build:\n{output.decode()}")
