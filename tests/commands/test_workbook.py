"""Help and mistakes are answered at once: nothing that takes seconds to import is imported for them."""

import json
import subprocess
import sys

import pytest

from lib.common.files import ROOT

SLOW = ["torch", "pandas", "matplotlib", "dask", "distributed", "papermill", "IPython", "nbconvert", "skimage", "scipy"]
SWEEP = ["sweep", "03_perceptual_loss"]
HELP = [
    [],
    *([command] for command in ("run", "sweep", "table", "report", "train", "learn", "bench", "shards", "data")),
]
MISTAKES = [
    [],
    ["runn"],
    ["run", "--nope"],
    ["run", "--only", "99"],
    ["run", "--help-notebook", "99"],
    ["run", "--profile", "quik"],
    ["run", "--data", "nowhere"],
    ["run", "--methods", "nowhere.py"],
    ["run", "--output", "lib"],
    ["run", "-p", "epoch", "3"],
    ["run", "-p", "epochs", "many"],
    ["run", "-p", "pair_counts", "[1,"],
    ["sweep", "nowhere.ipynb", "loss_weight"],
    [*SWEEP, "nowhere"],
    [*SWEEP, "pyproject.toml"],
    [*SWEEP, "loss_weight", "--workers", "0"],
    [*SWEEP, "loss_weight", "--data", "nowhere"],
    [*SWEEP, "loss_weight", "-p", "epoch", "3"],
    ["table", "nowhere"],
    ["table", "outputs", "--baseline", "epochs"],
    ["report", "nowhere"],
    ["train", "--data", "nowhere"],
    ["train", "--size", "8"],
    ["train", "--size", "many"],
    ["train", "-p", "epoch", "3"],
    ["train", "-p", "epochs", "many"],
    ["train", "-p", "epochs", "0"],
    ["train", "-p", "network", "Unet"],
    ["learn"],
    ["learn", ""],
    ["learn", "nowhere"],
    ["learn", "pyproject.toml"],
    ["learn", "tests/commands"],
    ["learn", "scenes", "--device", "tpu"],
    ["bench", "--data", "nowhere"],
    ["bench", "--size", "100"],
    ["bench", "--repeats", "many"],
]
COLORIZE = [
    [],
    ["photo.jpg"],
    ["photo.jpg", "-o", "colored.png"],
    ["photo.jpg", "-o", "colored", "--vividness", "3"],
    ["photo.jpg", "-o", "colored", "--versions", "10"],
    ["photo.jpg", "-o", "colored", "--weights", "nowhere.safetensors"],
    ["tests/commands", "-o", "colored"],
]
CALLS = {
    "workbook": [(0, [*command, "--help"]) for command in HELP] + [(2, mistake) for mistake in MISTAKES],
    "colorize": [(0, ["--help"])] + [(2, mistake) for mistake in COLORIZE],
}
PROGRAM = """
import importlib, json, sys
command, calls, slow = json.loads(sys.argv[1])
main = importlib.import_module(f"lib.commands.{command}").main
for expected, arguments in calls:
    try:
        code = main(arguments)
    except SystemExit as exit:
        code = exit.code
    found = [name for name in slow if name in sys.modules]
    assert code == expected and not found, f"{arguments}: exit code {code}, imported {found}"
"""


@pytest.mark.parametrize("command", CALLS)
def test_help_and_mistakes_import_nothing_slow(command):
    calls = json.dumps([command, CALLS[command], SLOW])
    done = subprocess.run([sys.executable, "-c", PROGRAM, calls], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-1000:]
