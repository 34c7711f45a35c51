"""`python -m svcdns` and the command `svcdns`."""

import io
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from svcdns.serve.runtime.launch_config import Launch


def main() -> None:
    """Run the command line and end the process with its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # names of files may be no text
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(_serve() if sys.argv[1:2] == ["serve"] else _run())


def _serve() -> int:
    from svcdns.serve.supervisor import entry

    def read() -> object:
        from svcdns.cli import app

        return app.run_for_result(sys.argv[1:])

    def read_again(flags: Mapping[str, Any]) -> "Launch":
        from svcdns.config import launch_builder

        return launch_builder.read(flags)

    return entry.serve(read, read_again)


def _run() -> int:
    from svcdns.cli import app

    return app.run_command_line(sys.argv[1:])


if __name__ == "__main__":
    main()
