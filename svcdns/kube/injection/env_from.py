"""Which names the `envFrom` of a container may give, when its ConfigMaps and Secrets are not read.

A source gives its prefix and then any key, so all that is known of the names is how they begin.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from svcdns.kube.injection.pod_spec import EnvFrom


class EnvFromPrefixes:
    """The beginnings of the names; none of them begins with another one.

    Every question takes logarithmic time, however many sources there are.
    """

    def __init__(self, sources: Iterable[EnvFrom]) -> None:
        self._sorted: list[str] = []
        for prefix in sorted({source.prefix or "" for source in sources}):
            if not (self._sorted and prefix.startswith(self._sorted[-1])):
                self._sorted.append(prefix)

    @property
    def is_unrestricted(self) -> bool:
        """A source without a prefix may give any name."""
        return self._sorted == [""]

    def may_provide(self, name: str) -> bool:
        """Whether a source may give this name; its key is what follows the prefix, and never empty."""
        after = bisect_right(self._sorted, name)
        return after > 0 and name != self._sorted[after - 1] and name.startswith(self._sorted[after - 1])

    def select_names(self, names: Sequence[str]) -> Iterator[Sequence[str]]:
        """The names that are admitted, of sorted ones: a slice for each prefix."""
        for prefix in self._sorted:
            start = bisect_right(names, prefix)  # the prefix alone is not admitted
            end = bisect_right(names, f"{prefix}\x7f", lo=start)  # they are ASCII
            if start < end:
                yield names[start:end]
