"""One notebook, executed by papermill in a kernel of its own: what `workbook run` and every point of a sweep do."""

import logging
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from lib.common.files import atomic_write, read_json

# papermill takes a second to import: it is imported where it is used, so that help and mistakes are answered at once.

ERROR_LINES = 8
STARTS = 3  # how often a kernel is started that dies before its first word
STARTING = 600  # seconds that a kernel may take for it: torch comes slowly off a disk that others use too


def kernel_environment(progress: Path) -> dict[str, str]:
    """What a kernel inherits: this process's environment, the progress file, and figures inline."""
    environment = {"OMP_WAIT_POLICY": "PASSIVE"}  # spinning threads halve the speed on a busy machine
    environment |= os.environ | {"WORKBOOK_PROGRESS": str(progress)}
    environment.pop("MPLBACKEND", None)  # any other backend would leave the executed notebook without figures
    return environment


@contextmanager
def quiet_papermill() -> Iterator[None]:
    """Silence papermill's log: what it would say is said by the runner, in one sentence."""
    logger = logging.getLogger("papermill")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


def no_template(path: Path) -> str:
    """papermill fills in {placeholders} in paths; a folder's own braces must stay what they are."""
    return str(path).replace("{", "{{").replace("}", "}}")


def execute(
    notebook: Path,
    output: Path,
    parameters: dict[str, object],
    environment: Mapping[str, str],
    started: Callable[[int], None] = lambda process: None,
) -> tuple[str, list[str]]:
    """Execute one notebook in a kernel of its own, in the notebook's folder, and write it with outputs to `output`.

    Returns the state ("done", "failed" or "interrupted") and the last lines of the error, plain text. The parameters
    are taken as checked. `environment` is the kernel's; `started` is told the kernel's process number.
    """
    outcome = "done", []
    try:
        with atomic_write(output) as target:
            outcome = _papermill(notebook, target, parameters, kernel_manager(environment, started))
            read_json(target)  # on a disk that is full half of it was written; that is not kept
    except (OSError, ValueError) as error:
        return ("failed", error_lines(type(error).__name__, str(error), [])) if outcome[0] == "done" else outcome
    return outcome


def _papermill(
    notebook: Path, target: Path, parameters: dict[str, object], manager: type, starts: int = STARTS
) -> tuple[str, list[str]]:
    import papermill
    from nbclient.exceptions import DeadKernelError

    try:
        with quiet_papermill():
            papermill.execute_notebook(
                no_template(notebook),
                no_template(target),
                parameters,
                kernel_name="python3",
                start_timeout=STARTING,
                cwd=notebook.parent,
                progress_bar=False,
                coalesce_streams=True,  # a progress bar's many fragments become one output
                kernel_manager_class=manager,
            )
    except papermill.PapermillExecutionError as error:
        return "failed", error_lines(error.ename, error.evalue, error.traceback)
    except DeadKernelError:
        return "failed", ["The kernel died (killed, often for want of memory)" + _last_cell(target)]
    except KeyboardInterrupt:
        return "interrupted", []
    except Exception as error:  # a disk that is full, a kernel that does not start: the other notebooks go on
        # A kernel's ports are drawn before it takes them, and another process may be first.
        if "Kernel died before replying" in str(error) and starts > 1:
            return _papermill(notebook, target, parameters, manager, starts - 1)
        return "failed", error_lines(type(error).__name__, str(error), [])
    return "done", []


def kernel_manager(environment: Mapping[str, str], started: Callable[[int], None]) -> type:
    """A manager that starts this Python's own kernel, whatever kernels the machine has, in the given environment.

    The kernels' own messages are kept off the terminal; what cells print is not among them. A kernel warns that it
    talks over local TCP, and one that is stopped by Ctrl-C prints pages about closed sockets.
    """
    from ipykernel.kernelspec import get_kernel_dict
    from jupyter_client import AsyncKernelManager
    from jupyter_client.kernelspec import KernelSpec

    class OwnKernelManager(AsyncKernelManager):
        @property
        def kernel_spec(self) -> KernelSpec:
            return KernelSpec(**get_kernel_dict())

        async def start_kernel(self, **options: object) -> None:
            await super().start_kernel(**options | {"stderr": subprocess.DEVNULL, "env": dict(environment)})
            started(self.provisioner.pid)

    return OwnKernelManager


def error_lines(name: str, message: str, traceback: list[str]) -> list[str]:
    """`Name: message` first, then the traceback's last lines, without colors, rulers and blank lines."""
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", "\n".join(traceback))
    head = f"{name}: {message}".strip()
    lines = [line.rstrip() for line in text.removesuffix(head).splitlines()]
    lines = [line for line in lines if line.strip("-") and "Traceback (most recent call last)" not in line]
    return [*head.splitlines()[:ERROR_LINES], *lines[-ERROR_LINES:]]


def _last_cell(executed: Path) -> str:
    """Where an executed notebook stopped, as the end of a sentence; papermill notes in each cell whether it began."""
    with suppress(ValueError, KeyError, IndexError):
        began = [c for c in read_json(executed)["cells"] if c["metadata"].get("papermill", {}).get("start_time")]
        return f" in the cell that begins: {''.join(began[-1]['source']).splitlines()[0]}"
    return "."
