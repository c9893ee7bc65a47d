"""`workbook train`: one training, in one process or, started by torchrun or accelerate, in several.

    workbook train --data auto --size 64 -p pairs 400 -p epochs 9
    torchrun --nproc-per-node 2 -m lib.commands.train ...
    accelerate launch --multi_gpu -m lib.commands.train ...

The network is kept where the notebooks look for it: a notebook with the same configuration and pictures finds it.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import fields
from inspect import signature
from pathlib import Path

from lib.common import plain_yaml
from lib.common.devices import best_device, check_device
from lib.common.usage import UsageError, add_data_option, as_written, convert, hint, nearest, whole_number
from lib.data.locations import SMALLEST, check_size
from lib.evaluation.size import counted
from lib.networks.registry import build_network, network_class
from lib.training.config import VGG_WEIGHTS, TrainingConfig

# torch takes seconds to import: what needs it is imported once there is something to train.

_EXAMPLES = {"dict": "{width: 8}", "list[int]": "[1, 3]"}


def _value(name: str, text: str) -> object:
    """The text of `-p name text` as a value for that field of `TrainingConfig`; raises `UsageError`."""
    kinds = {field.name: field.type.__name__ for field in fields(TrainingConfig)}
    kinds["snapshots"] = "list[int]"  # YAML has no tuples
    if name not in kinds:
        raise UsageError(f"-p {name}: a training has no such setting; {nearest(name, kinds)}")
    kind, value = kinds[name], text
    if kind == "str":
        return text
    try:
        value = plain_yaml.load(text) if kind in _EXAMPLES else plain_yaml.scalar(text.strip())
        value = convert(value, kind)
    except ValueError as error:
        reason = f" ({error})" if value is text and kind in _EXAMPLES else ""  # what is wrong with it as YAML
        end = f"; write {_EXAMPLES[kind]}" if kind in _EXAMPLES else hint(value, kind)
        raise UsageError(f"-p {name}: must be {kind}, not {text!r}{reason}{end}.") from None
    return tuple(value) if isinstance(value, list) else value


def configuration(settings: list[list[str]]) -> TrainingConfig:
    """The `TrainingConfig` of `[name, text]` settings, checked by name and type, its network by building it."""
    given = {name: _value(name, text) for name, text in settings}
    config = TrainingConfig(**given)
    if "perceptual" in config.loss and not config.vgg_weights:
        raise UsageError(f"-p loss: '{config.loss}' needs -p vgg_weights too, one of {', '.join(VGG_WEIGHTS)}.")
    if {"network", "options"} & set(given):
        _check_options(config)
    return config


def _check_options(config: TrainingConfig) -> None:
    """Raise `UsageError` or `ValueError` where the network cannot be built with the configuration's options."""
    kinds = {int: "int", str: "str", Sequence[str]: "list[str]"}
    wanted = signature(network_class(config.network)).parameters
    for name, value in config.options.items():
        kind = kinds.get(wanted[name].annotation, "") if name in wanted else ""
        try:
            convert(value, kind) if kind else None
        except ValueError:
            raise UsageError(
                f"-p options: {name} must be {kind}, not {as_written(value)}{hint(value, kind)}."
            ) from None
    try:
        build_network(config.network, **config.options)
    except (TypeError, RuntimeError, MemoryError, OverflowError) as error:  # an unknown option, or one too large
        raise UsageError(f"-p options: {str(error).splitlines()[0]}.") from None


def check_pictures(config: TrainingConfig, data: str, size: int) -> list[str]:
    """What is passed over in a data set, as lines to print.

    Raises:
        ValueError, OSError: it cannot be used, or does not suit the configuration.
    """
    check_size(size)
    if 0 < config.crop < SMALLEST:
        raise UsageError(f"crop is {config.crop} px; the networks need at least {SMALLEST}.")
    name, side = ("-p crop", config.crop) if config.crop else ("--size", size)
    if config.network == "ChromaNet" and side % 8:
        raise UsageError(f"{name} is {side} px; ChromaNet trains on sides that are a multiple of 8.")
    if not data:
        raise UsageError("--data is empty; give auto, scenes, kaggle or a folder.")
    from lib.data.survey import survey

    found = survey(data, ("train", "val"))  # a training scores no test pictures
    there = found.counts["train"]
    if config.pairs > there:
        raise UsageError(
            f"{data} has {counted(there, 'training picture')}, fewer than pairs {config.pairs}; give -p pairs {there}."
        )
    return [found.passed_over] if found.passed_over else []


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    add_data_option(parser)
    parser.add_argument("--size", type=whole_number(), default=64, help="of the pictures, in px (64)")
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
        lines = check_pictures(config, options.data, options.size)
    except (ValueError, OSError) as error:
        if os.environ.get("RANK", "0") == "0":  # the other processes would say the same
            print(f"train: {error}", file=sys.stderr)
        return 2
    return _train(config, options, lines)


def _train(config: TrainingConfig, options: argparse.Namespace, lines: list[str]) -> int:
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
            if pairs.left_out:
                lines.append(pairs.left_out)
            print(*lines, sep="\n", end="\n" if lines else "", flush=True)
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
