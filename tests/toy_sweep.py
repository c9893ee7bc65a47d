"""A sweep of a toy notebook for the tests of sweeps: its notebook, its command and its processes."""

import subprocess
import sys
import time
from pathlib import Path

import yaml
from toys import write_notebook

from lib.commands import workbook
from lib.common.files import read_json, write_json
from lib.workbook.sweeps import command
from lib.workbook.sweeps.fingerprints import fingerprints
from lib.workbook.sweeps.job import Job

PARAMETERS = """
rate: float = 0.5
how: str = ""
seed: int = 0
run: str = ""
"""
# The kernel logs its start in the file `started` of the sweep's folder, and waits while there is a file `hold`.
BODY = """
import json, os, pathlib, signal, time

point = pathlib.Path(run)
sweep = point.parent
pathlib.Path(os.environ["WORKBOOK_PROGRESS"]).write_text("counting 3/7")
with open(sweep / "started", "a") as log:
    log.write(f"{point.name} {os.getpid()} {os.getppid()}\\n")
while (sweep / "hold").exists():
    time.sleep(0.05)
if how == "raises" and not (sweep / "mended").exists():
    raise ValueError("it went badly")
if how == "dies" and not (sweep / "mended").exists():
    os.kill(os.getpid(), signal.SIGKILL)
if how == "fills":
    try:
        (point / "filler").write_bytes(bytes(50_000_000))
    finally:
        (point / "filler").unlink()
folder = point / "01_toy"
folder.mkdir(exist_ok=True)
rows = [{"method": "gray_copy", "settings": {}, "label": "gray copy", "metric": "psnr", "n": 1, "low": None}]
rows[0] |= {"high": None, "value": 20 + rate + seed}
results = {"notebook": "01_toy", "parameters": {"rate": rate, "how": how, "seed": seed}, "seed": seed, "rows": rows}
results |= {"fingerprints": json.loads(os.environ["WORKBOOK_FINGERPRINTS"]), "data": {}, "artifacts": {}}
results |= {"threads": os.environ["OMP_NUM_THREADS"]}
(folder / "results.json.part").write_text(json.dumps(results))
(folder / "results.json.part").rename(folder / "results.json")
"""


class ToySweep:
    """A sweep of the toy notebook, run as a separate process."""

    def __init__(self, folder: Path, output: Path):
        self.notebook = write_notebook(folder, "01_toy", BODY, parameters=PARAMETERS)
        self.file, self.output = folder / "toy.yaml", output
        output.mkdir(exist_ok=True)
        # Without it, a folder that is not empty is refused.
        write_json(output / "sweep.json", {"notebook": "01_toy", "points": []})
        self.processes = []

    def command(self, *options: str) -> list[str]:
        run = "import sys; from lib.commands.workbook import main; sys.exit(main())"
        fixed = ["sweep", str(self.notebook), str(self.file), "--output", str(self.output)]
        return [sys.executable, "-c", run, *fixed, *options]

    def start(self, content: dict, *options: str) -> subprocess.Popen:
        """Start `workbook sweep` with this content of the sweep's file."""
        self.file.write_text(yaml.safe_dump(content))
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        process = subprocess.Popen(self.command(*options), start_new_session=True, **pipes)
        self.processes.append(process)
        return process

    def run(self, content: dict, *options: str) -> tuple[int, str]:
        """The exit code and the output of `workbook sweep` with this content of the sweep's file."""
        return finish(self.start(content, *options))

    def started(self) -> list[list[str]]:
        """(point, kernel, worker) of every kernel that started, in order."""
        log = self.output / "started"
        return [line.split(" ") for line in log.read_text().splitlines()] if log.exists() else []

    def states(self) -> dict[str, str]:
        """The state of every point by its folder's name without the hash."""
        return {p.parent.name.rpartition("-")[0]: read_json(p)["state"] for p in self.output.glob("*/point.json")}

    def wait_for_kernels(self, count: int) -> list[list[str]]:
        wait_until(lambda: len(self.started()) >= count)
        return self.started()

    def hold(self) -> None:
        """Make kernels wait from now on."""
        (self.output / "hold").touch()

    def release(self) -> None:
        """Let the waiting kernels continue."""
        (self.output / "hold").unlink()


def finish(process: subprocess.Popen) -> tuple[int, str]:
    output, _ = process.communicate(timeout=240)
    return process.returncode, output


def wait_until(condition, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition was not met in time"
        time.sleep(0.05)


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def job_of(toy: ToySweep, **values) -> Job:
    """The job of a sweep with one point."""
    toy.file.write_text(yaml.safe_dump({"values": values}))
    plan = command.plan_sweep(workbook.parser().parse_args(toy.command()[3:]))
    (wanted,) = (fingerprints(plan.notebook.path, point.parameters, "") for point in plan.points)
    folder = toy.output / plan.points[0].folder
    return Job(plan.points[0], plan.notebook.path, folder, wanted, toy.output / ".stop.a", threads=1)
