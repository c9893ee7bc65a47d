"""The networks that runs have kept on the disk, labeled by how they were trained."""

import re
from pathlib import Path

from lib.networks.storage import read_config

FINISHED, _SNAPSHOT = "network.safetensors", "epoch-*.safetensors"


def snapshot_file(folder: Path, epoch: int) -> Path:
    """The file in a training's folder that keeps the network as it was after `epoch`, beside the `FINISHED` one."""
    return folder / f"epoch-{epoch:03d}.safetensors"


def epochs_kept(folder: Path) -> dict[int, Path]:
    """The files of the networks that one training kept, by epoch: snapshots, and last the finished network if any."""
    kept = {int(re.search(r"\d+", path.stem)[0]): path for path in folder.glob(_SNAPSHOT)}
    if (folder / FINISHED).exists():
        kept[read_config(folder / FINISHED)["epochs"]] = folder / FINISHED
    return dict(sorted(kept.items()))


def _label(path: Path) -> str:
    """`ColorizationNet, 400 pairs, 9 epochs, mse, seed 0, width 64 · 3fa2c1`, and the epoch of a snapshot."""
    config = read_config(path)
    epoch = "" if path.name == FINISHED else f"epoch {int(path.stem.removeprefix('epoch-'))} of "
    parts = [config["network"], f"{config['pairs']:,} pairs", f"{epoch}{config['epochs']} epochs", config["loss"]]
    parts += [f"seed {config['seed']}", *(f"{name} {value}" for name, value in config["options"].items())]
    return f"{', '.join(parts)} · {path.parent.name[:8]}"


def find_networks(outputs: Path) -> tuple[dict[str, Path], list[str]]:
    """All networks kept under a folder, for people to choose from.

    Checkpoints of interrupted trainings are left out.

    Returns:
        The file of each network by a readable label, and a sentence for each file that holds no network.
    """
    found, problems = {}, []
    for path in sorted([*outputs.rglob(FINISHED), *outputs.rglob(_SNAPSHOT)]):
        try:
            found[_label(path)] = path
        except (ValueError, KeyError, OSError) as error:
            problems.append(f"{path} is left out: {error}")
    return found, problems
