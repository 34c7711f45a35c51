"""Marks at the fields of settings, so that a class of settings needs nothing of `config`.

    class CacheOptions(Struct, frozen=True, kw_only=True):
        size: Annotated[int, Meta(ge=1, le=4096)] = 32
        '''MiB of answers that each worker keeps.'''

defines a setting: its type, its bounds, its default, and its docstring as its help. `config` makes of it a
flag, a variable and a key of the file. A field is a setting where it is

| type | people write |
|---|---|
| `bool` | true or false; a flag is a switch |
| `int` or `float` with bounds (`msgspec.Meta`) | a whole number |
| `Literal` | one of these words |
| any, with a `Text` of this module | a text, which `config.fields` reads |

Every other field is none: it is derived, or only tests change it.
The classes are Structs of msgspec: other processes are told of settings as JSON, and ten dataclasses would
cost each start 10 ms.
"""

from typing import NamedTuple

from msgspec import Struct


class Text(Struct, frozen=True):
    """What a text means (`config.fields` has how it is read), and how the help shows one value."""

    meaning: str
    shape: str


class SameAs(Struct, frozen=True):
    """A setting's default is the value of another field of its class."""

    field: str


class NotGiven(Struct, frozen=True):
    """No setting: true where nobody set another field of the class."""

    field: str


class Conflict(NamedTuple):
    """What is wrong with settings that are right one by one; `fields` are those of a class to blame.

    A class of settings may have a method `conflicts`, which gives all of its own.
    """

    message: str
    fields: tuple[str, ...]


class Fixed(Struct, frozen=True):
    """Only a new process can change it: sockets and folders are taken before rights are given up."""


FIXED = Fixed()

ADDRESSES = Text("addresses", "HOST:PORT")
CLUSTER_DOMAINS = Text("cluster domains", "DOMAIN")
CONTEXT = Text("context", "NAME")
DOMAINS = Text("domains", "DOMAIN")
ENDPOINTS = Text("endpoints", "HOST:PORT")
FOLDER = Text("folder", "PATH")
FORWARDS = Text("forwards", "[SUFFIX=]UPSTREAM")
HOSTS = Text("hosts", "PATH|LINE")
NAMES = Text("names", "NAME")
NETWORKS = Text("networks", "CIDR")
OBJECT = Text("object", "NAMESPACE/NAME")
PATH = Text("path", "PATH")
PATHS = Text("paths", "PATH")
PORT_RANGE = Text("port range", "FIRST-LAST")
RANGES = Text("ranges", "CIDR")
RESOLVER_OPTIONS = Text("resolver options", "NAME[:NUMBER]")
REWRITE_RULES = Text("rewrite rules", "RULE")
SELECTOR = Text("selector", "SELECTOR")
WEBHOOK_ADDRESSES = Text("webhook addresses", "HOST:PORT")
