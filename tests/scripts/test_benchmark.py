"""The bench: every row measured or with its reason, the printed recipe as it is printed, ratios that agree."""

import json
import mmap
import statistics
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.models import vgg11

from lib.data import images
from lib.scripts.benchmark import bench, photograph, throughput
from lib.scripts.benchmark.bench import WHOLE, measure_seconds_to_gain
from lib.scripts.benchmark.photograph import PHOTOGRAPH
from lib.scripts.benchmark.plan import Plan, measured
from lib.scripts.benchmark.throughput import FILES, INFERENCE, PAPER_BATCH, TRAINING, Contender

PLAN = Plan(size=32, repeats=1, photograph=(400, 300), widths=(8, 4))


class Pool:
    """Works in this process, where a new one would take seconds to import torch."""

    def __init__(self, *_):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def submit(self, function, *arguments):
        future = Future()
        future.set_result(function(*arguments))
        return future


@pytest.fixture(scope="module")
def results(pairs):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(photograph, "ProcessPoolExecutor", Pool)
        return json.loads(json.dumps(bench.bench(PLAN, pairs, "cpu"), allow_nan=False))


@pytest.fixture(scope="module")
def files(pairs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    throughput.write_files(pairs, folder)
    return folder


def rows_of(results, group):
    return [row for row in results["rows"] if row["group"] == group]


def test_every_row_is_measured_or_says_why_not(results):
    assert [len(rows_of(results, group)) for group in (TRAINING, INFERENCE, PHOTOGRAPH, WHOLE)] == [4, 2, 2, 2]
    for row in results["rows"]:
        if row["reason"]:
            assert row["values"] == [] and row["median"] is None and row["reason"].startswith("not measured: ")
        else:
            # In this process memory may be at hand already.
            assert len(row["values"]) == PLAN.repeats and (min(row["values"]) > 0 or row["unit"] == "MB")
            assert row["median"] == statistics.median(row["values"])
    assert [row["reason"] for row in rows_of(results, WHOLE)] == [
        "not measured: no GPU",
        "not measured: not asked for (--to-gain)",
    ]


@pytest.mark.parametrize("group", [TRAINING, INFERENCE])
def test_ratios_are_those_of_medians(results, group):
    rows = rows_of(results, group)
    assert [row["ratio"] for row in rows] == pytest.approx([row["median"] / rows[0]["median"] for row in rows])
    assert rows[0]["ratio"] == 1


def test_results_say_where_they_come_from(results):
    assert {"started", "code", "device", "packages", "data"} <= set(results)
    assert results["machine"]["threads"] == torch.get_num_threads() and results["machine"]["processor"]
    assert "random weights" in results["notes"][0] and "bundled colorizer" in results["notes"][-1]
    assert results["parameters"]["size"] == 32 and results["parameters"]["config"]["network"] == "ChromaNet"


def test_what_is_compared_takes_turns_and_is_warmed_up():
    calls = []
    works = {name: lambda n, name=name: calls.append((name, n)) for name in "AB"}
    contenders = [Contender("A", works["A"], 4, 2), Contender("B", works["B"], 4, 3)]
    speeds = throughput.interleaved("test", contenders, 2, "cpu")
    assert calls == [("A", 1), ("A", 2), ("B", 1), ("B", 3)] * 2
    assert [len(speeds[name]) for name in "AB"] == [2, 2]


def test_images_a_second(monkeypatch):
    clock = iter([0.0, 2.0, 10.0, 14.0])
    monkeypatch.setattr(throughput.time, "perf_counter", lambda: next(clock))
    speeds = throughput.interleaved("test", [Contender("A", lambda n: None, 16, 3)], 2, "cpu")
    (row,) = measured(TRAINING, speeds, "images/s", compared=True)
    assert row["values"] == [24.0, 12.0] and row["median"] == 18.0 and row["ratio"] == 1.0


def test_the_printed_recipe_decodes_both_files_each_time(files, monkeypatch):
    work, read = throughput.printed_recipe(files, 32, 8, "cpu", vgg=False), []
    original = images.read_photograph
    monkeypatch.setattr(images, "read_photograph", lambda path: read.append(path) or original(path))
    work(FILES // PAPER_BATCH)
    assert len(read) == len(set(read)) == 2 * FILES
    work(1)  # the next epoch
    assert len(read) == 2 * FILES + 2 * PAPER_BATCH


def test_the_printed_recipe_runs_all_of_vgg11_twice_a_batch(files, monkeypatch):
    features, calls = throughput.whole_vgg11(), []
    for layer in features:
        layer.register_forward_hook(lambda layer, _, output: calls.append((layer, output.requires_grad)))
    monkeypatch.setattr(throughput, "whole_vgg11", lambda: features)
    throughput.printed_recipe(files, 32, 8, "cpu", vgg=True)(2)
    assert calls == [(layer, False) for layer in features] * 4


def test_the_features_are_torchvisions():
    features = throughput.whole_vgg11()
    with torch.device("meta"):
        assert str(features) == str(vgg11(weights=None).features)
    assert not list(features.parameters())
    output = features(torch.rand(1, 3, 64, 64))
    assert output.shape == (1, 512, 2, 2) and torch.isfinite(output).all()


def test_files_are_the_pairs(files, pairs):
    for side, mode in (("gray", "L"), ("color", "RGB")):
        assert len(list((files / side).iterdir())) == FILES
        picture = Image.open(files / side / f"{len(pairs)}.jpg")  # they start again where there are too few
        assert picture.mode == mode
        difference = np.asarray(picture).astype(int) - getattr(pairs, side)[0]
        assert np.abs(difference).mean() < 8


def test_a_mosaic_fills_any_size(pairs):
    picture = np.asarray(photograph.mosaic(pairs, 100, 70))
    assert picture.shape == (70, 100, 3)
    np.testing.assert_array_equal(picture[32:64, 64:96], pairs.color[6])


def use_memory_for_a_moment(size: int) -> None:
    """Fill so many bytes and give them back. An array might be laid where earlier tests have left free memory."""
    with mmap.mmap(-1, size) as memory:
        for page in range(0, size, mmap.PAGESIZE):
            memory[page] = 1


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux alone tells a process its peak memory")
def test_the_peak_of_memory_is_seen_after_it_has_passed():
    use_memory_for_a_moment(2**27)
    assert photograph._restart_peak()
    idle = photograph._memory("VmRSS")
    assert photograph._memory("VmHWM") - idle < 2**25
    use_memory_for_a_moment(2**26)
    assert 2**25 < photograph._memory("VmHWM") - idle < 2**27


def test_unknown_memory_is_no_number(pairs, tmp_path, monkeypatch):
    monkeypatch.setattr(photograph, "ProcessPoolExecutor", Pool)
    monkeypatch.setattr(photograph, "_restart_peak", lambda: False)
    seconds, memory = photograph.measure_photograph(PLAN, pairs, "cpu", tmp_path)
    assert seconds["median"] > 0 and memory["median"] is None and "peak memory" in memory["reason"]


def test_a_process_that_is_killed_leaves_its_reason(pairs, tmp_path, monkeypatch):
    def killed(*_):
        raise BrokenProcessPool("terminated abruptly")

    monkeypatch.setattr(photograph, "ProcessPoolExecutor", Pool)
    monkeypatch.setattr(photograph, "photograph_costs", killed)
    rows = photograph.measure_photograph(PLAN, pairs, "cpu", tmp_path)
    assert [row["reason"] for row in rows] == ["not measured: terminated abruptly"] * 2


@pytest.mark.parametrize(("gain", "reason"), [(-50.0, ""), (50.0, "not measured: not reached in 2 epochs")])
def test_seconds_until_a_gain(pairs, gain, reason):
    plan = Plan(size=32, to_gain=gain, epochs=2, widths=(8, 4))
    row = measure_seconds_to_gain(plan, pairs, "cpu", count=32)
    assert [epoch["epoch"] for epoch in row["history"]] == [1, 2] and row["gray_copy_psnr"] > 10
    assert row["reason"].startswith(reason) and (row["median"] is None) == bool(reason)
    if not reason:
        assert row["median"] == row["history"][0]["seconds"]
    json.dumps(row, allow_nan=False)


def test_too_few_pairs_for_a_training_is_a_reason(pairs):
    row = measure_seconds_to_gain(Plan(size=32, to_gain=1.0), pairs, "cpu")
    assert row["median"] is None and "2000 train pairs were asked for, tiles has 36" in row["reason"]


def test_numbers_have_about_three_digits():
    assert [bench.number(x) for x in (0.514, 7.426, 42.81, 1234.5)] == ["0.51", "7.43", "42.8", "1,234"]
