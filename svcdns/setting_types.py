"""Marks for fields that are settings. With them, a class of settings needs no import of `config`.

    class CacheOptions(Struct, frozen=True, kw_only=True):
        size: Annotated[int, Meta(ge=1, le=4096)] = 32
        '''MiB of answers that each worker keeps.'''

defines a setting: its type, bounds and default, and its docstring as its help. `config` makes a flag, a
variable and a key of the file of it. A field is a setting if its type is

| type | people write |
|---|---|
| `bool` | true or false; a flag is a switch |
| `int` or `float` with bounds (`msgspec.Meta`) | a whole number |
| `Literal` | one of these words |
| any, with a `Text` of this module | a text, which `config.text_meanings` reads |

Every other field is no setting: it is derived, or only tests change it.
The classes are Structs of msgspec, since other processes get the settings as JSON. Ten dataclasses would also
make each start 10 ms longer.
"""

from typing import NamedTuple

from msgspec import Struct


class Text(Struct, frozen=True):
    """What a text means, and how the help shows one value. `config.text_meanings` says how it is read."""

    meaning: str
    shape: str


class SameAs(Struct, frozen=True):
    """The setting's default is the value of another field of its class."""

    field: str


class NotGiven(Struct, frozen=True):
    """The field is no setting: it is true if another field of the class was not set."""

    field: str


class Conflict(NamedTuple):
    """A mistake in settings that are right one by one; `fields` are the fields concerned.

    A class of settings may have a method `conflicts`, which yields all of its own conflicts.
    """

    message: str
    fields: tuple[str, ...]


class Fixed(Struct, frozen=True):
    """Only a restart can change the setting: sockets and folders are opened before privileges are dropped."""


FIXED = Fixed()

ADDRESSES = Text("addresses", "HOST:PORT")
CLUSTER_DOMAINS = Text("cluster domains", "DOMAIN")
CONTEXT = Text("context", "NAME")
DOMAINS = Text("domains", "DOMAIN")
ENDPOINTS = Text("endpoints", "HOST:PORT")
FORWARDS = Text("forwards", "[SUFFIX=]UPSTREAM")
HOSTS = Text("hosts", "[ZONE=]PATH|LINE")
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
ZONE_FILES = Text("zone files", "[ZONE=]PATH")
WEBHOOK_ADDRESSES = Text("webhook addresses", "HOST:PORT")
