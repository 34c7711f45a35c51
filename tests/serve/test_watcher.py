"""The watcher as a sink: whatever a source tells, in whatever turns, the table is as made anew."""

import asyncio
import contextlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import lmdb
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from svcdns.cluster import Options
from svcdns.dns import answers, names, view
from svcdns.dns.view import State
from svcdns.errors import TableError
from svcdns.kube.objects import Change, Kind, convert
from svcdns.serve import watcher
from svcdns.serve.watcher import Watcher
from svcdns.table import files, snapshot
from svcdns.table.writer import Writer
from tests import running
from tests.clusters import events, objects
from tests.clusters.events import Event

KINDS: tuple[Kind, ...] = ("Namespace", "Service", "EndpointSlice", "Pod")
OPTIONS = Options(zones=(names.from_text("cluster.local."), names.from_text("example.net.")))
