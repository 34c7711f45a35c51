"""The servers that are measured: how each is configured, called, started and ended.

Each has one worker unless told otherwise, no log of queries, and answers as small as it can make
them: what a peer adds by default (authority records) is switched off, so that no peer does more work
than it must, and so are limits on queries and connections, which a load test would meet. All else is
as Debian ships it; svcdns has its metrics on.

    server_types  what a server is, and what it serves
    svcdns ...    one module for each
    trees         other checkouts of svcdns, as servers of a run: `--tree NAME=PATH`
    certificate   the certificate of all of them
    running       start, wait for the first answer, end
"""

from benchmarks.servers import bind, knot, nsd, svcdns, unbound
from benchmarks.servers.server_types import Server

SERVERS: tuple[Server, ...] = (svcdns.SERVER, nsd.SERVER, knot.SERVER, unbound.SERVER, bind.SERVER)
