"""``python -m krm_fn`` and the ``krm-fn`` command."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Run the command line and exit with its code.

    Without arguments it is the function: one run, then the process ends, so there is no garbage worth looking for.
    """
    is_function = len(sys.argv) == 1
    if is_function:
        gc.disable()
    from krm_fn.cli import run

    code = run(sys.argv[1:])
    if is_function:
        _leave(code)
    sys.exit(code)


def _leave(code: int) -> None:
    """End the process at once, with what it wrote.

    Python would first take all modules and data apart, object by object: a seventh of a run on a small package, for
    memory that the system takes back in any case. The function keeps no threads, temporary files or exit handlers.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError:  # told by `run` already
            pass
    os._exit(code)


if __name__ == "__main__":
    main()
