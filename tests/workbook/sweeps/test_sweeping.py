"""`workbook sweep` as it is used: real kernels and workers, stopped, killed, starved of disk, and gone on with."""

import io
import json
import os
import resource
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import yaml
from rich.console import Console
from toys import TEST, write_notebook, write_photographs

from lib.commands import workbook
from lib.common.files import NOTEBOOKS, read_json
from lib.data.sources import load_pairs
from lib.workbook.execution import execute, kernel_environment
from lib.workbook.sweeps import command as sweeping
from lib.workbook.sweeps.fingerprints import fingerprints
from lib.workbook.sweeps.job import Job, job_environment, lost, run_job
from lib.workbook.sweeps.live_table import SweepTable

PARAMETERS = """
rate: float = 0.5
how: str = ""
seed: int = 0
run: str = ""
"""
# What a kernel does is told by files beside the sweep: it notes that it started, and waits while `hold` is there.
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
rows = [{"method": "gray copy", "metric": "psnr", "n": 1, "value": 20 + rate + seed, "low": None, "high": None}]
results = {"notebook": "01_toy", "parameters": {"rate": rate, "how": how, "seed": seed}, "seed": seed, "rows": rows}
results |= {"fingerprints": json.loads(os.environ["WORKBOOK_FINGERPRINTS"]), "data": {}, "artifacts": {}}
results |= {"threads": os.environ["OMP_NUM_THREADS"]}
(folder / "results.json.part").write_text(json.dumps(results))
(folder / "results.json.part").rename(folder / "results.json")
"""


class Toy:
    """A sweep of the toy notebook: started as a process of its own, its folder looked into."""

    def __init__(self, folder: Path, output: Path):
        self.notebook = write_notebook(folder, "01_toy", BODY, parameters=PARAMETERS)
        self.file, self.output = folder / "toy.yaml", output
        output.mkdir(exist_ok=True)
        (output / "sweep.json").write_text("{}")  # else a folder that holds something is refused
        self.processes = []

    def command(self, *options: str) -> list[str]:
        run = "import sys; from lib.commands.workbook import main; sys.exit(main())"
        fixed = ["sweep", str(self.notebook), str(self.file), "--output", str(self.output)]
        return [sys.executable, "-c", run, *fixed, *options]

    def start(self, content: dict, *options: str) -> subprocess.Popen:
        self.file.write_text(yaml.safe_dump(content))
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        process = subprocess.Popen(self.command(*options), start_new_session=True, **pipes)
        self.processes.append(process)
        return process

    def run(self, content: dict, *options: str) -> tuple[int, str]:
        return finish(self.start(content, *options))

    def started(self) -> list[list[str]]:
        """(point, kernel, worker) of every kernel that began, in order."""
        log = self.output / "started"
        return [line.split(" ") for line in log.read_text().splitlines()] if log.exists() else []

    def states(self) -> dict[str, str]:
        """State of every point by the part of its folder's name before the hash."""
        return {p.parent.name.rpartition("-")[0]: read_json(p)["state"] for p in self.output.glob("*/point.json")}

    def wait_for_kernels(self, count: int) -> list[list[str]]:
        wait_until(lambda: len(self.started()) >= count)
        return self.started()

    def hold(self) -> None:
        (self.output / "hold").touch()

    def go(self) -> None:
        (self.output / "hold").unlink()


def finish(process: subprocess.Popen) -> tuple[int, str]:
    output, _ = process.communicate(timeout=240)
    return process.returncode, output


def wait_until(condition, seconds: float = 120) -> None:
    patience = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < patience, "it did not happen in time"
        time.sleep(0.05)


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def toy(tmp_path):
    toy = Toy(tmp_path, tmp_path / "out")
    yield toy
    for process in toy.processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def test_failures_cost_their_point_and_are_tried_again_on_request(toy):
    content = {"grid": {"how": ["", "raises", "dies"]}, "seeds": 1}
    code, output = toy.run(content, "--workers", "1")
    assert code == 1
    assert toy.states() == {"seed=0,how=": "done", "seed=0,how=raises": "failed", "seed=0,how=dies": "failed"}
    assert "ValueError: it went badly" in output
    assert "The kernel died (killed, often for want of memory) in the cell that begins: import json, os" in output
    assert "1 of 3 points done" in output
    assert (toy.output / "index.html").exists()

    code, output = toy.run(content)  # not tried again, and not forgotten
    assert code == 1 and len(toy.started()) == 3
    assert "failed before: seed=0, how=raises: ValueError: it went badly" in output and "--retry" in output

    (toy.output / "mended").touch()
    code, output = toy.run(content, "--retry")
    assert code == 0 and len(toy.started()) == 5 and set(toy.states().values()) == {"done"}
    assert not list(toy.output.rglob(".progress*")) and not list(toy.output.glob(".stop*"))

    assert [point.rpartition("-")[0] for point, *_ in toy.started()[:3]] == [
        "seed=0,how=",
        "seed=0,how=raises",
        "seed=0,how=dies",
    ]  # in the file's order

    code, output = toy.run({"grid": {"how": ["", "raises"]}, "seeds": 2})  # it grows: the old points are kept
    assert code == 0 and len(toy.started()) == 7 and "2 done" in output

    # Another notebook of the same name: what was done of it is not of this one, and no table may count it.
    write_notebook(toy.notebook.parent, "01_toy", BODY + "\nprint('changed')", parameters=PARAMETERS)
    toy.hold()
    process = toy.start({"grid": {"how": ["", "raises"]}, "seeds": 1}, "--workers", "1")
    toy.wait_for_kernels(8)
    os.killpg(process.pid, signal.SIGINT)
    code, output = finish(process)
    assert code == 130 and "2 done with other notebook, to be done again" in output
    assert toy.states()["seed=0,how=raises"] == "to go" and toy.states()["seed=0,how="] == "interrupted"


def test_a_kernel_and_a_worker_killed_mid_run_and_the_sweep_resumed(toy):
    content = {"grid": {"rate": [1, 2, 3]}}
    toy.hold()
    process = toy.start(content, "--workers", "2")
    (first, kernel, _), (second, orphan, worker) = toy.wait_for_kernels(2)
    os.kill(int(kernel), signal.SIGKILL)
    os.kill(int(worker), signal.SIGKILL)
    wait_until(lambda: not is_alive(int(orphan)))  # a kernel does not outlive its worker
    toy.go()
    code, output = finish(process)
    assert code == 1 and "1 of 3 points done" in output
    errors = {p.parent.name: read_json(p)["error"] for p in toy.output.glob("*/point.json")}
    assert errors[first][0].startswith("The kernel died")
    assert errors[second] == [
        "The worker was lost (killed, often for want of memory) while it worked on this point.",
        "Last it said: counting 3/7",
    ]
    code, output = toy.run(content, "--retry")
    assert code == 0 and "3 of 3 points done" in output and len(toy.started()) == 5


@pytest.mark.parametrize(("kill", "exit_code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_stopped_or_killed_as_a_whole_it_goes_on_where_it_was(toy, kill, exit_code):
    content = {"grid": {"rate": [1, 2, 3]}}
    process = toy.start(content, "--workers", "1")
    wait_until(lambda: "done" in toy.states().values())
    toy.hold()
    toy.wait_for_kernels(2)
    if kill == signal.SIGINT:
        os.killpg(process.pid, kill)  # a terminal sends it to every process of the group
    else:
        process.kill()
    code, output = finish(process)
    assert code == exit_code
    wait_until(lambda: not any(is_alive(int(kernel)) for _, kernel, _ in toy.started()))
    if kill == signal.SIGINT:
        assert "Stopped. The same command goes on from here." in output
        assert "failed" not in toy.states().values() and "running" not in toy.states().values()
    toy.go()
    begun = len(toy.started())
    code, output = toy.run(content)
    assert code == 0 and "3 of 3 points done" in output
    assert {point for point, *_ in toy.started()[begun:]}.isdisjoint({toy.started()[0][0]})  # what was done stays


def test_two_sweeps_at_once_in_one_folder_share_the_points(toy):
    content = {"grid": {"rate": [1, 2], "how": ["", "raises"]}}
    toy.hold()
    first = toy.start(content, "--workers", "2")
    toy.wait_for_kernels(2)
    second = toy.start(content, "--workers", "4")  # two wait for the first sweep's points, two take what is left
    toy.wait_for_kernels(4)
    toy.go()
    for process in (first, second):
        code, output = finish(process)
        assert code == 1 and "2 of 4 points done" in output
    assert len(toy.started()) == len({point for point, *_ in toy.started()}) == 4  # none twice


@pytest.fixture
def small_disk(tmp_path):
    """A disk of its own of 2 MB, where this system lets us have one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def test_a_disk_that_fills_costs_the_points_that_fill_it(tmp_path, small_disk):
    toy = Toy(tmp_path, small_disk / "out")
    code, output = toy.run({"grid": {"how": ["fills", ""]}}, "--workers", "1")
    assert code == 1 and toy.states() == {"how=fills": "failed", "how=": "done"}
    assert "OSError: [Errno 28] No space left on device" in output

    (small_disk / "filler").write_bytes(bytes(free_bytes(small_disk)))  # now nothing can be written at all
    code, output = toy.run({"grid": {"how": [""], "rate": [1, 2]}}, "--workers", "1")
    assert code == 1 and "No space left on device" in output and "Traceback" not in output
    whole = [read_json(path) for path in small_disk.rglob("*.json")]  # raises where one is half written
    assert whole and all(whole)
    (small_disk / "filler").unlink()
    code, output = toy.run({"grid": {"how": [""], "rate": [1, 2]}}, "--workers", "1", "--retry")
    assert code == 0 and "2 of 2 points done" in output


def free_bytes(folder: Path) -> int:
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def test_a_file_that_may_not_grow_costs_its_point(toy):
    """The same without a disk of one's own: files may have 1 MB."""
    toy.file.write_text(yaml.safe_dump({"grid": {"how": ["fills", ""]}}))
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))  # noqa: E731
    done = subprocess.run(toy.command("--workers", "1"), capture_output=True, text=True, timeout=240, preexec_fn=limit)
    assert done.returncode == 1 and toy.states() == {"how=fills": "failed", "how=": "done"}
    assert "OSError: [Errno 27] File too large" in done.stdout


@pytest.fixture
def scheduler(tmp_path):
    """The address of a Dask scheduler with one worker, each a process of its own, and the scheduler's process."""
    environment = os.environ | {"DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "error"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path, "env": environment}
    told = tmp_path / "scheduler.json"
    module = [sys.executable, "-m", "distributed.cli"]
    started = [
        subprocess.Popen(
            [*module[:2], "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", told],
            **quiet,
        )
    ]
    wait_until(told.exists)
    wait_until(lambda: told.read_text().strip().endswith("}"))
    address = json.loads(told.read_text())["address"]
    worker = [*module[:2], "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard"]
    started.append(subprocess.Popen(worker, **quiet))
    yield address, started[0]
    for process in reversed(started):
        process.kill()
        process.wait()


def test_a_running_scheduler_is_used_by_its_address_and_may_go_away(toy, scheduler):
    address, process_of_scheduler = scheduler
    code, output = toy.run({"grid": {"rate": [1, 2]}}, "--scheduler", address)
    assert code == 0 and "2 of 2 points done" in output and address in output
    toy.hold()
    process = toy.start({"grid": {"rate": [3, 4]}}, "--scheduler", address)
    toy.wait_for_kernels(3)
    process_of_scheduler.kill()
    code, output = finish(process)
    toy.go()
    assert code == 1 and "The cluster went away. The same command goes on from here." in output


@pytest.fixture
def idle(tmp_path, monkeypatch):
    """The toy in this process, and no kernel may start."""
    toy = Toy(tmp_path, tmp_path / "out")
    (toy.output / "sweep.json").unlink()

    def refuse(*_, **__):
        raise AssertionError("a kernel was to be started")

    monkeypatch.setattr(sweeping, "work_off", refuse)
    return toy


@pytest.mark.parametrize(
    ("content", "options", "sentence"),
    [
        ({"grid": {"rte": [1]}}, [], "toy.yaml: 01_toy has no parameter 'rte'; did you mean 'rate'?"),
        ({"grid": {"rate": ["quick"]}}, [], "toy.yaml: 'rate' of 01_toy must be float, not 'quick'."),
        ({"grid": {"rate": [1]}}, ["-p", "hw", "x"], "-p hw: 01_toy has no parameter 'hw'; did you mean 'how'?"),
        ({"grid": {"rate": [1]}}, ["-p", "seed", "x"], "-p seed: 'seed' of 01_toy must be int, not 'x'."),
        ({"grid": {"rate": [1]}}, ["-p", "rate", "2"], "toy.yaml varies 'rate'; leave it out of the"),
        ({"grid": {"rate": [1]}}, ["--workers", "0"], "--workers is a number from 1 on"),
        ({"grid": {"rate": [1]}}, ["--seeds", "0"], "toy.yaml: seeds is 0; it must be at least 1."),
        ({"grid": {"rate": [1]}}, ["--profile", "quik"], "There is no profile 'quik'; did you mean 'quick'?"),
        ({"grid": {"rate": [1]}}, ["--data", "here"], "--data: 01_toy has no parameter 'data'"),
    ],
)
def test_mistakes_are_refused_before_anything_starts(idle, capsys, content, options, sentence):
    idle.file.write_text(yaml.safe_dump(content))
    assert workbook.main(idle.command(*options)[3:]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"workbook: {sentence}") and error.count("\n") == 1
    assert not list(idle.output.iterdir())


def test_a_folder_with_the_sweep_of_another_notebook_or_a_broken_record_is_refused(idle, capsys):
    idle.file.write_text(yaml.safe_dump({"grid": {"rate": [1]}}))
    for record, sentence in (
        (
            '{"notebook": "02_other", "points": []}',
            f"{idle.output} holds a sweep of 02_other; name another folder with",
        ),
        ("{", f"{idle.output / 'sweep.json'} is not readable as JSON"),
    ):
        (idle.output / "sweep.json").write_text(record)
        assert workbook.main(idle.command()[3:]) == 2
        error = capsys.readouterr().err
        assert error.startswith(f"workbook: {sentence}") and error.count("\n") == 1
        assert (idle.output / "sweep.json").read_text() == record


def test_a_folder_that_is_no_sweeps_and_a_missing_scheduler_are_refused(idle, capsys, monkeypatch):
    idle.file.write_text(yaml.safe_dump({"grid": {"rate": [1]}}))
    (idle.output / "thesis.txt").touch()
    assert workbook.main(idle.command()[3:]) == 2
    assert "is no folder of a sweep" in capsys.readouterr().err
    (idle.output / "thesis.txt").unlink()
    monkeypatch.undo()
    monkeypatch.setattr("lib.workbook.sweeps.cluster.CONNECTING", 1)
    (idle.output / ".sweep-abcd1234.json").touch()  # by one that was killed in its first moment: no reason to refuse
    assert workbook.main([*idle.command()[3:], "--scheduler", "tcp://127.0.0.1:9"]) == 2
    assert "--scheduler: no Dask scheduler answers at tcp://127.0.0.1:9" in capsys.readouterr().err


def job_of(toy, **varied) -> Job:
    """The only point of a sweep as a worker gets it."""
    toy.file.write_text(yaml.safe_dump({"values": varied}))
    plan = sweeping.planned(workbook.parser().parse_args(toy.command()[3:]))
    (wanted,) = (fingerprints(plan.notebook.path, point.parameters, "") for point in plan.points)
    folder = toy.output / plan.points[0].folder
    return Job(plan.points[0], plan.notebook.path, folder, wanted, toy.output / ".stop.a", threads=1)


def test_a_worker_takes_up_what_another_has_left(toy):
    job = job_of(toy)
    job.folder.mkdir()
    job.progress.write_text("counting 5/7")  # a worker that this job was given to before, and that was lost
    assert run_job(job)["error"][-1] == "Last it said: counting 5/7" and not toy.started()
    assert run_job(job)["state"] == "failed" and not toy.started()  # another sweep that had waited: the same again
    again = replace(job, before=read_json(job.folder / "point.json")["finished"])  # on request
    assert run_job(again)["state"] == "done" and len(toy.started()) == 1
    (job.folder / "point.json").write_text("{")
    assert run_job(job)["state"] == "done" and len(toy.started()) == 1
    assert read_json(job.folder / "point.json")["state"] == "done"  # for the tables


def test_a_point_whose_worker_is_lost_when_its_results_stand_is_done(toy):
    job = job_of(toy)
    assert run_job(job)["state"] == "done"
    (job.folder / "point.json").write_text('{"state": "running"}')
    job.progress.touch()
    assert lost(job)["state"] == "done"


def test_a_new_try_removes_what_a_killed_one_has_left(toy):
    job = job_of(toy)
    kept = ["00_named_otherwise/results.json", "01_toy/.results-abcd1234.json", ".point-abcd1234.json", "01_toy.html"]
    for name in kept:
        (job.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (job.folder / name).write_text("{}")
    assert run_job(job)["state"] == "done"
    assert not any((job.folder / name).exists() for name in kept)


def test_a_worker_does_not_mix_code_or_notebooks(toy):
    job = job_of(toy)
    write_notebook(toy.notebook.parent, "01_toy", BODY + "\nprint('changed')", parameters=PARAMETERS)
    assert run_job(job)["error"][0].startswith("The notebook changed since this sweep was started")
    assert not toy.started()


def test_results_that_stand_count_though_the_notebook_could_not_be_kept(toy):
    write_notebook(
        toy.notebook.parent, "01_toy", BODY, "raise OSError('no space for anything more')", parameters=PARAMETERS
    )
    result = run_job(job_of(toy))
    assert result["state"] == "done" and "no space" in result["error"][0]  # as the files tell, and what went wrong


def test_the_live_table_counts_every_point_once(toy):
    job = job_of(toy)
    jobs = [replace(job, folder=toy.output / name) for name in "abcd"]
    (toy.output / "b").mkdir()
    jobs[1].progress.write_text("counting 3/7")
    table = SweepTable("4 points", jobs, {"done": 3, "failed": 2}, workers=2)
    table.ended[jobs[0].folder] = {"state": "done", "seconds": 60.0}
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(table.render())
    shown = console.export_text()
    # Two are to go and one is half done: 2.5 minutes for two workers.
    assert "done 4   running 1   failed 2   to go 2   about 1:15 left" in shown
    assert "0:00   counting 3/7" in shown

    table.ended[jobs[1].folder] = {"state": "failed", "seconds": 60.0}
    jobs[1].progress.unlink()
    console.print(table.render())
    assert "done 4   running 0   failed 3   to go 2" in console.export_text()


def test_threads_are_divided_and_gpus_given_one_each(tmp_path, monkeypatch):
    job = Job(None, tmp_path, tmp_path, {"code": "x"}, tmp_path / ".stop.a", threads=3, gpus=("4", "7"))
    for worker, gpu in (("0", "4"), ("1", "7"), ("2", "4")):
        monkeypatch.setattr("distributed.get_worker", lambda name=worker: type("Worker", (), {"name": name}))
        environment = job_environment(job)
        assert environment["CUDA_VISIBLE_DEVICES"] == gpu
        assert environment["OMP_NUM_THREADS"] == environment["OPENCV_FOR_THREADS_NUM"] == "3"


def test_a_sweep_of_the_baseline_from_command_to_ledger(tmp_path, monkeypatch, capsys):
    """The real notebook 02 at two numbers of pairs and two seeds; then notebook 05 takes the sweep's verdict."""
    monkeypatch.setenv("WORKBOOK_CACHE", str(tmp_path / "cache"))  # of the kernels
    monkeypatch.setattr(
        "lib.data.sources.load_pairs", partial(load_pairs, cache=tmp_path / "cache")
    )  # and of this process
    data, folder, file = write_photographs(tmp_path / "color"), tmp_path / "sweep", tmp_path / "pairs.yaml"
    method = "CNN, ‹pair_counts› pairs, ‹epochs› epochs"
    sides = {"better": {"method": method, "pair_counts": [24]}, "than": {"method": method, "pair_counts": [8]}}
    claim = {"claim": "More pairs beat fewer", "paper": "Fig. 4", **sides}
    values = {"size": 32, "test_pictures": TEST, "width": 8, "shown": 2, "epochs": 3}
    grid = {"pair_counts": [[8], [24]]}
    baseline = {"method": "gray copy"}
    content = {"question": "Do more pairs help?", "values": values, "grid": grid, "seeds": 2}
    file.write_text(yaml.safe_dump(content | {"claims": [claim], "baseline": baseline}))
    given = ["sweep", str(NOTEBOOKS / "02_baseline_cnn.ipynb"), str(file), "--data", str(data)]
    assert workbook.main([*given, "--output", str(folder), "--workers", "2"]) == 0
    printed = capsys.readouterr().out
    assert "4 of 4 points done" in printed and str(folder / "index.html") in printed

    scores = {}  # (pairs, seed) -> dB, from the files alone
    for path in folder.glob("*/02_baseline_cnn/results.json"):
        results = read_json(path)
        (pairs,), seed = results["parameters"]["pair_counts"], results["parameters"]["seed"]
        cells = {(row["method"], row["metric"]): row["value"] for row in results["rows"]}
        scores[pairs, seed] = cells[f"CNN, {pairs} pairs, 3 epochs", "psnr"]
        copy = cells["gray copy", "psnr"]
        assert results["fingerprints"]["data"] == results["data"]["fingerprint"]
    assert scores[8, 0] != scores[8, 1]
    line = next(
        line
        for line in (folder / "table.md").read_text().splitlines()
        if line.startswith("| 24 ") and "3 epochs" in line
    )
    mean = (scores[24, 0] + scores[24, 1]) / 2
    assert f" {mean:.2f} [" in line and f" {mean - copy:+.2f} [" in line
    gain = sum(scores[24, seed] - scores[8, seed] for seed in (0, 1)) / 2
    page = (folder / "index.html").read_text()
    assert "Do more pairs help?" in page and f"{gain:+.2f} dB" in page and "over 2 seeds" in page

    parameters = {"data": str(data), "size": 32, "seeds": 2, "preprocessing_pairs": 8, "preprocessing_epochs": 1}
    parameters |= {"width": 8, "test_pictures": TEST, "sweeps": [str(folder)], "run": str(tmp_path / "run")}
    environment = kernel_environment(tmp_path / "progress") | {"OMP_NUM_THREADS": "1"}
    notebook = NOTEBOOKS / "05_comparison.ipynb"
    assert execute(notebook, tmp_path / "05.ipynb", parameters, environment) == ("done", [])
    claims = {entry["claim"]: entry for entry in read_json(tmp_path / "run/05_comparison/results.json")["claims"]}
    assert f"{gain:+.2f} dB" in claims["More pairs beat fewer"]["measured"]
    assert "over 2 seeds" in claims["More pairs beat fewer"]["measured"]
