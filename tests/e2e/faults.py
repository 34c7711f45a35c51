"""What only a real API server with its etcd does to those who watch it."""

import asyncio
from typing import cast

from tests.e2e.apiserver import ACCOUNT, RealApiServer
from tests.fake_apiserver import Object
from tests.faults import processes, source
from tests.faults.source import Fault
from tests.faults.world import World

TOKEN_CACHE = 11
"""Seconds after which the API server no longer accepts a token that it has just seen."""

MISSED_CHANGES = 5
"""Changes of the cluster that a server misses while it is cut off."""


def real(world: World) -> RealApiServer:
    """The world's API server."""
    return cast(RealApiServer, world.api)


async def connections_are_cut(world: World) -> None:
    """As by a load balancer in between."""
    for _ in range(10):
        world.api.drop()
        await asyncio.sleep(0.2)


async def the_history_is_compacted(world: World) -> None:
    """Watches go on from before what etcd and a fresh API server know: 410."""
    # Cut off, not silent: after silence the server would list, however long this takes on a busy machine.
    real(world).cut_off(True)
    missed_from = world.cluster.changes
    while world.cluster.changes < missed_from + MISSED_CHANGES:  # noqa: ASYNC110 - the load makes them
        await asyncio.sleep(0.05)

    async with world.cluster.paused:
        await world.api.stop()
        await real(world).programs.compact()
        await world.api.start()
    real(world).cut_off(False)


async def it_comes_from_a_backup(world: World) -> None:
    """etcd has lost more revisions than the API server writes as it starts."""
    backup = await world.api.save()
    await asyncio.sleep(8)
    await source.goes_back(world, backup)


async def etcd_is_gone(world: World) -> None:
    """The API server stays, and serves what it keeps in its memory."""
    programs = real(world).programs
    async with real(world).writing:
        await programs.kill_etcd()

    await asyncio.sleep(2 * world.times.stale_after)
    await programs.start_etcd()


async def the_account_is_made_anew(world: World) -> None:
    """401: its tokens were another's; the kubelet brings another after a while."""
    api = real(world)
    account = await _removed(api, "ServiceAccount", *ACCOUNT)
    await api.put(account)
    await asyncio.sleep(TOKEN_CACHE)
    world.api.drop()
    await asyncio.sleep(world.times.stale_after)
    (world.folder / "token").write_text(await api.token(*ACCOUNT))


async def the_rights_are_gone(world: World) -> None:
    """403 for all, for longer than a watch may be silent."""
    api = real(world)
    binding = await _removed(api, "ClusterRoleBinding", "", ACCOUNT[1])
    world.api.drop()
    await asyncio.sleep(world.times.stale_after + 1)
    await api.put(binding)


async def _removed(api: RealApiServer, kind: str, namespace: str, name: str) -> Object:
    """Take an object away; what it takes to make it anew."""
    result = await api.get(kind, namespace, name)
    await api.delete(kind, namespace, name)
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {**result, "metadata": metadata}


FAULTS = (
    Fault(source.a_watch_falls_silent, "answers may be stale"),
    Fault(connections_are_cut),
    Fault(source.it_restarts, "Cannot connect"),
    Fault(source.it_is_gone_for_long, "answers may be stale"),
    Fault(the_history_is_compacted, "the API server's history begins later"),
    Fault(it_comes_from_a_backup, "gone back in time"),
    Fault(etcd_is_gone),
    Fault(the_account_is_made_anew, "refused (401)"),
    Fault(the_rights_are_gone, "refused (403)"),
    Fault(source.the_certificate_ends, "certificate has expired"),
    *processes.FAULTS,
)
