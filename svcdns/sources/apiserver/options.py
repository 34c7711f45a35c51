"""Every time (seconds) and size (bytes) of the API server source, in one place: tests shorten them."""

from msgspec import Struct


class ApiServerOptions(Struct, frozen=True, kw_only=True):
    """The defaults suit an API server of Kubernetes 1.24 and later."""

    connect_timeout: float = 5.0
    """For a TCP connection and its TLS handshake."""

    page_timeout: float = 60.0
    """For one page of a list; the API server's own limit of a request is 60 s."""

    watch_quiet_timeout: float = 75.0
    """A watch that says nothing for so long is listed anew: bookmarks come about once a minute. A kind to
    which nothing happens may have none: the API server sends none that is not newer than the watch."""

    stale_after: float = 90.0
    """After so long without a word, neither of a watch nor of a list, the answers are marked."""

    watch_lifetime: tuple[float, float] = (300.0, 600.0)
    """A watch is opened anew after a random time, so that replicas spread over API servers."""

    optional_wait: float = 10.0
    """For a kind that answers do without a start waits no longer."""

    watch_stable_after: float = 1.0
    """A watch that was accepted and not refused by an ERROR event within this time is good."""

    resync_interval: float = 1800.0
    """Between two whole lists beside the watch (half to one and a half of it), to find drift."""

    backoff_range: tuple[float, float] = (0.1, 30.0)
    """First and longest range of the random wait between attempts."""

    max_retry_after: float = 60.0
    """The longest Retry-After that is honoured."""

    credentials_check_interval: float = 10.0
    """Between two looks at the files of the credentials."""

    plugin_timeout: float = 60.0
    """For an exec plugin to print its credentials."""

    repeat_log_interval: float = 60.0
    """The same trouble is logged again after this time."""

    page_objects: int = 500
    max_page_bytes: int = 128 << 20
    max_line_bytes: int = 16 << 20
    """etcd holds objects of up to 1.5 MiB; JSON may be some times as large."""
