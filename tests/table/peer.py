"""Another process that reads a live table: `python -m tests.table.peer LIVE`.

    begin       start a transaction, say its version     get KEY   say the key's value, in hex
    end         end it                                   watch N   read until every key's value is N

It is told what to do line by line.
"""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from lmdb import Transaction

from svcdns.table.reader import TableReader


class Peer:
    """The other process, as a test talks to it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def tell(self, *words: object) -> None:
        """A command."""
        assert self.process.stdin is not None
        print(*words, file=self.process.stdin, flush=True)

    def hear(self) -> str:
        """The answer to the oldest command that has none yet."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def ask(self, *words: object) -> str:
        """Both."""
        self.tell(*words)
        return self.hear()

    def get(self, key: bytes) -> bytes | None:
        """A value in the peer's transaction."""
        found = self.ask("get", key.hex())
        return None if found == "None" else bytes.fromhex(found)


@contextlib.contextmanager
def peer(live: Path) -> Iterator[Peer]:
    """One that has opened the table; ended with the block."""
    command = [sys.executable, "-m", "tests.table.peer", str(live)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        made = Peer(process)
        try:
            assert made.hear() == "open"
            yield made
        finally:
            process.kill()


def _main(live: Path) -> None:
    reader = TableReader(live)
    print("open", flush=True)
    transaction: Transaction | None = None
    for line in sys.stdin:
        match line.split():
            case ["begin"]:
                transaction = reader.begin()
                print(transaction.id(), flush=True)
            case ["end"] if transaction is not None:
                transaction.abort()
                print("ended", flush=True)
            case ["get", key] if transaction is not None:
                value = transaction.get(bytes.fromhex(key))
                print(value if value is None else value.hex(), flush=True)
            case ["watch", last]:
                print(*_watch(reader, last.encode()), flush=True)


def _watch(reader: TableReader, last: bytes) -> tuple[int, int]:
    """How many versions were seen until all values are `last`, and how many were mixed of two."""
    versions: set[bytes] = set()
    mixed = 0
    while last not in versions:
        transaction = reader.begin()
        with transaction.cursor() as cursor:
            values = {bytes(value) for _, value in cursor}
        transaction.abort()
        mixed += len(values) != 1
        versions |= values
    return len(versions), mixed


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
