"""Python runs this at its start where its folder is on PYTHONPATH: other times for the API server source.

The server has no settings for them, and with its own a silent watch alone would take 90 seconds.
"""

import os

import msgspec

from svcdns.sources.apiserver import options

_times = msgspec.structs.asdict(msgspec.json.decode(os.environ["TEST_TIMES"], type=options.ApiServerOptions))
_fields = [(name, type(value), value) for name, value in _times.items()]
options.ApiServerOptions = msgspec.defstruct(  # type: ignore[assignment, misc]
    "Settings", _fields, bases=(options.ApiServerOptions,), frozen=True, kw_only=True
)
