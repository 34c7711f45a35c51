"""The settings of the API server source: every time (seconds) and size (bytes); tests shorten them."""

from msgspec import Struct


class ApiServerOptions(Struct, frozen=True, kw_only=True):
    """The defaults suit an API server of Kubernetes 1.24 and later."""

    connect_timeout: float = 5.0
    """The limit for a TCP connection and its TLS handshake."""

    page_timeout: float = 60.0
    """The limit for one page of a list; the API server's own limit for a request is 60 s."""

    watch_quiet_timeout: float = 75.0
    """A watch that says nothing for so long is listed anew: bookmarks come about once a minute.

    A kind without changes may have none: the API server sends only bookmarks newer than the watch.
    """

    stale_after: float = 90.0
    """Answers are marked as stale after so long without a word of a watch or a list."""

    watch_lifetime: tuple[float, float] = (300.0, 600.0)
    """A watch is opened anew after a random time in this range, so that replicas spread over API servers."""

    optional_wait: float = 10.0
    """How long a start waits for a kind that answers do not need."""

    watch_stable_after: float = 1.0
    """A watch is good when the API server sent no ERROR event within this time."""

    resync_interval: float = 1800.0
    """The mean time between two complete lists beside the watch, which find drift (0.5 to 1.5 times it)."""

    backoff_range: tuple[float, float] = (0.1, 30.0)
    """The first and the longest upper bound of the random wait between attempts."""

    max_retry_after: float = 60.0
    """The longest Retry-After that is honoured."""

    credentials_check_interval: float = 10.0
    """The time between two looks at the files of the credentials."""

    plugin_timeout: float = 60.0
    """The limit for an exec plugin to print its credentials."""

    repeat_log_interval: float = 60.0
    """A fault that lasts is logged again after this time."""

    page_objects: int = 500
    """The number of objects in a page, as kubectl's."""
    max_page_bytes: int = 128 << 20
    max_line_bytes: int = 16 << 20
    """The longest event of a watch: etcd holds objects of up to 1.5 MiB; JSON may be some times as large."""
