"""`hosts`, `file`, `auto`: names from files, and lines of hosts files that stand in the Corefile."""

from pathlib import PurePath

from svcdns.config import hostslines
from svcdns.config.corefile import scope
from svcdns.config.corefile.parser import Directive
from svcdns.config.corefile.scope import Scope
from svcdns.config.corefile.translation import Translation, only
from svcdns.config.hostslines import HostsLine

_HOSTS_TTL = "3600"
_OURS = (r"(.*)\.zone", "{1}")
"""The pattern and origin of `auto` that are those of a folder of ours."""


def hosts(block: Scope, plugin: Directive, found: Translation) -> None:
    """`hosts [FILE [ZONES]] { ADDRESS NAME... }`: the file, then the lines."""
    file = (*plugin.args, "/etc/hosts")[0]
    zones = block.zones_or_own(plugin, plugin.args[1:], found)
    found.add(plugin, "hosts", file)
    for option in plugin.body:
        _hosts_option(option, zones, found)
    given = {option.name for option in plugin.body}
    if "ttl" not in given:
        found.put(plugin, "hosts_ttl", _HOSTS_TTL, implied=True)
    if "fallthrough" not in given:
        found.differs(plugin, "a name that is not there is looked up elsewhere, not NXDOMAIN")
    if "." not in zones:
        found.differs(plugin, f"all names of {file} are answered, not only those of its zones")


def _hosts_option(option: Directive, zones: tuple[str, ...], found: Translation) -> None:
    match option.name:
        case "fallthrough":
            through = scope.zones(option, option.args, found) or (".",)
            if not all(scope.covers(through, zone) for zone in zones):
                found.differs(option, "names of all zones that are not there are looked up elsewhere")
        case "ttl":
            found.put(option, "hosts_ttl", only(option.args))
        case "no_reverse":
            found.unsupported(option, "the addresses are resolved to their names")
        case "reload":
            found.note(option, "not needed: a file is read again as soon as it changes")
        case "fallthrough_unsupported":
            found.unsupported(option, "a name that is there has no other types")
        case _:
            _line(option, zones, found)


def _line(written: Directive, zones: tuple[str, ...], found: Translation) -> None:
    """A line of a hosts file, with those of its names that are in the zones."""
    try:
        line = hostslines.line(" ".join((written.name, *written.args)))
    except ValueError as error:
        found.wrong(written, error)
        return
    inside = tuple(name for name in line.names if scope.covers(zones, name))
    if inside:
        found.add(written, "hosts", str(HostsLine(line.address, inside)))


def file(block: Scope, plugin: Directive, found: Translation) -> None:
    """`file FILE [ZONES]`, which is one zone."""
    if not plugin.args:
        found.wrong(plugin, "`file FILE [ZONE]` was expected")
        return
    zones = block.zones_or_own(plugin, plugin.args[1:], found)
    found.add(plugin, "zonefiles", plugin.args[0])
    if len(zones) > 1:
        found.differs(plugin, "a file is one zone, that of its SOA")
    elif PurePath(plugin.args[0]).name != f"{zones[0]}.zone":
        found.note(plugin, f"the file itself says its zone: `$ORIGIN {zones[0]}.` in its first line")
    _file_options(plugin, found)


def auto(block: Scope, plugin: Directive, found: Translation) -> None:
    """`auto { directory FOLDER [PATTERN ORIGIN] }`."""
    directory = next((option for option in plugin.body if option.name == "directory"), plugin)
    if directory is plugin or not directory.args:
        found.wrong(plugin, "`directory FOLDER` was expected")
        return
    found.add(directory, "zonefiles", directory.args[0])
    if directory.args[1:] != _OURS:
        found.differs(directory, "its files must be called as their zones, as example.org.zone")
    _file_options(plugin, found)


def _file_options(plugin: Directive, found: Translation) -> None:
    for option in plugin.body:
        if option.name == "fallthrough":
            found.differs(option, "a name that is not in its zone file is NXDOMAIN")
        elif option.name not in ("reload", "reload_by_mtime", "upstream", "directory"):
            found.unsupported(option)
