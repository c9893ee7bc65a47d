"""One point of a sweep, run as a worker runs it."""

from dataclasses import replace

from toy_sweep import BODY, PARAMETERS, job_of
from toys import write_notebook

from lib.common.files import read_json
from lib.workbook.sweeps.job import Job, job_environment, lost_outcome, run_job


def test_a_worker_continues_after_a_lost_worker(toy):
    job = job_of(toy)
    job.folder.mkdir()
    job.progress.write_text("counting 5/7")  # left by a lost worker of the same job
    assert run_job(job)["error"][-1] == "Its last progress: counting 5/7" and not toy.started()
    assert run_job(job)["state"] == "failed" and not toy.started()  # another sweep that waited
    retried = replace(job, earlier_end=read_json(job.folder / "point.json")["finished"])
    assert run_job(retried)["state"] == "done" and len(toy.started()) == 1
    (job.folder / "point.json").write_text("{")
    assert run_job(job)["state"] == "done" and len(toy.started()) == 1
    assert read_json(job.folder / "point.json")["state"] == "done"  # so that tables count it


def test_a_point_whose_worker_is_lost_after_its_results_is_done(toy):
    job = job_of(toy)
    assert run_job(job)["state"] == "done"
    (job.folder / "point.json").write_text('{"state": "running"}')
    job.progress.touch()
    assert lost_outcome(job)["state"] == "done"


def test_a_new_attempt_removes_the_files_of_a_killed_one(toy):
    job = job_of(toy)
    leftovers = [
        "00_renamed/results.json",
        "01_toy/.results-abcd1234.json",
        ".point-abcd1234.json",
        "01_toy.html",
    ]
    for name in leftovers:
        (job.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (job.folder / name).write_text("{}")
    assert run_job(job)["state"] == "done"
    assert not any((job.folder / name).exists() for name in leftovers)


def test_a_worker_refuses_a_changed_notebook(toy):
    job = job_of(toy)
    write_notebook(toy.notebook.parent, "01_toy", BODY + "\nprint('changed')", parameters=PARAMETERS)
    assert run_job(job)["error"][0].startswith("The notebook changed since this sweep started")
    assert not toy.started()


def test_a_worker_that_does_not_see_the_files_runs_nothing(toy):
    """A worker of a machine with disks of its own would leave results that nobody finds."""
    job = job_of(toy)
    elsewhere = toy.notebook.parent / "elsewhere"
    for unseen in (replace(job, folder=elsewhere / job.folder.name), replace(job, notebook=elsewhere / "01_toy.ipynb")):
        state = run_job(unseen)
        assert state["state"] == "failed" and f"does not see {elsewhere}" in state["error"][0]
    assert not toy.started() and not elsewhere.exists()


def test_results_count_even_if_the_notebook_failed_after_them(toy):
    write_notebook(
        toy.notebook.parent, "01_toy", BODY, "raise OSError('no space for anything more')", parameters=PARAMETERS
    )
    result = run_job(job_of(toy))
    assert result["state"] == "done" and "no space" in result["error"][0]  # the error is kept too


def test_a_kernel_gets_its_threads_and_one_gpu(tmp_path, monkeypatch):
    job = Job(None, tmp_path, tmp_path, {"code": "x"}, tmp_path / ".stop.a", threads=3, gpus=("4", "7"))
    for worker, gpu in (("0", "4"), ("1", "7"), ("2", "4")):
        monkeypatch.setattr("distributed.get_worker", lambda name=worker: type("Worker", (), {"name": name}))
        environment = job_environment(job)
        assert environment["CUDA_VISIBLE_DEVICES"] == gpu
        assert environment["OMP_NUM_THREADS"] == environment["OPENCV_FOR_THREADS_NUM"] == "3"
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    monkeypatch.setenv("MKL_NUM_THREADS", "1")  # as Dask sets it
    assert job_environment(replace(job, threads=None, gpus=()))["MKL_NUM_THREADS"] == "5"
