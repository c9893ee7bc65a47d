"""The command `workbook`: check parameters, execute notebooks with papermill, say how it went, build the report.

The runner never looks into a notebook's work. It passes parameters in, reads what the notebook left in its folder
of the run (`results.json`), and follows long work through one line of text that the kernel rewrites in a small file
(named in the environment variable WORKBOOK_PROGRESS, "epoch 3/30").
"""

import argparse
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from lib.files import NOTEBOOKS, OUTPUTS, atomic_write, read_json, write_json
from lib.parameters import (
    Notebook,
    UsageError,
    assign,
    assign_option,
    inspect,
    no_template,
    profile_parameters,
    quiet_papermill,
    select,
)
from lib.results import COMPARISON, load_run, results_table, short_names

# papermill, nbconvert and pandas take seconds to import: they are imported where they are used, so that the help and
# most mistakes are answered at once.

ERROR_LINES = 8


@contextmanager
def kernel_environment(progress: Path) -> Iterator[None]:
    """What kernels inherit: this environment's own `python3` kernel first, figures inline, the progress file."""
    before = dict(os.environ)
    own = str(Path(sys.prefix) / "share" / "jupyter")
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, [own, before.get("JUPYTER_PATH")]))
    os.environ["WORKBOOK_PROGRESS"] = str(progress)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # spinning threads halve the speed on a busy machine
    os.environ.pop("MPLBACKEND", None)  # any other backend would leave the executed notebook without figures
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def execute(notebook: Path, output: Path, parameters: dict[str, object]) -> tuple[str, list[str]]:
    """Execute one notebook in a kernel of its own, in the notebook's folder, and write it with outputs to `output`.

    Returns the state ("done", "failed" or "interrupted") and the last lines of the error, plain text. The parameters
    are taken as checked.
    """
    import papermill
    from nbclient.exceptions import DeadKernelError

    with atomic_write(output) as target, quiet_papermill():
        try:
            papermill.execute_notebook(
                no_template(notebook),
                no_template(target),
                parameters,
                kernel_name="python3",
                cwd=notebook.parent,
                progress_bar=False,
                coalesce_streams=True,  # a progress bar's many fragments become one output
                kernel_manager_class=quiet_kernel_manager(),
            )
        except papermill.PapermillExecutionError as error:
            return "failed", error_lines(error.ename, error.evalue, error.traceback)
        except DeadKernelError:
            return "failed", ["The kernel died (killed, often for want of memory)" + _last_cell(target)]
        except KeyboardInterrupt:
            return "interrupted", []
        except Exception as error:  # a disk that is full, a kernel that does not start: the other notebooks go on
            return "failed", error_lines(type(error).__name__, str(error), [])
    return "done", []


def quiet_kernel_manager() -> type:
    """A kernel manager that keeps the kernels' own messages off the terminal; what cells print is not among them.

    A kernel warns that it talks over local TCP, and one that is stopped by Ctrl-C prints pages about closed sockets.
    """
    from jupyter_client import AsyncKernelManager

    class QuietKernelManager(AsyncKernelManager):
        async def start_kernel(self, **options: object) -> None:
            await super().start_kernel(stderr=subprocess.DEVNULL, **options)

    return QuietKernelManager


def error_lines(name: str, message: str, traceback: list[str]) -> list[str]:
    """`Name: message` first, then the traceback's last lines, without colours, rulers and blank lines."""
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


class LiveLine:
    """One notebook's state on one line of the terminal; a thread refreshes it while the main thread executes.

    Where stdout is no terminal nothing is shown: the line at the notebook's end is enough for a log.
    """

    def __init__(self, stem: str, width: int, progress: Path):
        self.name, self.progress = f"{stem:<{width}}", progress
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._refresh, daemon=True)

    def __enter__(self) -> "LiveLine":
        if sys.stdout.isatty():
            self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        if self.thread.ident is not None:
            self.thread.join()

    def _refresh(self) -> None:
        from tqdm import tqdm

        started, shown = time.monotonic(), None
        label, done, total = "", 0, 0
        bar = tqdm(total=1, bar_format="{desc}", leave=False, dynamic_ncols=True, file=sys.stdout)
        while not self.stop.wait(0.25):
            label, done, total = read_progress(self.progress) or (label, done, total)
            if (label, total) != shown:  # other work: its time left is counted from here
                shown = (label, total)
                bar.reset(total or 1)
                bar.initial = done
            bar.bar_format = "{desc}  {bar:20}  {remaining} left" if done < total else "{desc}"
            bar.n = done
            count = f" {done}/{total}" if total else ""
            bar.set_description_str(f"{self.name}   running   {clock(time.monotonic() - started)}   {label}{count}")
        bar.close()


def read_progress(path: Path) -> tuple[str, int, int] | None:
    """(label, done, total) of a progress file that holds "label done/total"; None while it holds nothing of the kind.

    The kernel writes while we read, so an empty file is normal and says nothing.
    """
    with suppress(OSError, UnicodeDecodeError):
        match = re.fullmatch(r"(.*?)\s*(\d+)/(\d+)", path.read_text(encoding="utf-8").strip())
        return (match[1][:60], int(match[2]), int(match[3])) if match else None
    return None


def clock(seconds: float) -> str:
    """Seconds as m:ss, or h:mm:ss."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def run(options: argparse.Namespace) -> int:
    """`workbook run`: returns the exit code, 0 where every notebook was done and every photograph could be used."""
    from lib.report import write_report

    notebooks = [inspect(path) for path in sorted(NOTEBOOKS.glob("*.ipynb"))]
    selected = select(notebooks, options.only)
    folder = run_folder(options.output, options.profile)
    parameters = profile_parameters(notebooks, NOTEBOOKS / "parameters" / f"{options.profile}.yaml")
    for name, text in options.parameters:
        assign_option(parameters, selected, name, text)
    for name in ("data", "methods"):  # a path is seen from the user's folder, kernels run in the notebooks'
        value = getattr(options, name)
        if value is not None:
            if name == "methods" and not Path(value).is_file():
                raise UsageError(f"--methods: {value} is no file.")
            value = str(Path(value).resolve()) if Path(value).exists() else value
            assign(parameters, selected, {name: value}, f"--{name}")
    assign(parameters, selected, {"run": str(folder)}, "the run's folder")

    print_data(selected, parameters)
    record = new_record(folder, options, [(notebook.stem, parameters[notebook.stem]) for notebook in selected])
    for notebook in selected:
        if execute_recorded(notebook, folder, record, max(len(n.stem) for n in selected)) == "interrupted":
            break
    record["finished"] = now()
    write_json(folder / "run.json", record)
    states = [record["notebooks"][notebook.stem]["state"] for notebook in selected]
    page = write_report(folder)
    files = load_run(folder)
    print_results(files.rows)
    for line in files.skipped:
        print(f"left out: {line}")
    print(", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states)))
    print(page)
    return 130 if "interrupted" in states else int(states != ["done"] * len(states) or bool(files.skipped))


def run_folder(output: str | None, profile: str) -> Path:
    """The run's folder, absolute: `output`, or a new one named by time and profile. It is not made yet."""
    if output is None:
        return OUTPUTS / f"{datetime.now():%Y%m%d-%H%M%S}-{profile}"
    folder = Path(output).expanduser().resolve()
    if folder.exists() and not (folder / "run.json").exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"--output: {output} is there and is no folder of a run; name a new one.")
    return folder


def print_data(selected: list[Notebook], parameters: dict[str, dict]) -> None:
    """The first line of a run: which data it uses. A name or folder that is none ends the run here."""
    from lib.sources import describe_source

    for data in dict.fromkeys(parameters[n.stem].get("data", n.defaults.get("data")) for n in selected):
        try:
            print(f"Data: {describe_source(data)}", flush=True)
        except (ValueError, OSError) as error:
            raise UsageError(str(error)) from None


def new_record(folder: Path, options: argparse.Namespace, planned: list[tuple[str, dict]]) -> dict:
    """run.json at the start: what was asked, and what is to be done. A run into an old folder keeps its others."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "run.json"
    kept = read_json(path)["notebooks"] if path.exists() else {}
    kept.pop(COMPARISON, None)  # it gathers the others' results, which are about to change
    stale = {stem for stem, _ in planned} | {COMPARISON}
    for stem in stale:  # an older result must not pass for this run's
        (folder / stem / "results.json").unlink(missing_ok=True)
        for suffix in (".ipynb", ".html"):
            (folder / f"{stem}{suffix}").unlink(missing_ok=True)
    plan = {stem: {"state": "not run", "seconds": None, "parameters": p, "error": []} for stem, p in planned}
    record = {
        "profile": options.profile,
        "data": options.data,
        "parameters": dict(options.parameters),
        "only": options.only,
        "started": now(),
        "finished": None,
        "notebooks": dict(sorted({**kept, **plan}.items())),
    }
    write_json(path, record)
    return record


def execute_recorded(notebook: Notebook, folder: Path, record: dict, width: int) -> str:
    """Execute one notebook of a run with its live line, keep run.json up to date, and return the state."""
    entry, progress = record["notebooks"][notebook.stem], folder / f".{notebook.stem}.progress"
    entry["state"] = "running"
    write_json(folder / "run.json", record)
    started = time.monotonic()
    try:
        with kernel_environment(progress), LiveLine(notebook.stem, width, progress):
            output = folder / f"{notebook.stem}.ipynb"
            entry["state"], entry["error"] = execute(notebook.path, output, entry["parameters"])
    except KeyboardInterrupt:  # between two cells of ours rather than inside papermill
        entry["state"] = "interrupted"
    finally:
        progress.unlink(missing_ok=True)
    entry["seconds"] = round(time.monotonic() - started, 1)
    write_json(folder / "run.json", record)
    print(f"{notebook.stem:<{width}}   {entry['state']:<7}   {clock(entry['seconds'])}", flush=True)
    for line in entry["error"]:
        print(f"    {line}", flush=True)
    return entry["state"]


def print_results(rows: list[dict]) -> None:
    """The results table as the terminal shows it: short names, an interval for the first metric only."""
    table = results_table(rows)
    if table.empty:
        return
    table.iloc[:, 1:] = table.iloc[:, 1:].map(lambda cell: cell.partition(" ")[0])
    print(f"\n{table.rename(columns=short_names()).to_string()}\n")


def now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    main_parser = argparse.ArgumentParser(prog="workbook", description=__doc__.splitlines()[0])
    commands = main_parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("run", help="execute the notebooks and build the page of the run")
    command.add_argument("--profile", default="quick", help="notebooks/parameters/<PROFILE>.yaml (quick)")
    command.add_argument("--only", metavar="02,03", help="only these notebooks, by number")
    command.add_argument(
        "-p",
        dest="parameters",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "VALUE"),
        help="a parameter of every chosen notebook that has it; may be repeated; a list is written '[1, 2]'",
    )
    command.add_argument("--data", metavar="NAME_OR_PATH", help="the pictures: a source's name or a folder")
    command.add_argument("--methods", metavar="FILE", help="a Python file with METHODS of your own, for the table")
    command.add_argument("--output", metavar="FOLDER", help="the run's folder (outputs/<time>-<profile>)")
    command.set_defaults(action=run)
    command = commands.add_parser("report", help="build the page of a run again")
    command.add_argument("folder", help="the folder of a run")
    command.set_defaults(action=report)
    return main_parser


def report(options: argparse.Namespace) -> int:
    """`workbook report FOLDER`."""
    from lib.report import write_report

    folder = Path(options.folder).resolve()
    if not folder.is_dir():
        raise UsageError(f"{options.folder} is no folder; name the folder of a run, like outputs/<run>.")
    print(write_report(folder))
    return 0


def main(arguments: list[str] | None = None) -> int:
    """The console script: 0 done, 1 a notebook failed, 2 a mistake in what was asked, 130 stopped by Ctrl-C."""
    options = parser().parse_args(arguments)
    try:
        return options.action(options)
    except UsageError as error:
        print(f"workbook: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
