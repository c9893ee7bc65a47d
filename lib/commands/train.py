"""`workbook train`: one training, in one process or, started by torchrun or accelerate, in several.

    workbook train --data auto --size 64 -p pairs 400 -p epochs 9
    torchrun --nproc-per-node 2 -m lib.commands.train ...
    accelerate launch --multi_gpu -m lib.commands.train ...

The network is kept where the notebooks look for it: a notebook with the same configuration and pictures finds it.
"""

import argparse
import os
import sys
from dataclasses import fields
from pathlib import Path

import yaml

from lib.common.devices import best_device, check_device
from lib.common.usage import UsageError, convert, nearest
from lib.data.locations import check_size, find_source
from lib.networks.registry import build_network
from lib.training.config import TrainingConfig

# torch takes seconds to import: what needs it is imported once there is something to train.

_EXAMPLES = {"dict": "{width: 8}", "list[int]": "[1, 3]"}


def _value(name: str, text: str) -> object:
    """The text of `-p name text` as a value for that field of `TrainingConfig`; raises `UsageError`."""
    kinds = {field.name: field.type.__name__ for field in fields(TrainingConfig)}
    kinds["snapshots"] = "list[int]"  # YAML has no tuples
    if name not in kinds:
        raise UsageError(f"-p {name}: a training has no such setting; {nearest(name, kinds)}")
    kind = kinds[name]
    if kind == "str":
        return text
    try:
        value = convert(yaml.safe_load(text), kind)
    except (ValueError, yaml.YAMLError):
        example = f"; write {_EXAMPLES[kind]}" if kind in _EXAMPLES else ""
        raise UsageError(f"-p {name}: must be {kind}, not {text!r}{example}.") from None
    return tuple(value) if isinstance(value, list) else value


def configuration(settings: list[list[str]]) -> TrainingConfig:
    """The `TrainingConfig` of `[name, text]` settings, checked by name and type, its network by building it."""
    given = {name: _value(name, text) for name, text in settings}
    config = TrainingConfig(**given)
    if {"network", "options"} & set(given):
        try:
            build_network(config.network, **config.options)
        except TypeError as error:  # an option that the network does not have
            raise UsageError(f"-p options: {error}.") from None
    return config


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--data", default="auto", metavar="NAME_OR_FOLDER", help="the pictures (auto)")
    parser.add_argument("--size", type=int, default=64, help="of the pictures, in px (64)")
    parser.add_argument(
        "-p", dest="settings", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"), help="a setting"
    )
    parser.add_argument("--device", choices=("cpu", "cuda"), help="(cuda where there is one)")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="(outputs/trained)")
    parser.set_defaults(action="lib.commands.train:run")


def run(options: argparse.Namespace) -> int:
    """Train as asked: 0 done, 1 the training failed, 2 a mistake in what was asked."""
    try:
        config = configuration(options.settings)
        check_device(options.device)
        check_size(options.size)
        find_source(options.data)
    except (ValueError, OSError) as error:
        if os.environ.get("RANK", "0") == "0":  # the other processes would say the same
            print(f"train: {error}", file=sys.stderr)
        return 2
    return _train(config, options)


def _train(config: TrainingConfig, options: argparse.Namespace) -> int:
    from lib.data.sources import load_pairs
    from lib.training.distributed import join_team
    from lib.training.trainer import TRAINED, train

    device, folder = options.device or best_device(), (options.output or TRAINED).expanduser().resolve()
    team, _ = join_team(device)
    try:
        if not team.main:
            team.wait()  # the main process decodes, the others find it done
        pairs = load_pairs(options.data, options.size)
        if team.main:
            team.wait()
            print(f"Data: {pairs.description} · {len(pairs):,} pairs at {pairs.size} px", flush=True)
        trained = train(config, pairs, device=device, folder=folder)
    except (ValueError, OSError, FloatingPointError) as error:
        print(f"train{'' if team.main else f' (process {team.rank})'}: {error}", file=sys.stderr)
        return 1 if isinstance(error, FloatingPointError) else 2
    if team.main:
        last = trained.history.iloc[-1]
        print(
            f"After {config.epochs} epochs and {trained.seconds:.1f} s: PSNR {last['psnr']:.2f} dB, SSIM "
            f"{last['ssim']:.3f}, R² RGB {last['r2_rgb']:.3f}, {last['colorfulness_ratio']:.2f} of the truth's "
            f"colorfulness on the validation pictures\n{trained.folder}"
        )
    return 0


def main(arguments: list[str] | None = None) -> int:
    """What torchrun and accelerate start."""
    parser = argparse.ArgumentParser(prog="python -m lib.commands.train", description=__doc__.splitlines()[0])
    add_options(parser)
    return run(parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
