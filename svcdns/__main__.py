"""`python -m svcdns` and the command `svcdns`."""

import sys

from svcdns.cli import app


def main() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(app.run(sys.argv[1:]))


if __name__ == "__main__":
    main()
