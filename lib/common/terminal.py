"""How the console scripts print and end: names that a terminal cannot show, Ctrl-C, a pipe that nobody reads."""

import os
import sys
from collections.abc import Callable


def exit_code_of(command: Callable[[], int]) -> int:
    """Run a command and return its exit code: its own, 130 after Ctrl-C, 1 where the reader of its output went away.

    Characters that the terminal cannot show are printed as escapes, instead of ending the command.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # not where a test or another program has put a stream of its own
            stream.reconfigure(errors="backslashreplace")
    try:
        code = command()
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Python flushes once more at its end, and would complain of the same pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
