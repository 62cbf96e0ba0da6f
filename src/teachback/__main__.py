"""Start the command: `teachback ...` or `python -m teachback ...`."""

import os
import sys


def main() -> None:
    """Run the command line and exit with its code."""
    # Looking for other programs' plug-ins of pydantic takes time, and they have no business here.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from teachback.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
