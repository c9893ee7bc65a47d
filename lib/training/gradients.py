"""Gradients of a loss, measured: what two losses differ by, what accumulation changes, and the memory it saves."""

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
    """The gradient of `loss()` for each of the network's parameters."""
    return list(torch.autograd.grad(loss(), list(network.parameters())))


def largest_change(network: nn.Module, loss: Callable[[], Tensor], reference: Callable[[], Tensor]) -> float:
    """The largest absolute difference between the gradients of two losses; 0.0 means equal to the bit."""
    both = zip(gradients(network, loss), gradients(network, reference), strict=True)
    return max(float((own - other).abs().max()) for own, other in both)


def saved_for_backward(compute: Callable[[], Tensor]) -> int:
    """Bytes that autograd keeps from a forward pass for its backward pass, parameters not counted.

    Gradient accumulation saves this memory. Unlike a process's peak memory, it is the same at every run.
    """
    kept: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        if not isinstance(tensor, nn.Parameter) and not isinstance(tensor._base, nn.Parameter):  # nor a view of one
            storage = tensor.untyped_storage()
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = compute()  # held until the hooks are gone, so that no address is used twice
    del result
    return sum(kept.values())


def kept_megabytes(config: TrainingConfig, network: nn.Module, pairs: Pairs) -> float:
    """Megabytes that the forward pass of one training batch, loss included, keeps for its backward pass, in float32.

    The batch is the first `config.batch_size` training pairs. A perceptual loss keeps its features' weights as well.
    """
    own = copy.deepcopy(network).train()  # a copy: batch norm would count the batch
    device = next(own.parameters()).device
    batch = pairs.split("train", min(config.batch_size, config.pairs)).tensors(slice(None), device)
    gray, color = augmentation(config, 1)(*batch)
    objective = make_objective(config, device)
    return saved_for_backward(lambda: objective(own, gray, color)) / 1e6


def compare_accumulation(gray: Tensor, truth: Tensor, seed: int, width: int) -> pd.DataFrame:
    """One whole batch compared with two accumulated halves, for `ColorizationNet` with each kind of norm.

    `gray` `(B, 1, H, W)` and `truth` `(B, 3, H, W)` in [0, 1]. Rows by norm: how much the gradient differs, in percent
    of its length, and the megabytes that the forward pass keeps for each size of batch.
    """
    half = len(gray) // 2
    parts, rows = (slice(0, half), slice(half, None)), {}
    for norm in ("none", "group", "batch"):
        network = build_network("ColorizationNet", seed, width=width, norm=norm).train()

        def loss(chosen: slice, network: nn.Module = network) -> Tensor:
            # Clones: a slice would keep the storage of the whole batch, and count as that.
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
