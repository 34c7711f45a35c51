"""NSD, in the foreground."""

from benchmarks.servers.server_types import Server, ServerSite


def command(site: ServerSite) -> list[str]:
    """One server process per worker."""
    own = "".join(f'zone:\n  name: "{name}"\n  zonefile: "{file}"\n' for name, file in site.zones.items())
    text = f"""server:
  ip-address: 127.0.0.1@{site.port}
{_tls(site)}  server-count: {site.workers}
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
    return ["nsd", "-d", "-c", site.write_configuration(text)]


def _tls(site: ServerSite) -> str:
    if not site.tls:
        return ""

    return f"""  ip-address: 127.0.0.1@{site.tls.port}
  tls-port: {site.tls.port}
  tls-service-pem: "{site.tls.certificate}"
  tls-service-key: "{site.tls.key}"
"""


SERVER = Server("nsd", "NSD", "nsd", "nsd", ("nsd", "-v"), command, can_forward=False)
