"""Measures gradients: which losses give any, what gradient accumulation changes, and how much memory it saves."""

import copy
from collections.abc import Callable

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from lib.data.pairs import Pairs
from lib.networks.registry import build_network
from lib.training.config import TrainingConfig
from lib.training.objectives import make_objective
from lib.training.schedules import augmentation


def gradients(network: nn.Module, loss: Callable[[], Tensor]) -> list[Tensor]:
    """The gradients of a loss with respect to the network's parameters, in their order."""
    return list(torch.autograd.grad(loss(), list(network.parameters())))


def largest_change(network: nn.Module, loss: Callable[[], Tensor], reference: Callable[[], Tensor]) -> float:
    """The largest absolute difference between the gradients of two losses; 0.0 if they are equal to the bit.

    Args:
        network: the network whose parameters the gradients belong to.
        loss: computes one loss as a scalar.
        reference: computes the other.
    """
    both = zip(gradients(network, loss), gradients(network, reference), strict=True)
    return max(float((own - other).abs().max()) for own, other in both)


def saved_for_backward(compute: Callable[[], Tensor]) -> int:
    """The bytes that autograd keeps from a forward pass for the backward pass, without the parameters.

    Gradient accumulation reduces this memory. Unlike the peak memory of a process, it is the same in every run.

    Args:
        compute: runs the forward pass and returns its result.
    """
    kept: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        if not isinstance(tensor, nn.Parameter) and not isinstance(tensor._base, nn.Parameter):  # or its view
            storage = tensor.untyped_storage()
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = compute()  # kept until the hooks are removed, so that no address is reused
    del result
    return sum(kept.values())


def kept_megabytes(config: TrainingConfig, network: nn.Module, pairs: Pairs) -> float:
    """The megabytes that autograd keeps for the backward pass of one training batch in float32, loss included.

    The batch is the first `config.batch_size` training pairs. With a perceptual loss, the weights of its feature
    network count too.
    """
    own = copy.deepcopy(network).train()  # a copy, because batch norm would update its statistics
    device = next(own.parameters()).device
    batch = pairs.split("train", min(config.batch_size, config.pairs)).tensors(slice(None), device)
    gray, color = augmentation(config, 1)(*batch)
    objective = make_objective(config, device)
    return saved_for_backward(lambda: objective(own, gray, color)) / 1e6


def compare_accumulation(gray: Tensor, truth: Tensor, seed: int, width: int) -> pd.DataFrame:
    """Compares one whole batch with two accumulated halves, for `ColorizationNet` with each kind of norm.

    Args:
        gray: the batch `(B, 1, H, W)` in [0, 1].
        truth: its colors `(B, 3, H, W)` in [0, 1].
        seed: of the network's weights.
        width: of the network.

    Returns:
        One row per norm: the difference of the gradients in percent of their length, and the megabytes that autograd
        keeps for the whole and for half of the batch.
    """
    half = len(gray) // 2
    parts, rows = (slice(0, half), slice(half, None)), {}
    for norm in ("none", "group", "batch"):
        network = build_network("ColorizationNet", seed, width=width, norm=norm).train()

        def loss(chosen: slice, network: nn.Module = network) -> Tensor:
            # Cloned, because a slice would count with the storage of the whole batch.
            return mse_loss(network(gray[chosen].clone()), truth[chosen].clone())

        whole = torch.cat([g.flatten() for g in gradients(network, lambda: loss(slice(None)))])
        summed = torch.zeros_like(whole)
        for part in parts:
            share = len(gray[part]) / len(gray)
            summed += share * torch.cat([g.flatten() for g in gradients(network, lambda part=part: loss(part))])
        rows[norm] = {
            "gradient differs by (%)": 100 * float((summed - whole).norm() / whole.norm()),
            "MB kept, whole batch": saved_for_backward(lambda: loss(slice(None))) / 1e6,
            "MB kept, half batch": saved_for_backward(lambda: loss(parts[0])) / 1e6,
        }
    return pd.DataFrame(rows).T.rename_axis("norm")
