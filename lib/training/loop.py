"""The training loop, and the validation after each epoch."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from lib.color.spaces import Colorizer
from lib.data.pairs import Pairs
from lib.evaluation.evaluate import device_of
from lib.evaluation.metrics import psnr_of, quick_metrics, r2
from lib.training.batches import Batch, EpochData, Group
from lib.training.config import TrainingConfig, resolved
from lib.training.distributed import Team
from lib.training.step import Step, Update


def train_epoch(
    step: Step,
    pairs: Pairs,
    config: TrainingConfig,
    epoch: int,
    team: Team = Team(),  # noqa: B008 (frozen)
    tick: Callable[[int], None] | None = None,
) -> dict[str, float]:
    """One pass over `pairs`, the `epoch`th (from 1); returns the mean loss per image of each of the step's updates.

    A `group` is the batches that make one step (gradient accumulation). Their gradients add up, each batch weighted by
    its share of the step's pictures (`batch.weight`), so the step equals that of one larger batch where no layer mixes
    pictures. The processes of a `team` each take a share of every batch; `batch.counting` is the size of that share.
    `tick` is called after each step with the number of its pictures.
    """
    device, updates = step.device, step.updates_in(epoch)
    losses = {name: [] for name in updates}
    data = EpochData(pairs, config, epoch, device, team)
    autocast = partial(torch.autocast, device.type, torch.bfloat16, resolved(config.precision, device) == "bfloat16")
    step.begin_epoch(epoch)
    for steps, (rate, group) in enumerate(data.steps(tick), data.steps_before + 1):
        step.set_learning_rate(rate)
        for name, update in updates.items():
            update.optimizer.zero_grad()
            sums = []
            for batch in data.batches(group):
                with autocast(), _lone_picture_explained(batch, pairs, config):
                    loss = update.loss(batch.gray, batch.color)
                (loss * batch.weight).backward()
                sums.append(loss.detach().float() * batch.counting)
            sums = add_up(sums, update, team)
            check_finite(sums, update, group, pairs)
            if config.gradient_norm:
                nn.utils.clip_grad_norm_(update.parameters(), config.gradient_norm)
            update.optimizer.step()
            losses[name] += sums
        step.finish(steps)
    return {name: sum(values) / len(pairs) for name, values in losses.items()}


@contextmanager
def _lone_picture_explained(batch: Batch, pairs: Pairs, config: TrainingConfig) -> Iterator[None]:
    """Say in words of the workbook that a batch norm cannot learn from one picture whose feature map is one pixel."""
    try:
        yield
    except ValueError as error:
        if "more than 1 value per channel" not in str(error):
            raise
        raise ValueError(
            f"{len(pairs)} training pictures in batches of {config.batch_size} leave a batch of one, from which "
            f"batch norm cannot learn at {batch.gray.shape[-1]} px; give another batch_size or number of pairs, or "
            "a larger size"
        ) from None


def add_up(losses: list[Tensor], update: Update, team: Team) -> list[float]:
    """Each batch's loss, summed over all processes; the update's gradients become their sum, in place.

    This is one sum per step. torch's DistributedDataParallel would sum after every batch, and it sees only calls of a
    network's `forward`; a loss such as `ChromaNet.loss` does not go through it.
    """
    summed = torch.stack(losses)
    team.add_up([*update.gradients(), summed])
    return summed.tolist()


def check_finite(losses: list[float], update: Update, group: Group, pairs: Pairs) -> None:
    """Raise `FloatingPointError` with the names of the pictures whose loss or gradient is not finite.

    Both are sums over all processes, so all processes stop here. The gradient is checked too: weights that it spoiled
    would make the next batch's loss not finite, and the error would name the wrong pictures.
    """
    for chosen, loss in zip(group, losses, strict=True):
        if not math.isfinite(loss):
            raise FloatingPointError(f"the loss is {loss} on {_names(pairs, chosen)}; try a lower learning rate")
    if not math.isfinite(nn.utils.get_total_norm(update.gradients())):
        names = ", ".join(_names(pairs, chosen) for chosen in group)
        raise FloatingPointError(f"the gradient is not finite on {names}; try a lower learning rate")


def _names(pairs: Pairs, chosen: np.ndarray) -> str:
    return ", ".join(pairs.names[i] for i in chosen)


@torch.inference_mode()
def validate(network: Colorizer, pairs: Pairs, batch_size: int = 32) -> dict[str, float]:
    """MSE, PSNR (mean of images and pooled), SSIM, R² over RGB and colorfulness ratio on all of `pairs`.

    Any colorizer will do, so that a gray copy can be drawn beside a network's curve; one without weights uses the CPU.
    """
    device, tables = device_of(network), []
    if isinstance(network, nn.Module):
        network.eval()
    for start in range(0, len(pairs), batch_size):
        gray, color = pairs.tensors(slice(start, start + batch_size), device)
        tables.append(quick_metrics(network(gray), color))
    table = pd.concat(tables)
    means = table[["mse", "psnr", "ssim"]].mean().to_dict()
    ratio = table["colorfulness"].sum() / max(table["colorfulness_truth"].sum(), 1e-9)
    return means | {
        "psnr_pooled": float(psnr_of(means["mse"])),
        "r2_rgb": r2(table, "rgb"),
        "colorfulness_ratio": float(ratio),
    }
