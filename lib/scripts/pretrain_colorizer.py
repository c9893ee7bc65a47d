"""How the bundled colorizer was made: our network over an encoder that knows ImageNet, trained once on photographs.

    python -m lib.scripts.pretrain_colorizer FOLDER FOLDER ... --judge FOLDER

trains on the training splits of the folders (an interrupted training resumes after its last epoch), writes
data/models/colorizer.safetensors, and beside it a card with what it scores on the test split of each folder. A judge is
a folder of another source: scored, and not trained on. With `--start FILE` it goes on from a network that was made this
way: all of it is trained from the first epoch.
"""

import argparse
import copy
import hashlib
import math
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

from torch import nn

from lib.color.spaces import gray_to_rgb
from lib.common.files import write_json
from lib.data.pairs import Pairs, join_pairs
from lib.data.sources import load_pairs
from lib.evaluation.bootstrap import difference, summarize
from lib.evaluation.evaluate import evaluate
from lib.evaluation.names import GRAY_COPY, Method
from lib.evaluation.vividness import gains_by_picture
from lib.networks.colorization_net import count_parameters
from lib.networks.pretrained import BUNDLED_COLORIZER, load_colorizer
from lib.networks.storage import save_network
from lib.scripts.recipe import CONFIG, SIZE
from lib.training.config import IMAGENET, TrainingConfig
from lib.training.trainer import TRAINED, Trained, train

SETTINGS = {"safest": 0.0, "vividness 0.5": 0.5}
METRICS = ("psnr", "psnr_pooled", "ssim", "colorfulness_ratio", "r2_chroma")


def halved(network: nn.Module) -> nn.Module:
    """A copy whose convolutions are kept in half precision: half the file, the same pictures to within 1 of 255."""
    small = copy.deepcopy(network)
    for parameter in small.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.half()
    return small


def score(pairs: Pairs) -> dict[str, dict[str, list[float | None]]]:
    """What the bundled weights score on the test split: `[value, low, high]` by setting and metric.

    The ends are None where there are too few pictures for an interval. "gain" is the difference to the gray copy in dB,
    mean of images; "worse than gray" and "worse by over 1 dB" are shares of the pictures, without an interval.
    """
    test = pairs.split("test")
    colorizers = {GRAY_COPY: gray_to_rgb}
    colorizers |= {name: load_colorizer(vividness=setting) for name, setting in SETTINGS.items()}
    table = evaluate(colorizers, test)
    rows = summarize(table)
    found: dict[str, dict[str, list[float]]] = {}
    for row in rows[rows["metric"].isin(METRICS)].itertuples():
        found.setdefault(row.label, {})[row.metric] = _rounded(row.value, row.low, row.high)
    for name in SETTINGS:
        found[name]["gain"] = _rounded(*difference(table, name, GRAY_COPY, "psnr"))
        gains = gains_by_picture(table, Method(name))
        found[name]["worse than gray"] = _rounded(float((gains < 0).mean()))
        found[name]["worse by over 1 dB"] = _rounded(float((gains < -1).mean()))
    return found


def _rounded(*values: float) -> list[float | None]:
    return [round(float(value), 4) if math.isfinite(value) else None for value in values]


def write_card(trained: Trained, parts: list[Pairs], judges: list[Pairs], beginning: str) -> None:
    """Write the JSON beside the bundled weights: what they are, how they were made and how far to trust them.

    Args:
        trained: what the file holds.
        parts: what it was trained on.
        judges: what it is only scored on.
        beginning: one clause, what the training began with.
    """
    config = trained.config
    write_json(
        BUNDLED_COLORIZER.with_suffix(".json"),
        {
            "what": f"ChromaNet, {count_parameters(trained.network):,} parameters, convolutions in half precision",
            "file": BUNDLED_COLORIZER.name,
            "sha256": hashlib.sha256(BUNDLED_COLORIZER.read_bytes()).hexdigest(),
            "input": "gray (Rec. 601 luma) in [0, 1], any size from 16 px up; see lib/networks/chroma_net.py",
            "date": date.today().isoformat(),
            "photographs": {part.name: part.counts() | {"fingerprint": part.fingerprint} for part in parts},
            "judges": {part.name: part.counts() | {"fingerprint": part.fingerprint} for part in judges},
            "training": f"the training splits at {SIZE} px, center squares; {beginning}",
            "configuration": asdict(config.portable()),
            "training_seconds": round(trained.seconds),
            "scores": {part.name: score(part) for part in [*parts, *judges]},
            "scores_say": f"[value, low, high], 95% bootstrap over the test split at {SIZE} px, 8-bit output. gain is "
            "over the gray copy, mean of images, in dB. The test splits were scored when everything else was settled",
            "command": _command(parts, judges, config),
            "license": "the photographs are not included, and no license is stated for them; do with the weights what "
            "such photographs allow",
        },
    )


def begun(config: TrainingConfig) -> str:
    """What a training begins with, in one clause; before its result replaces the file that it began with."""
    if config.start in ("", IMAGENET):
        return (
            "the encoder begins with ImageNet's weights (EfficientNet-Lite0, Apache License 2.0) and stays frozen for "
            f"{config.frozen_epochs} of {config.epochs} epochs"
        )
    digest = hashlib.sha256(Path(config.start).read_bytes()).hexdigest()
    return (
        f"it goes on from the weights with SHA-256 {digest}, whose encoder began with ImageNet's (EfficientNet-Lite0, "
        "Apache License 2.0)"
    )


def _command(parts: list[Pairs], judges: list[Pairs], config: TrainingConfig) -> str:
    places, own = ([f"path/to/{part.name}" for part in those] for those in (parts, judges))
    start = [] if config.start in ("", IMAGENET) else ["--start", f"path/to/{Path(config.start).name}"]
    epochs = ["--epochs", str(config.epochs)] if start or config.epochs != CONFIG.epochs else []
    judge = ["--judge", *own] if own else []
    return " ".join(["python -m lib.scripts.pretrain_colorizer", *places, *judge, *start, *epochs])


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m lib.scripts.pretrain_colorizer", description="Make the bundled colorizer again."
    )
    parser.add_argument("folders", nargs="+", help="folders of color photographs; a split.csv is honored")
    parser.add_argument("--judge", nargs="+", default=[], metavar="FOLDER", help="scored, and not trained on")
    parser.add_argument("--start", metavar="FILE", help="go on from this network, and train all of it at once")
    parser.add_argument("--epochs", type=int, default=CONFIG.epochs)
    arguments = parser.parse_args()
    parts, judges = ([load_pairs(folder, SIZE) for folder in those] for those in (arguments.folders, arguments.judge))
    pairs = join_pairs(parts)
    frozen = min(CONFIG.frozen_epochs, arguments.epochs)
    config = replace(CONFIG, pairs=pairs.counts()["train"], epochs=arguments.epochs, frozen_epochs=frozen)
    if arguments.start:
        config = replace(config, start=arguments.start, frozen_epochs=0, learning_rate=CONFIG.tuning_rate)
    trained = train(config, pairs, "colorizer", folder=TRAINED)
    beginning = begun(config)
    save_network(BUNDLED_COLORIZER, halved(trained.network), config.portable(), trained.history.to_dict("records"))
    write_card(trained, parts, judges, beginning)


if __name__ == "__main__":
    main()
