"""Pictures as a file holds them, and the same with other colors."""

import torch

from lib.color import composition, spaces


def as_bytes(rgb):
    """RGB in [0, 1] as uint8."""
    return (rgb * 255).round().to(torch.uint8)


def recolored(pictures, chroma):
    """The pictures with another chroma and their own luma."""
    rgb = pictures.float() / 255
    return as_bytes(composition.join(spaces.luma(rgb), chroma(spaces.rgb_to_ycbcr(rgb)[:, 1:])))
