"""Dask workers: lost ones, those of a running scheduler, and a scheduler that goes away or does not answer."""

import json
import os
import signal
import subprocess
import sys

import pytest
import yaml
from toy_sweep import finish, is_alive, wait_until

from lib.commands import workbook
from lib.common.files import read_json
from lib.common.usage import UsageError
from lib.workbook.sweeps.cluster import connected


def test_a_sweep_resumes_after_a_killed_kernel_and_a_killed_worker(toy):
    content = {"grid": {"rate": [1, 2, 3]}}
    toy.hold()
    process = toy.start(content, "--workers", "2")
    (first, kernel, _), (second, orphan, worker) = toy.wait_for_kernels(2)
    os.kill(int(kernel), signal.SIGKILL)
    os.kill(int(worker), signal.SIGKILL)
    wait_until(lambda: not is_alive(int(orphan)))  # a kernel ends with its worker
    toy.release()
    code, output = finish(process)
    assert code == 1 and "1 of 3 points done" in output
    errors = {p.parent.name: read_json(p)["error"] for p in toy.output.glob("*/point.json")}
    assert errors[first][0].startswith("The kernel died")
    assert errors[second] == [
        "The worker was lost (killed, often because memory ran out) while it ran this point.",
        "Its last progress: counting 3/7",
    ]
    code, output = toy.run(content, "--retry")
    assert code == 0 and "3 of 3 points done" in output and len(toy.started()) == 5


@pytest.fixture
def scheduler(tmp_path):
    """The address and the process of a Dask scheduler with one worker, each a separate process."""
    environment = os.environ | {"DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "error"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path, "env": environment}
    scheduler_file = tmp_path / "scheduler.json"
    dask = [sys.executable, "-m"]
    options = ["--port", "0", "--no-dashboard", "--scheduler-file", scheduler_file]
    processes = [subprocess.Popen([*dask, "distributed.cli.dask_scheduler", *options], **quiet)]
    wait_until(scheduler_file.exists)
    wait_until(lambda: scheduler_file.read_text().strip().endswith("}"))
    address = json.loads(scheduler_file.read_text())["address"]
    worker = [*dask, "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard"]
    processes.append(subprocess.Popen(worker, **quiet))
    yield address, processes[0]
    for process in reversed(processes):
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
    toy.release()
    assert code == 1 and "The cluster went away. Rerun the same command to resume." in output


def test_a_missing_scheduler_is_refused(toy, capsys, monkeypatch):
    toy.file.write_text(yaml.safe_dump({"grid": {"rate": [1]}}))
    monkeypatch.setattr("lib.workbook.sweeps.cluster.CONNECT_TIMEOUT", 1)
    (toy.output / "sweep.json").unlink()
    # A sweep that was killed while it wrote its first file left this. The folder still counts as empty.
    (toy.output / ".sweep-abcd1234.json").touch()
    assert workbook.main([*toy.command()[3:], "--scheduler", "tcp://127.0.0.1:9"]) == 2
    assert "--scheduler: no Dask scheduler answers at tcp://127.0.0.1:9" in capsys.readouterr().err


def test_a_worker_of_another_version_is_named(monkeypatch):
    """It would end without a word when it gets a point, and the sweep would wait forever."""

    class Client:
        def __init__(self, address, timeout):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def run(self, function, *arguments, on_error):
            return {"tcp://a:1": function(*arguments), "tcp://b:2": ModuleNotFoundError("No module named 'lib'")}

    monkeypatch.setattr("distributed.Client", Client)
    sentence = r"worker at tcp://b:2 cannot import .* \(No module named 'lib'\)"
    with pytest.raises(UsageError, match=sentence), connected("tcp://s:3"):
        pass
