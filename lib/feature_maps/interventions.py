"""Measures what a channel does to the colors, by scaling it inside the network and comparing the outputs."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pandas as pd
import torch
from torch import Tensor, nn

from lib.color.spaces import rgb_to_ycbcr
from lib.evaluation.evaluate import device_of, predict

LEVELS = 255  # differences of chroma are given in levels of an 8-bit picture
_BATCH = 16  # a larger batch is no faster on a CPU and takes more memory


@contextmanager
def scale_channels(network: nn.Module, layer: str, channels: Sequence[int], factor: float = 0.0) -> Iterator[None]:
    """Multiply one channel of a layer by a factor for each picture of a batch, inside the block.

    A network that also looks at the mirror images, or at other versions of the whole batch, gets each scaled alike.

    Everything that reads the layer's output reads the scaled output. The hook is removed when the block ends, also
    after an exception.

    Args:
        network: the network to change.
        layer: the name of the layer in `network`.
        channels: for picture `i` of the batch, channel `channels[i]` is scaled. The batch has this length, or a
            multiple of it.
        factor: what the channel is multiplied by; 0 switches it off.

    Raises:
        ValueError: there is no such layer or channel, or the layer's output does not fit the batch.
    """

    def hook(_module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
        if not isinstance(output, Tensor) or output.ndim != 4:
            raise ValueError(f"{layer} has no feature maps to scale")
        versions, rest = divmod(len(output), len(channels))
        if rest or not versions:
            raise ValueError(f"{layer} has {len(output)} maps per channel for {len(channels)} pictures")
        if not all(0 <= channel < output.shape[1] for channel in channels):
            raise ValueError(f"{layer} has the channels 0 to {output.shape[1] - 1}, not {max(channels)}")
        scale = torch.ones(*output.shape[:2], 1, 1, dtype=output.dtype, device=output.device)
        scale[range(len(output)), [*channels] * versions] = factor
        return output * scale  # a new tensor, so that an in-place layer after this one cannot change the original

    module = dict(network.named_modules()).get(layer)
    if module is None:
        raise ValueError(f"no layer is called {layer!r}")
    with module.register_forward_hook(hook):  # removes it at the end
        yield


@torch.inference_mode()
def intervene(network: nn.Module, gray: Tensor, layer: str, channels: Sequence[int], factor: float = 0.0) -> Tensor:
    """The colors of one picture with one channel scaled, for each of K channels: `(K, 3, H, W)` on the CPU.

    Args:
        network: a colorizer.
        gray: one picture `(1, 1, H, W)` in [0, 1].
        layer: the name of the layer in `network`.
        channels: the K channels. Each is scaled alone.
        factor: what the channel is multiplied by; 0 switches it off.
    """
    repeated = gray.to(device_of(network)).expand(len(channels), -1, -1, -1)
    with scale_channels(network.eval(), layer, channels, factor):
        rgb = network(repeated).float()
    if not torch.isfinite(rgb).all():
        raise ValueError(f"with a channel of {layer} times {factor:g} the network returned values that are not finite")
    return rgb.clamp(0, 1).cpu()  # not `predict`: a scaled channel may well lead outside [0, 1]


def chroma_difference(first: Tensor, second: Tensor) -> Tensor:
    """Cb and Cr of `first` minus those of `second`, `(B, 2, H, W)` in levels of 255. Both are RGB `(B, 3, H, W)`."""
    return LEVELS * (rgb_to_ycbcr(first) - rgb_to_ycbcr(second))[:, 1:]


def channel_effects(
    network: nn.Module, gray: Tensor, layer: str, channels: int, tick: Callable[[int, int], None] | None = None
) -> pd.DataFrame:
    """What each channel of a layer contributes to the colors of one picture, in levels of 255.

    A channel's contribution is the output of the network minus its output with the channel switched off.

    Args:
        network: a colorizer.
        gray: one picture `(1, 1, H, W)` in [0, 1].
        layer: the name of the layer in `network`.
        channels: how many channels the layer has.
        tick: called after each batch of channels with the number of channels done and their total.

    Returns:
        One row per channel. "moved" is the mean absolute contribution to Cb and Cr. "cb" and "cr" are the mean
        contributions to each; positive ones add blue and red. "cb_above" is the mean contribution to Cb in the upper
        third of the picture, which in landscapes is mostly sky.
    """
    unchanged, rows = predict(network.eval(), gray.to(device_of(network))).cpu(), []
    for start in range(0, channels, _BATCH):
        batch = range(start, min(start + _BATCH, channels))
        difference = chroma_difference(unchanged, intervene(network, gray, layer, batch))  # (K, 2, H, W)
        upper_cb = difference[:, 0, : max(1, difference.shape[2] // 3)]
        moved = difference.abs().mean((1, 2, 3))
        rows.append(torch.stack([moved, *difference.mean((2, 3)).T, upper_cb.mean((1, 2))], dim=1))
        if tick is not None:
            tick(batch.stop, channels)
    return pd.DataFrame(torch.cat(rows).numpy(), columns=["moved", "cb", "cr", "cb_above"]).rename_axis("channel")
