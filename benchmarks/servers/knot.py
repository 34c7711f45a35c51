"""Knot DNS, in the foreground. TLS is not configured: Debian's, 3.2, has none."""

from benchmarks.servers.server_types import Server, ServerSite


def command(site: ServerSite) -> list[str]:
    """A UDP and a TCP thread per worker."""
    own = "".join(f"  - domain: {name}\n    file: {file}\n" for name, file in site.zones.items())
    text = f"""server:
  listen: 127.0.0.1@{site.port}
  rundir: {site.folder}
  udp-workers: {site.workers}
  tcp-workers: {site.workers}
  background-workers: 1
control:
  listen: {site.folder}/knot.sock
database:
  storage: {site.folder}
log:
  - target: stderr
    any: warning
template:
  - id: default
    storage: {site.folder}
    zonefile-sync: -1
    journal-content: none
zone:
{own}"""
    return ["knotd", "-c", site.write_configuration(text)]


SERVER = Server("knot", "Knot", "knotd", "knot", ("knotd", "-V"), command, has_tls=False, can_forward=False)
