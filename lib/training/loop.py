"""The visible training loop, and the validation after each epoch."""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import torch
from torch import nn

from lib.color.spaces import Colorizer
from lib.data.pairs import Pairs
from lib.evaluation.metrics import psnr_of, quick_metrics, r2
from lib.training.config import resolved
from lib.training.distributed import Team
from lib.training.objectives import Objective
from lib.training.schedules import Augmentation


def train_epoch(
    network: nn.Module,
    objective: Objective,
    optimizer: torch.optim.Optimizer,
    pairs: Pairs,
    order: np.ndarray,
    batch_size: int,
    accumulation: int = 1,
    augment: Augmentation = lambda gray, color: (gray, color),
    rate: Callable[[float], float] | None = None,
    tick: Callable[[int], None] = lambda count: None,
    precision: str = "auto",
    team: Team = Team(),  # noqa: B008 (frozen)
) -> float:
    """One pass over `pairs` in `order`; returns the mean loss a picture.

    Gradient accumulation: `accumulation` batches of `batch_size` add up to one step. Each batch's loss counts by its
    share of the pictures, so the step equals that of one larger batch where no layer mixes pictures. So do the shares
    of the processes of a `team`. `augment` changes a batch before it is seen; `rate` gives the learning rate for the
    share of the epoch that is done.
    """
    network.train()
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    device = parameters[0].device
    half = resolved(precision, device) == "bfloat16"
    total, group_size = 0.0, batch_size * accumulation
    for start in range(0, len(order), group_size):
        group = order[start : start + group_size]
        batches = [group[position : position + batch_size] for position in range(0, len(group), batch_size)]
        losses = []
        optimizer.zero_grad(set_to_none=True)
        if rate:
            for settings in optimizer.param_groups:
                settings["lr"] = rate(start / len(order))
        for chosen in batches:
            # Every process draws for the whole batch before it takes its share: all draw the same.
            gray, color = augment(*pairs.tensors(chosen, device))
            own, counting = team.share(len(chosen))
            with torch.autocast(device.type, torch.bfloat16, enabled=half):
                loss = objective(network, gray[own], color[own])
            (loss * (counting / len(group))).backward()
            losses.append(loss.detach().float() * counting)
            tick(len(chosen))
        # One sum of all gradients a step, and no DistributedDataParallel: that would sum at every backward pass, also
        # between the batches of one step, and hears of those alone that go through its own forward, not network.loss.
        losses = torch.stack(losses)
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        team.add_up([*gradients, losses])
        for chosen, loss in zip(batches, losses.tolist(), strict=True):
            if not math.isfinite(loss):  # that of all processes together, so that all end here
                raise FloatingPointError(f"the loss is {loss} on {named(pairs, chosen)}; try a lower learning rate")
            total += loss
        if not math.isfinite(nn.utils.get_total_norm(gradients)):  # or the next batch would be blamed
            raise FloatingPointError(f"the gradient is not finite on {named(pairs, group)}; try a lower learning rate")
        optimizer.step()
    return total / len(order)


def named(pairs: Pairs, chosen: np.ndarray) -> str:
    """The chosen pictures' names, for an error."""
    return ", ".join(pairs.names[i] for i in chosen)


@torch.inference_mode()
def validate(network: Colorizer, pairs: Pairs, batch_size: int = 32) -> dict[str, float]:
    """MSE, PSNR (mean of images and pooled), SSIM, R² over RGB and colorfulness ratio on all of `pairs`.

    Any colorizer will do, so that a gray copy can be drawn beside a network's curve; one without weights uses the CPU.
    """
    device, tables = "cpu", []
    if isinstance(network, nn.Module):
        device = next(network.eval().parameters()).device
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
