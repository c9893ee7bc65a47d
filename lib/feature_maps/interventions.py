"""What a channel does to the colors: switch it off or scale it inside the network, and see what moves."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pandas as pd
import torch
from torch import Tensor, nn

from lib.color.spaces import rgb_to_ycbcr
from lib.evaluation.evaluate import device_of, predict

LEVELS = 255  # chroma is told in the units of 8-bit pictures
_BATCH = 16  # more is no faster on a CPU, and takes more memory


@contextmanager
def channels_scaled(network: nn.Module, layer: str, channels: Sequence[int], factor: float = 0.0) -> Iterator[None]:
    """Inside the block, picture `i` of a batch sees `channels[i]` of `layer` multiplied by `factor`; 0 is off.

    The batch has as many pictures as there are `channels`. All that reads the layer's output reads the scaled one,
    wherever it goes. The hook is gone when the block ends, whatever happens in it.
    """

    def hook(_module, _inputs, output: Tensor) -> Tensor:
        if not isinstance(output, Tensor) or output.ndim != 4:
            raise ValueError(f"{layer} puts out no maps to switch off")
        if len(output) != len(channels):
            raise ValueError(f"{layer} puts out {len(output)} maps a channel for {len(channels)} pictures")
        if not all(0 <= channel < output.shape[1] for channel in channels):
            raise ValueError(f"{layer} has the channels 0 to {output.shape[1] - 1}, not {max(channels)}")
        scale = torch.ones(len(channels), output.shape[1], 1, 1, dtype=output.dtype, device=output.device)
        scale[range(len(channels)), channels] = factor
        return output * scale  # a new tensor: an in-place layer behind it changes that one

    module = dict(network.named_modules()).get(layer)
    if module is None:
        raise ValueError(f"no layer is called {layer!r}")
    handle = module.register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()


@torch.inference_mode()
def intervened(network: nn.Module, gray: Tensor, layer: str, channels: Sequence[int], factor: float = 0.0) -> Tensor:
    """`(K, 3, H, W)` on the CPU: what becomes of one picture `(1, 1, H, W)` under each of K `channels` scaled alone."""
    repeated = gray.to(device_of(network)).expand(len(channels), -1, -1, -1)
    with channels_scaled(network.eval(), layer, channels, factor):
        return predict(network, repeated).cpu()


def chroma_added(with_it: Tensor, without: Tensor) -> Tensor:
    """Cb and Cr of `with_it` less those of `without`, both `(B, 3, H, W)`, in levels of 255, as `(B, 2, H, W)`."""
    return LEVELS * (rgb_to_ycbcr(with_it) - rgb_to_ycbcr(without))[:, 1:]


def channel_effects(
    network: nn.Module, gray: Tensor, layer: str, channels: int, tick: Callable[[int], None] = lambda count: None
) -> pd.DataFrame:
    """A row a channel of `layer`: what it adds to the colors of one picture `(1, 1, H, W)`, in levels of 255.

    "moved" is the mean absolute change of Cb and Cr when it is switched off, "cb" and "cr" are what it adds to each on
    average (blue and red where positive), "cb_above" what it adds to Cb in the upper third, where skies are.
    """
    usual, rows = predict(network.eval(), gray.to(device_of(network))).cpu(), []
    for start in range(0, channels, _BATCH):
        chosen = range(start, min(start + _BATCH, channels))
        added = chroma_added(usual, intervened(network, gray, layer, chosen))  # (K, 2, H, W)
        above = added[:, 0, : max(1, added.shape[2] // 3)]
        rows.append(torch.stack([added.abs().mean((1, 2, 3)), *added.mean((2, 3)).T, above.mean((1, 2))], dim=1))
        tick(len(chosen))
    return pd.DataFrame(torch.cat(rows).numpy(), columns=["moved", "cb", "cr", "cb_above"]).rename_axis("channel")
