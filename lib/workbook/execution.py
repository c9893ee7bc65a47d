"""Executes one notebook with papermill in its own kernel, for `workbook run` and for each point of a sweep."""

import logging
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from lib.common.files import CACHE, atomic_write, read_json
from lib.common.homes import home_environment
from lib.common.progress import LISTENER
from lib.workbook.portable import make_portable

# papermill takes a second to import. It is imported where it is used, so that help and usage errors appear at once.

ERROR_LINES = 8
MAX_STARTS = 3  # how often a kernel is started that dies before it answers
# What a line shows no more because a progress bar returned to its start. nbclient's own pattern finds the same, but is
# not bound to the start of a line: it takes hours over a printed line of megabytes.
OVERWRITTEN = re.compile(r"^.*\r(?=[^\n])", re.MULTILINE)
START_TIMEOUT = 600  # seconds for a kernel to answer, so long because a busy disk loads torch slowly


def kernel_environment(progress: Path) -> dict[str, str]:
    """The environment of a kernel that writes its progress to the file `progress` and draws figures inline."""
    environment = {"OMP_WAIT_POLICY": "PASSIVE"}  # threads that wait actively halve the speed of a busy machine
    environment |= os.environ | home_environment() | {LISTENER: str(progress), "WORKBOOK_CACHE": str(CACHE)}
    environment.pop("MPLBACKEND", None)  # with another backend the executed notebook would have no figures
    return environment


def no_template(path: Path) -> str:
    """papermill fills in {placeholders} in paths; a folder's own braces must stay what they are."""
    return str(path).replace("{", "{{").replace("}", "}}")


def execute(
    notebook: Path,
    output: Path,
    parameters: dict[str, object],
    environment: Mapping[str, str],
    started: Callable[[int], None] | None = None,
) -> tuple[str, list[str]]:
    """Execute one notebook in its own kernel, in the notebook's folder.

    Args:
        notebook: the notebook to execute.
        output: where to write it with its outputs, and with the pictures of its Markdown cells inside.
        parameters: values of its parameters, already checked.
        environment: the environment variables of the kernel.
        started: called with the process number of each kernel that starts.

    Returns:
        The state ("done", "failed" or "interrupted") and the lines of the error as plain text.
    """
    outcome = "done", []
    try:
        with atomic_write(output) as target:
            outcome = _papermill(notebook, target, parameters, kernel_manager(environment, started))
            read_json(target)  # raises if a full disk cut the file off, so that it is not kept
            make_portable(target, notebook.parent)
    except (OSError, ValueError) as error:
        return ("failed", error_lines(type(error).__name__, str(error), [])) if outcome[0] == "done" else outcome
    return outcome


def _papermill(
    notebook: Path, target: Path, parameters: dict[str, object], manager: type, starts: int = MAX_STARTS
) -> tuple[str, list[str]]:
    import papermill
    from nbclient import client
    from nbclient.exceptions import DeadKernelError

    client._RGX_CARRIAGERETURN = OVERWRITTEN
    logging.getLogger("papermill").setLevel(logging.CRITICAL + 1)  # the runner says it in one sentence
    try:
        papermill.execute_notebook(
            no_template(notebook),
            no_template(target),
            parameters,
            kernel_name="python3",
            start_timeout=START_TIMEOUT,
            cwd=notebook.parent,
            progress_bar=False,
            coalesce_streams=True,  # a progress bar's many fragments become one output
            kernel_manager_class=manager,
        )
    except papermill.PapermillExecutionError as error:
        return "failed", error_lines(error.ename, error.evalue, error.traceback)
    except DeadKernelError:
        return "failed", ["The kernel died (killed, often because memory ran out)" + _last_cell(target)]
    except KeyboardInterrupt:
        return "interrupted", []
    except Exception as error:  # for example a full disk; it must not stop the other notebooks
        # The ports of a kernel are chosen before it opens them. Another process may have opened one meanwhile.
        if "Kernel died before replying" in str(error) and starts > 1:
            return _papermill(notebook, target, parameters, manager, starts - 1)
        return "failed", error_lines(type(error).__name__, str(error), [])
    return "done", []


def kernel_manager(environment: Mapping[str, str], started: Callable[[int], None] | None) -> type:
    """A class of kernel managers that start kernels of this Python, whatever kernels the machine has.

    Messages of the kernel process itself do not reach the terminal: it warns that it uses local TCP, and after Ctrl-C
    it prints pages about closed sockets. The output of cells is not affected.

    Args:
        environment: the environment variables of the kernels.
        started: called with the process number of each kernel that starts.
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
            if started is not None:
                started(self.provisioner.pid)

    return OwnKernelManager


def error_lines(name: str, message: str, traceback: list[str]) -> list[str]:
    """The lines that describe an exception: `Name: message`, then the last lines of its traceback.

    Terminal colors, rulers and blank lines are removed.
    """
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", "\n".join(traceback))
    head = f"{name}: {message}".strip()
    lines = [line.rstrip() for line in text.removesuffix(head).splitlines()]
    lines = [line for line in lines if line.strip("-") and "Traceback (most recent call last)" not in line]
    return [*head.splitlines()[:ERROR_LINES], *lines[-ERROR_LINES:]]


def _last_cell(executed: Path) -> str:
    """The end of a sentence that says where an executed notebook stopped. papermill records when each cell started."""
    with suppress(ValueError, KeyError, IndexError):
        started = [c for c in read_json(executed)["cells"] if c["metadata"].get("papermill", {}).get("start_time")]
        return f" in the cell that begins: {''.join(started[-1]['source']).splitlines()[0]}"
    return "."
