"""The command `workbook sweep` with real kernels: failures, resuming, full disks, and usage errors."""

import os
import resource
import signal
import subprocess
from functools import partial
from pathlib import Path

import pytest
import yaml
from toy_sweep import BODY, PARAMETERS, ToySweep, finish, is_alive, wait_until
from toys import TEST, write_notebook, write_photographs

from lib.commands import workbook
from lib.common.files import NOTEBOOKS, read_json
from lib.data.sources import load_pairs
from lib.workbook.execution import execute, kernel_environment


def test_a_failure_affects_its_point_only_and_is_retried_on_request(toy):
    content = {"grid": {"how": ["", "raises", "dies"]}, "seeds": 1}
    code, output = toy.run(content, "--workers", "1")
    assert code == 1
    assert toy.states() == {"seed=0,how=": "done", "seed=0,how=raises": "failed", "seed=0,how=dies": "failed"}
    assert "ValueError: it went badly" in output
    assert "The kernel died (killed, often because memory ran out) in the cell that begins: import json, os" in output
    assert "1 of 3 points done" in output
    assert (toy.output / "index.html").exists()

    code, output = toy.run(content)  # the failed points are reported, but not run again
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
    ]  # the order of the file

    code, output = toy.run({"grid": {"how": ["", "raises"]}, "seeds": 2})  # done points are kept
    assert code == 0 and len(toy.started()) == 7 and "2 done" in output

    # The notebook changes: its earlier results are outdated, and no table may count them.
    write_notebook(toy.notebook.parent, "01_toy", BODY + "\nprint('changed')", parameters=PARAMETERS)
    toy.hold()
    process = toy.start({"grid": {"how": ["", "raises"]}, "seeds": 1}, "--workers", "1")
    toy.wait_for_kernels(8)
    os.killpg(process.pid, signal.SIGINT)
    code, output = finish(process)
    assert code == 130 and "2 outdated (notebook changed)" in output
    assert toy.states()["seed=0,how=raises"] == "to go" and toy.states()["seed=0,how="] == "interrupted"


@pytest.mark.parametrize(("kill", "exit_code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_stopped_or_killed_sweep_resumes_where_it_was(toy, kill, exit_code):
    content = {"grid": {"rate": [1, 2, 3]}}
    process = toy.start(content, "--workers", "1")
    wait_until(lambda: "done" in toy.states().values())
    toy.hold()
    toy.wait_for_kernels(2)
    if kill == signal.SIGINT:
        os.killpg(process.pid, kill)  # Ctrl-C on a terminal reaches every process of the group
    else:
        process.kill()
    code, output = finish(process)
    assert code == exit_code
    wait_until(lambda: not any(is_alive(int(kernel)) for _, kernel, _ in toy.started()))
    if kill == signal.SIGINT:
        assert "Stopped. Rerun the same command to resume." in output
        assert "failed" not in toy.states().values() and "running" not in toy.states().values()
    toy.release()
    before = len(toy.started())
    code, output = toy.run(content)
    assert code == 0 and "3 of 3 points done" in output
    assert {point for point, *_ in toy.started()[before:]}.isdisjoint({toy.started()[0][0]})  # not run again


def test_two_sweeps_at_once_in_one_folder_share_the_points(toy):
    content = {"grid": {"rate": [1, 2], "how": ["", "raises"]}}
    toy.hold()
    first = toy.start(content, "--workers", "2")
    toy.wait_for_kernels(2)
    second = toy.start(content, "--workers", "4")  # two workers wait for the first sweep's points, two run the others
    toy.wait_for_kernels(4)
    toy.release()
    for process in (first, second):
        code, output = finish(process)
        assert code == 1 and "2 of 4 points done" in output
    assert len(toy.started()) == len({point for point, *_ in toy.started()}) == 4  # no point ran twice


def test_two_different_sweeps_at_once_in_one_folder_lose_none(toy):
    toy.hold()
    first = toy.start({"grid": {"rate": [1]}}, "--workers", "1")
    toy.wait_for_kernels(1)
    code, output = toy.run({"grid": {"rate": [2]}}, "--workers", "1")
    assert code == 2 and output.splitlines()[-1].startswith("workbook: Another sweep, of other points, is at work in ")
    toy.release()
    code, output = finish(first)
    assert code == 0 and [p["varied"] for p in read_json(toy.output / "sweep.json")["points"]] == [{"rate": 1.0}]


@pytest.fixture
def small_disk(tmp_path):
    """A separate disk of 2 MB. The test is skipped if none can be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def test_a_full_disk_affects_only_the_points_that_fill_it(tmp_path, small_disk):
    toy = ToySweep(tmp_path, small_disk / "out")
    code, output = toy.run({"grid": {"how": ["fills", ""]}}, "--workers", "1")
    assert code == 1 and toy.states() == {"how=fills": "failed", "how=": "done"}
    assert "OSError: [Errno 28] No space left on device" in output

    (small_disk / "filler").write_bytes(bytes(free_bytes(small_disk)))  # now the disk is full
    code, output = toy.run({"grid": {"how": [""], "rate": [1, 2]}}, "--workers", "1")
    assert code == 1 and "No space left on device" in output and "Traceback" not in output
    whole = [read_json(path) for path in small_disk.rglob("*.json")]  # raises if one is cut off
    assert whole and all(whole)
    (small_disk / "filler").unlink()
    code, output = toy.run({"grid": {"how": [""], "rate": [1, 2]}}, "--workers", "1", "--retry")
    assert code == 0 and "2 of 2 points done" in output


def free_bytes(folder: Path) -> int:
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def test_a_file_that_may_not_grow_affects_its_point_only(toy):
    """The same without a separate disk: files are limited to 1 MB."""
    toy.file.write_text(yaml.safe_dump({"grid": {"how": ["fills", ""]}}))
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))  # noqa: E731
    done = subprocess.run(toy.command("--workers", "1"), capture_output=True, text=True, timeout=240, preexec_fn=limit)
    assert done.returncode == 1 and toy.states() == {"how=fills": "failed", "how=": "done"}
    assert "OSError: [Errno 27] File too large" in done.stdout


@pytest.mark.parametrize(
    ("content", "options", "sentence"),
    [
        ({"grid": {"rte": [1]}}, [], "toy.yaml: 01_toy has no parameter 'rte'; did you mean 'rate'?"),
        ({"grid": {"rate": ["quick"]}}, [], "toy.yaml: 'rate' of 01_toy must be float, not 'quick'."),
        ({"grid": {"rate": [1]}}, ["-p", "hw", "x"], "-p hw: 01_toy has no parameter 'hw'; did you mean 'how'?"),
        ({"grid": {"rate": [1]}}, ["-p", "seed", "x"], "-p seed: 'seed' of 01_toy must be int, not 'x'."),
        ({"grid": {"rate": [1]}}, ["-p", "rate", "2"], "toy.yaml varies 'rate'; leave it out of the"),
        ({"grid": {"rate": [1]}, "seeds": 0}, [], "toy.yaml: seeds is 0; it must be at least 1."),
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


def test_a_folder_that_is_not_a_sweeps_is_refused(idle, capsys):
    idle.file.write_text(yaml.safe_dump({"grid": {"rate": [1]}}))
    (idle.output / "thesis.txt").touch()
    assert workbook.main(idle.command()[3:]) == 2
    assert "is not the folder of a sweep" in capsys.readouterr().err


def test_a_sweep_of_the_baseline_from_command_to_ledger(tmp_path, monkeypatch, capsys):
    """The real notebook 02 at two numbers of pairs and two seeds; then notebook 05 takes the sweep's verdict."""
    monkeypatch.setenv("WORKBOOK_CACHE", str(tmp_path / "cache"))  # of the kernels
    monkeypatch.setattr(
        "lib.data.sources.load_pairs", partial(load_pairs, cache=tmp_path / "cache")
    )  # and of this process
    data, folder, file = write_photographs(tmp_path / "color"), tmp_path / "sweep", tmp_path / "pairs.yaml"
    sides = {"better": {"method": "cnn", "pair_counts": [24]}, "than": {"method": "cnn", "pair_counts": [8]}}
    claim = {"claim": "More pairs beat fewer", "paper": "Fig. 4", **sides}
    values = {"size": 32, "test_pictures": TEST, "width": 8, "shown": 2, "epochs": 3}
    grid = {"pair_counts": [[8], [24]]}
    baseline = {"method": "gray_copy"}
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
        cells = {(row["label"], row["metric"]): row["value"] for row in results["rows"]}
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
    assert "Do more pairs help?" in page and f"{gain:+.2f} dB" in page and ", 2 seeds" in page

    parameters = {"data": str(data), "size": 32, "seeds": 2, "preprocessing_pairs": 8, "preprocessing_epochs": 1}
    parameters |= {"width": 8, "test_pictures": TEST, "sweeps": [str(folder)], "run": str(tmp_path / "run")}
    environment = kernel_environment(tmp_path / "progress") | {"OMP_NUM_THREADS": "1"}
    notebook = NOTEBOOKS / "05_comparison.ipynb"
    assert execute(notebook, tmp_path / "05.ipynb", parameters, environment) == ("done", [])
    claims = {entry["claim"]: entry for entry in read_json(tmp_path / "run/05_comparison/results.json")["claims"]}
    assert f"{gain:+.2f} dB" in claims["More pairs beat fewer"]["measured"]
    assert ", 2 seeds" in claims["More pairs beat fewer"]["measured"]
