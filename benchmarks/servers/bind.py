"""BIND's named, in the foreground."""

from benchmarks.servers.server_types import Server, ServerSite


def command(site: ServerSite) -> list[str]:
    """One thread per worker; as a forwarder it does not validate, as no other one does."""
    own = "".join(f'zone "{name}" {{ type primary; file "{file}"; }};\n' for name, file in site.zones.items())
    text = f"""{_tls(site)}options {{
  directory "{site.folder}";
  listen-on port {site.port} {{ 127.0.0.1; }};
{_listen_tls(site)}  listen-on-v6 {{ none; }};
  pid-file "{site.folder}/named.pid";
  session-keyfile none;
{_recursion(site)}  dnssec-validation no;
  minimal-responses yes;
  tcp-clients 1000;
}};
controls {{ }};
{own}"""
    return ["named", "-g", "-n", str(site.workers), "-c", site.write_configuration(text)]


def _tls(site: ServerSite) -> str:
    if not site.tls:
        return ""
    return f'tls own {{ cert-file "{site.tls.certificate}"; key-file "{site.tls.key}"; }};\n'


def _listen_tls(site: ServerSite) -> str:
    return f"  listen-on port {site.tls.port} tls own {{ 127.0.0.1; }};\n" if site.tls else ""


def _recursion(site: ServerSite) -> str:
    if not site.upstream:
        return "  recursion no;\n"
    return f"  recursion yes;\n  forward only;\n  forwarders {{ 127.0.0.1 port {site.upstream}; }};\n"


SERVER = Server("bind", "BIND", "named", "bind9", ("named", "-v"), command)
