"""The colors of a film, frame by frame: each is colored by itself."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import cv2
import numpy as np
import torch
from PIL import Image
from torch import Tensor

from lib.colorize.photograph import view_of
from lib.networks.chroma_net import ChromaNet

_CUT = 0.15  # mean difference of luma, in [0, 1], from which on a frame begins a shot
_SMALL = (32, 18)  # px, at which frames are compared


class Colored(NamedTuple):
    """The colors of a frame.

    Args:
        chroma: `(2, h, w)`, Cb and Cr of BT.601 in full range, in [-0.5, 0.5]; small.
        begins: whether a shot begins with this frame.
    """

    chroma: Tensor
    begins: bool


@torch.inference_mode()
def colors_of_film(
    lumas: Iterable[np.ndarray], network: ChromaNet, vividness: float = 0.5, is_preview: bool = False
) -> Iterator[Colored]:
    """The colors of the frames of a film, in order.

    Args:
        lumas: uint8 `(H, W)`, full range, upright; taken a bounded number of frames ahead of what is yielded.
        network: see `load_colorizer`.
        vividness: 0 for the safest colors to 1 for the most vivid.
        is_preview: whether to do it fast instead of well.
    """
    before = None
    for luma in lumas:
        small = cv2.resize(luma, _SMALL, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        begins = before is None or float(np.abs(small - before).mean()) > _CUT
        before = small
        chroma = network.distribution(view_of(Image.fromarray(luma), network)).versions(1, vividness)[0]
        yield Colored(chroma[0].cpu(), begins)
