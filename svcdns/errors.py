"""Every exception that svcdns raises for its users.

    SvcdnsError
    ├── ConfigError       a setting is unknown or wrong: key, line, what would be right
    ├── ManifestError     a manifest file cannot be read at all
    ├── ZoneFileError     a zone file, or a record in one, cannot be read
    ├── ObjectError       one Kubernetes object breaks a rule: field, what is wrong
    ├── SourceError       the API server cannot be reached or refuses us
    ├── TableError        the state folder or its table cannot be used
    ├── TableDamagedError a TableError: the table is damaged, and has to be made anew
    ├── ListenError       an address cannot be bound
    └── DomainNameError   text that is no domain name

Each message says what would be right. The command line prints it after `svcdns: ` and ends with
`exit_code`.
"""


class SvcdnsError(Exception):
    """The base of all; it is not raised itself."""

    exit_code = 1
    """What the command ends with."""


class ConfigError(SvcdnsError):
    """A setting is unknown or has a bad value."""

    # As for a bad flag: both are mistakes of whoever calls, before anything was done.
    exit_code = 2

    def __init__(self, message: str, files: tuple[str, ...] = ()) -> None:
        """`files` are the paths of the files that may be to blame."""
        super().__init__(message)
        self.files = files


class ManifestError(SvcdnsError):
    """A manifest file or folder cannot be read."""


class ZoneFileError(SvcdnsError):
    """A zone file or folder, or a record in one, cannot be read."""


class ObjectError(SvcdnsError):
    """One Kubernetes object breaks a rule; the message is as the API server would say it."""

    def __init__(self, field: str, message: str) -> None:
        """`field` is the path in the object (`spec.ports[1].port`); empty for the object as a whole."""
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field


class SourceError(SvcdnsError):
    """The API server cannot be reached, or refuses us."""


class TableError(SvcdnsError):
    """The state folder or its table cannot be used."""


class TableDamagedError(TableError):
    """The table is damaged, so it has to be made anew."""


class ListenError(SvcdnsError):
    """An address cannot be bound."""


class DomainNameError(SvcdnsError, ValueError):
    """Text or bytes that are no domain name (RFC 1035 2.3.4)."""
