"""What reaches the terminal: names that it cannot show, Ctrl-C, output that nobody takes, libraries that grumble."""

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def exit_code_of(command: Callable[[], int]) -> int:
    """Run a command and return its exit code: its own, 130 after Ctrl-C, 1 where its output cannot be written.

    Characters that the terminal cannot show are printed as escapes, instead of ending the command. Where standard
    output is closed from the start (`>&-`), the command works without it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
            os.set_inheritable(number, True)  # a kernel without them dies
            setattr(sys, name, open(number, "r" if name == "stdin" else "w", encoding="utf-8", closefd=False))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # not where a test or another program has put a stream of its own
            stream.reconfigure(errors="backslashreplace")
    try:
        code = command()
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return 130
    except OSError as error:  # the reader of a pipe went away, or a full disk takes the output
        if not isinstance(error, BrokenPipeError):
            print(f"{os.path.basename(sys.argv[0])}: {error}", file=sys.stderr)
        # Python flushes once more at its end, and would complain of the same.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


@contextmanager
def silent_libraries() -> Iterator[None]:
    """Keep standard error silent: libtiff and libjpeg write there, past Python, what is wrong with a picture.

    PIL's warnings are silenced, too. What a picture cannot be used for is raised as an error all the same.
    """
    terminal, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
        os.close(nothing)
