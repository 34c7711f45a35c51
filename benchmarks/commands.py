"""How each server is configured and called.

Each has one worker, no log of queries, and answers as small as it can make them: what a peer adds
by default (authority records) is switched off, so that no peer does more work than it must, and so
are limits on queries and connections, which a load test would meet. All else is as Debian ships it.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks import zones

PYTHON = sys.executable


@dataclass(frozen=True, slots=True)
class Site:
    """Where one server runs and what it serves."""

    folder: Path
    port: int
    zones: dict[str, Path]
    manifest: Path
    workers: int = 1


def svcdns(site: Site) -> list[str]:
    """This checkout, with this interpreter."""
    serve = ["serve", "--manifests", str(site.manifest), "--listen", f"127.0.0.1:{site.port}"]
    state = ["--state-dir", str(site.folder / "state"), "--workers", str(site.workers)]
    return [PYTHON, "-m", "svcdns", *serve, *state]


def nsd(site: Site) -> list[str]:
    """NSD, in the foreground."""
    own = "".join(f'zone:\n  name: "{name}"\n  zonefile: "{file}"\n' for name, file in site.zones.items())
    text = f"""server:
  ip-address: 127.0.0.1@{site.port}
  server-count: {site.workers}
  username: ""
  database: ""
  zonesdir: "{site.folder}"
  xfrdir: "{site.folder}"
  xfrdfile: "{site.folder}/xfrd.state"
  zonelistfile: "{site.folder}/zone.list"
  pidfile: "{site.folder}/nsd.pid"
  tcp-count: 1000
  rrl-ratelimit: 0
  minimal-responses: yes
remote-control:
  control-enable: no
{own}"""
    return ["nsd", "-d", "-c", str(configuration(site, text))]


def knot(site: Site) -> list[str]:
    """Knot DNS, in the foreground."""
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
    return ["knotd", "-c", str(configuration(site, text))]


def unbound(site: Site) -> list[str]:
    """Unbound with the records as authoritative zones, in the foreground."""
    own = "".join(
        f'auth-zone:\n  name: "{name}"\n  zonefile: "{file}"\n  for-downstream: yes\n  for-upstream: no\n'
        for name, file in site.zones.items()
    )
    text = f"""server:
  interface: 127.0.0.1@{site.port}
  num-threads: {site.workers}
  username: ""
  chroot: ""
  directory: "{site.folder}"
  pidfile: "{site.folder}/unbound.pid"
  do-daemonize: no
  use-syslog: no
  incoming-num-tcp: 1000
  local-zone: "{zones.REVERSE}." nodefault
  minimal-responses: yes
remote-control:
  control-enable: no
{own}"""
    return ["unbound", "-d", "-c", str(configuration(site, text))]


def bind(site: Site) -> list[str]:
    """BIND's named, in the foreground."""
    own = "".join(f'zone "{name}" {{ type primary; file "{file}"; }};\n' for name, file in site.zones.items())
    text = f"""options {{
  directory "{site.folder}";
  listen-on port {site.port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  pid-file "{site.folder}/named.pid";
  session-keyfile none;
  recursion no;
  dnssec-validation no;
  minimal-responses yes;
  tcp-clients 1000;
}};
controls {{ }};
{own}"""
    return ["named", "-g", "-n", str(site.workers), "-c", str(configuration(site, text))]


def configuration(site: Site, text: str) -> Path:
    """Write a server's configuration file."""
    path = site.folder / "server.conf"
    path.write_text(text)
    return path
