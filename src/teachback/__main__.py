"""Run the command line: `teachback ...` or `python -m teachback ...`."""

import atexit
import gc
import os
import sys


def main() -> None:
    """Run the command line and exit with its code."""
    # Searching for pydantic plugins of other programs takes time, and none are wanted here.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # Most objects live until the run ends: looking for garbage takes a tenth of its time.
    gc.set_threshold(1_000_000)
    # Python would look for garbage once more at the end: a sixth of the time of a check.
    # Registered first, so that it is done last: others tidy up before it.
    atexit.register(gc.freeze)
    from teachback.cli.context import install_guard, open_streams

    open_streams()
    install_guard()
    from teachback.cli.app import run

    sys.exit(finished(run(sys.argv[1:])))


def finished(code: int) -> int:
    """Return the exit code of a run, raised to 1 if output was lost.

    Output is lost when standard output cannot take what was printed.
    """
    from teachback.cli.context import all_output_written, lost_output

    lost = lost_output()
    if lost is not None:
        sys.stderr.write(f"teachback: {lost.message}\n    {lost.hint}\n")
    return code if all_output_written() else max(code, 1)


if __name__ == "__main__":
    main()
