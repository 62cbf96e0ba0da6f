"""Run the command line: `teachback ...` or `python -m teachback ...`."""

import atexit
import gc
import os
import sys


def main() -> None:
    """Run the command line and exit with its code."""
    # Pydantic would search for plugins of other programs. That takes time, and none is used here.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # Most objects live until the run ends, and looking for garbage takes a tenth of its time.
    gc.set_threshold(1_000_000)
    # Python would look for garbage once more at the end, for a sixth of the time of a check.
    # What is registered first runs last, after others have tidied up.
    atexit.register(gc.freeze)
    from teachback.cli.context import install_guard, open_streams

    open_streams()
    install_guard()
    from teachback.cli.app import run

    sys.exit(_exit_code(run(sys.argv[1:])))


def _exit_code(code: int) -> int:
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
