"""Training in several processes: shares, sums, and the same weights as in one process."""

import os
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from lib.common.files import ROOT
from lib.data.cache import cached_pairs
from lib.networks.registry import build_network
from lib.networks.storage import load_network
from lib.training.config import TrainingConfig
from lib.training.distributed import Team, join_team, synchronized
from lib.training.trainer import train

# 19 pairs in batches of 4, two to a step: steps of 8, 8 and 3 pictures, the last a batch of 3, shared by 1 and 2.
PLAIN = TrainingConfig(
    options={"width": 8}, pairs=19, epochs=3, batch_size=4, accumulation=2, validation_pairs=6, seed=4
)
CONFIGS = {
    "no norm": PLAIN,
    # With one channel per group, biases before the norm have rounding errors as gradients, which Adam enlarges.
    "group norm": replace(PLAIN, options={"width": 16, "norm": "group"}),
    "crops, one cycle, a last batch of one": replace(PLAIN, pairs=17, crop=24, schedule="one-cycle", weight_decay=0.02),
    "adversarial": replace(PLAIN, loss="l1", adversary="vanilla", critic_width=4, critic_epochs=1, beta1=0.5),
}
TOLERANCE = dict(atol=1e-5, rtol=1e-4)  # Adam divides by the size of the gradient and enlarges rounding errors
LAUNCH = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]


def in_two_processes(script, *arguments):
    """The outputs and exit codes of two processes, which may take five minutes."""
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    command = [*LAUNCH, str(script), *map(str, arguments)]
    return subprocess.run(command, cwd=script.parent, capture_output=True, text=True, timeout=300, env=environment)


BEGINNING = """
import sys
from dataclasses import replace
from pathlib import Path
import torch
import lib.training.trainer
from lib.data.cache import cached_pairs
from lib.training.config import TrainingConfig
from lib.training.distributed import join_team
from lib.training.trainer import train

team, device = join_team("cpu")
work = Path(sys.argv[1])
pairs = cached_pairs(work / "cache", ["tiles"], lambda _: None)
"""


@pytest.fixture(scope="module")
def work(pairs, tmp_path_factory):
    """A folder with the pairs for the other processes."""
    folder = tmp_path_factory.mktemp("work")
    cached_pairs(folder / "cache", ["tiles"], lambda _: pairs)
    return folder


@pytest.fixture(scope="module")
def together(work):
    """The output of two processes that trained each of `CONFIGS` together, and then one that they must refuse."""
    script = work / "together.py"
    script.write_text(
        BEGINNING
        + f"""
def refuse(*_):
    raise AssertionError("a file was to be written beside the main process")

if not team.main:
    lib.training.trainer.save_network = lib.training.trainer.save_checkpoint = refuse
for config in {list(CONFIGS.values())!r}:
    train(config, pairs, device="cpu", folder=work / "together")
try:
    train(replace(config, options={{"width": 8, "norm": "batch"}}), pairs, device="cpu", folder=work / "refused")
except ValueError as error:
    print(f"[{{team.rank}} of {{team.count}} refuses: {{error}}]", flush=True)
"""
    )
    done = in_two_processes(script, work)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.parametrize("name", CONFIGS)
def test_two_processes_give_the_weights_of_one(name, together, work, pairs):
    config = CONFIGS[name]
    alone = train(config, pairs, device="cpu", folder=work / "alone")
    path = work / "together" / alone.folder.name / "network.safetensors"
    both, start = load_network(path).state_dict(), build_network(config.network, config.seed, **config.options)
    for key, tensor in alone.network.state_dict().items():
        torch.testing.assert_close(both[key], tensor, **TOLERANCE)
    moved = [(both[key] - tensor).abs().max().item() for key, tensor in start.state_dict().items()]
    assert min(moved) > 10 * TOLERANCE["atol"]  # the weights have changed, so their agreement means something
    history = train(config, pairs, device="cpu", folder=work / "together").history
    for loss in {"loss", "critic"} & {*history}:
        np.testing.assert_allclose(history[loss], alone.history[loss], rtol=1e-4)


def test_only_the_main_process_shows_progress_and_writes(together, work):
    assert together.count("ColorizationNet:   0%") == len(CONFIGS)  # 100% may be drawn twice
    for folder in (work / "together").iterdir():
        assert {path.name for path in folder.iterdir()} == {"network.safetensors"}


def test_batch_norm_on_cpus_is_refused_by_all(together):
    sentence = "ColorizationNet has batch norm, which torch cannot take over 2 CPU processes; train it in one"
    assert set(re.findall(r"\[(\d of 2 refuses: [^;]*; train it in one)", together)) == {
        f"{rank} of 2 refuses: {sentence}" for rank in (0, 1)
    }


def test_a_non_finite_loss_in_one_process_ends_all(work):
    script = work / "failing.py"
    script.write_text(
        BEGINNING
        + f"""
original, calls = lib.training.trainer.make_objective, []

def failing(config, device):
    objective = original(config, device)

    def own(network, gray, color):
        calls.append(1)
        return objective(network, gray, color) * (float("nan") if team.rank == 1 and len(calls) == 4 else 1)

    return own

lib.training.trainer.make_objective = failing
try:
    train({PLAIN!r}, pairs, device="cpu", folder=work / "failing")
except FloatingPointError as error:
    print(f"[{{team.rank}}: {{error}}]", flush=True)
    torch.distributed.destroy_process_group()
    sys.exit(7)
"""
    )
    done = in_two_processes(script, work)
    messages = re.findall(r"\[(\d): the loss is nan on ([^;]*);", done.stdout)
    assert done.returncode != 0 and messages, done.stderr[-3000:]
    assert len({names for _, names in messages}) == 1 and len(messages[0][1].split(", ")) == 4  # the whole 4th batch


def test_shares_are_disjoint_complete_and_nearly_even():
    for count in (1, 2, 3, 7):
        for pictures in range(1, 20):
            owned = []
            for rank in range(count):
                own, counting = Team(rank, count).share(pictures)
                taken = list(range(pictures))[own]
                assert taken and counting in (0, len(taken))  # never an empty share, even if no picture counts
                owned += taken if counting else []
                assert abs(counting - pictures / count) < 1
            assert owned == list(range(pictures))


def test_a_single_process_does_not_communicate(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    team, device = join_team("cpu")
    assert (team, device) == (Team(0, 1), "cpu") and team.main
    tensor = torch.ones(3)
    team.add_up([tensor])
    team.wait()
    assert tensor.tolist() == [1, 1, 1] and team.gathered("x") == ["x"] and team.of_main("x") == "x"
    network = build_network("ColorizationNet", width=8, norm="batch")
    assert synchronized(network, team, "cpu", smallest=1) is network


def test_batch_norm_is_synchronized_on_gpus():
    network = build_network("ColorizationNet", width=8, norm="batch")
    names = list(network.state_dict())
    kinds = {type(module) for module in synchronized(network, Team(0, 2), "cuda", smallest=2).modules()}
    assert torch.nn.SyncBatchNorm in kinds and torch.nn.BatchNorm2d not in kinds
    assert list(network.state_dict()) == names
    with pytest.raises(ValueError, match="a batch of 2 pictures has none for some of 3 processes"):
        synchronized(network, Team(0, 3), "cuda", smallest=2)


def test_a_single_process_does_not_import_accelerate():
    code = "import sys, lib.training.trainer as t; t.join_team('cpu'); sys.exit('accelerate' in sys.modules)"
    alone = {name: value for name, value in os.environ.items() if name != "WORLD_SIZE"}
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=alone).returncode == 0
