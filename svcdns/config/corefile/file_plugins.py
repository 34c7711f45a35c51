"""`hosts`, `file` and `auto`: names from files, and lines of hosts files within the Corefile."""

from svcdns.config.corefile import server_block
from svcdns.config.corefile.corefile_parser import Directive
from svcdns.config.corefile.server_block import ServerBlock
from svcdns.config.corefile.translation_state import Translation, single_argument
from svcdns.dns.table import hosts_encoding
from svcdns.dns.wire import names

_DEFAULT_HOSTS_TTL = "3600"
_ZONE_FILE_PATTERN = (r"(.*)\.zone", "{1}")
"""The pattern and origin of `auto` that mean the same as a folder of zone files for svcdns."""


def translate_hosts(block: ServerBlock, plugin: Directive, translation: Translation) -> None:
    """Translate `hosts [FILE [ZONES]] { ADDRESS NAME... }`: the file first, then the lines."""
    file = (*plugin.args, "/etc/hosts")[0]
    zones = block.zones_or_default(plugin, plugin.args[1:], translation)
    translation.add_values(
        plugin, "hosts", *([file] if "." in zones else [f"{zone}={file}" for zone in zones])
    )
    for option in plugin.options:
        _translate_hosts_option(option, zones, translation)

    option_names = {option.name for option in plugin.options}
    if "ttl" not in option_names:
        translation.set_value(plugin, "hosts_ttl", _DEFAULT_HOSTS_TTL, is_coredns_default=True)
    if "fallthrough" not in option_names:
        translation.report_difference(plugin, "a name that is not there is looked up elsewhere, not NXDOMAIN")


def _translate_hosts_option(option: Directive, zones: tuple[str, ...], translation: Translation) -> None:
    match option.name:
        case "fallthrough":
            through = server_block.read_zones(option, option.args, translation) or (".",)
            if not all(server_block.contains_name(through, zone) for zone in zones):
                translation.report_difference(
                    option, "names of all zones that are not there are looked up elsewhere"
                )
        case "ttl":
            translation.set_value(option, "hosts_ttl", single_argument(option.args))
        case "no_reverse":
            translation.report_unsupported(option, "the addresses are resolved to their names")
        case "reload":
            translation.report_note(option, "not needed: a file is read again as soon as it changes")
        case "fallthrough_unsupported":
            translation.report_unsupported(option, "a name that is there has no other types")
        case _:
            _translate_hosts_line(option, zones, translation)


def _translate_hosts_line(directive: Directive, zones: tuple[str, ...], translation: Translation) -> None:
    """Add a line of a hosts file, without the names outside the zones; a faulty name costs only itself."""
    text = " ".join((directive.name, *directive.args))
    parsed = hosts_encoding.parse_hosts(text.encode("utf-8", "surrogateescape"))
    for _, message in parsed.problems:
        translation.report_difference(directive, f"left out: {message}")

    origins = [names.from_text(zone) for zone in zones]
    for line in parsed.lines:
        inside = [
            names.to_text(name).removesuffix(".")
            for name in line.names
            if any(names.is_subdomain(name, origin) for origin in origins)
        ]
        if inside:
            translation.add_values(directive, "hosts", " ".join((directive.name, *inside)))


def translate_file(block: ServerBlock, plugin: Directive, translation: Translation) -> None:
    """Translate `file FILE [ZONES]`: the file of each zone, which is its origin."""
    if not plugin.args:
        translation.report_error(plugin, "`file FILE [ZONE]` was expected")
        return

    zones = block.zones_or_default(plugin, plugin.args[1:], translation)
    translation.add_values(plugin, "zonefiles", *[f"{zone}={plugin.args[0]}" for zone in zones])
    _report_file_options(plugin, translation)


def translate_auto(block: ServerBlock, plugin: Directive, translation: Translation) -> None:
    """Translate `auto { directory FOLDER [PATTERN ORIGIN] }`."""
    directory = next((option for option in plugin.options if option.name == "directory"), plugin)
    if directory is plugin or not directory.args:
        translation.report_error(plugin, "`directory FOLDER` was expected")
        return

    translation.add_values(directory, "zonefiles", directory.args[0])

    if directory.args[1:] != _ZONE_FILE_PATTERN:
        translation.report_difference(
            directory, "its files must be called as their zones, as example.org.zone"
        )

    _report_file_options(plugin, translation)


def _report_file_options(plugin: Directive, translation: Translation) -> None:
    for option in plugin.options:
        if option.name == "fallthrough":
            translation.report_difference(option, "a name that is not in its zone file is NXDOMAIN")
        elif option.name not in ("reload", "reload_by_mtime", "upstream", "directory"):
            translation.report_unsupported(option)
