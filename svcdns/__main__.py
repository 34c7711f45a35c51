"""`python -m svcdns` and the command `svcdns`."""

import io
import sys

from svcdns.cli import app


def main() -> None:
    """Run the command line and end the process with its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # names of files may be no text
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(app.run(sys.argv[1:]))


if __name__ == "__main__":
    main()
