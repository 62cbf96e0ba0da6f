"""Start the command: `teachback ...` or `python -m teachback ...`."""

import gc
import os
import sys
import threading

# What has duties when a program ends: processes to wait for, folders to remove.
_DUTIES = ("multiprocessing", "tempfile", "weasyprint", "distributed")


def main() -> None:
    """Run the command line and exit with its code."""
    # Looking for other programs' plug-ins of pydantic takes time, and they have no business here.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # A run makes much that lasts until its end, and little garbage: looking for it 700 objects apart takes a tenth of the time. A check of
    # one handout ends before it would first be looked for.
    gc.set_threshold(200_000, 20, 50)
    from teachback.cli.context import install_guard, open_streams

    open_streams()
    install_guard()
    from teachback.cli.app import run

    code = finished(run(sys.argv[1:]))
    # What is left goes with the process.
    gc.freeze()
    _leave(code)


def finished(code: int) -> int:
    """Return the exit code of a run: 1 where all was done, and standard output could not take what was printed."""
    from teachback.cli.context import all_output_written, lost_output

    lost = lost_output()
    if lost is not None:
        sys.stderr.write(f"teachback: {lost.message}\n    {lost.hint}\n")
    return code if all_output_written() else max(code, 1)


def _leave(code: int) -> None:
    """Exit; where nothing has duties at the end, without taking all that was made apart first: that is a fourteenth of a check."""
    sys.stdout.flush()
    sys.stderr.flush()
    if threading.active_count() == 1 and not any(name in sys.modules for name in _DUTIES):
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    main()
