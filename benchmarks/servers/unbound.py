"""Unbound with the records as authoritative zones, in the foreground."""

from benchmarks import zones
from benchmarks.servers.server_types import Server, ServerSite


def command(site: ServerSite) -> list[str]:
    """One thread per worker; as a forwarder it does not validate, as no other one does."""
    own = "".join(
        f'auth-zone:\n  name: "{name}"\n  zonefile: "{file}"\n  for-downstream: yes\n  for-upstream: no\n'
        for name, file in site.zones.items()
    )
    text = f"""server:
  interface: 127.0.0.1@{site.port}
{_tls(site)}  num-threads: {site.workers}
  username: ""
  chroot: ""
  directory: "{site.folder}"
  pidfile: "{site.folder}/unbound.pid"
  do-daemonize: no
  use-syslog: no
  incoming-num-tcp: 1000
  local-zone: "{zones.REVERSE}." nodefault
  minimal-responses: yes
  module-config: "iterator"
  do-not-query-localhost: no
remote-control:
  control-enable: no
{own}{_upstream(site)}"""
    return ["unbound", "-d", "-c", site.write_configuration(text)]


def _tls(site: ServerSite) -> str:
    if not site.tls:
        return ""

    return f"""  interface: 127.0.0.1@{site.tls.port}
  tls-port: {site.tls.port}
  tls-service-pem: "{site.tls.certificate}"
  tls-service-key: "{site.tls.key}"
"""


def _upstream(site: ServerSite) -> str:
    return f'forward-zone:\n  name: "."\n  forward-addr: 127.0.0.1@{site.upstream}\n' if site.upstream else ""


SERVER = Server("unbound", "Unbound", "unbound", "unbound", ("unbound", "-V"), command)
