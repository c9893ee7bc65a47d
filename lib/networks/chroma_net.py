"""Our network: it keeps the given luma and predicts chroma as a distribution, at an eighth of the resolution.

It answers the three limits that the paper's authors name (section V). The luma is kept, so detail survives. There is
more than the mean color to choose from, so colors need not fade. And the distribution says where color is ambiguous.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lib.color import composition
from lib.color import distribution as chromas
from lib.color.spaces import rgb_to_ycbcr, to_tensor
from lib.networks.encoders import ENCODERS, STRIDE, block

SMALLEST = 16  # px; a smaller picture shows too little to tell a color from
MEAN_WEIGHT = 200.0  # balances a squared error of chroma, about 0.003, against a cross entropy of about 3 nats
LOG_WEIGHT = 0.6  # the same for the logarithm of a picture's squared error
LEAST_ERROR = 1e-4  # of chroma, squared; what is smaller cannot be seen
_LONGEST = 8  # short sides; a longer picture is squeezed to that, so that a ribbon does not fill the memory


class _Up(nn.Module):
    """Twice the resolution, joined with the encoder's map of that resolution."""

    def __init__(self, inputs: int, skipped: int, joined: int, outputs: int):
        super().__init__()
        self.narrow = nn.Conv2d(inputs, joined, 1, bias=False)
        self.skip = nn.Identity() if skipped == joined else nn.Conv2d(skipped, joined, 1, bias=False)
        self.block = block(joined, outputs)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return self.block(F.interpolate(self.narrow(x), scale_factor=2, mode="nearest") + self.skip(skip))


class _Context(nn.Module):
    """What the whole picture shows, added to every cell: a sunset, a room, a dull day.

    The errors of a picture hang together, so each cell is to know what the others see.
    """

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(inputs, 2 * outputs), nn.ReLU(), nn.Linear(2 * outputs, outputs))

    def forward(self, x: Tensor, deepest: Tensor) -> Tensor:
        return F.relu(x + self.layers(deepest.mean((2, 3)))[..., None, None])


class Maps(NamedTuple):
    """What a `ChromaNet` makes of pictures before its heads.

    Args:
        seen: by the two heads, `(B, 4 width, H / 8, W / 8)`.
        places: the same without the context, which would make all places of a picture alike.
        deepest: of the encoder, `(B, C, H / 32, W / 32)`: what things there are.
    """

    seen: Tensor
    places: Tensor
    deepest: Tensor


class ChromaNet(nn.Module):
    """From gray to RGB by a distribution over the colors of `lib.color.distribution.COLORS`.

    A U-Net on luma with cells of 8 x 8 px. For each cell it predicts a distribution, and four sets of nine weights.
    They mix the colors of the cell and its neighbors into a block of 2 x 2 chroma pixels (convex upsampling, Teed and
    Deng 2020), so that edges of color need not follow the cells.

    Args:
        width: a quarter of the channels that the two heads see; the plain encoder's first map has as many.
        side: the short side, in px, at which the network sees pictures; that of its training. Other pictures are
            resized to it, and the chroma is enlarged to their size: a photograph gets the same colors at any size.
        encoder: what looks at the picture, a key of `lib.networks.encoders.ENCODERS`. With `width=32` the network has
            3.35 million parameters over the plain encoder and 4.0 million over EfficientNet-Lite0.
    """

    def __init__(self, width: int = 32, side: int = 128, encoder: str = "plain"):
        super().__init__()
        if width < 1:
            raise ValueError(f"width is {width}; it must be at least 1")
        if side < STRIDE or side % 8:
            raise ValueError(f"side is {side} px; it must be a multiple of 8 and at least {STRIDE}")
        if encoder not in ENCODERS:
            raise ValueError(f"encoder is one of {', '.join(ENCODERS)}, not {encoder!r}")
        self.side = side
        self.vividness = 0.0  # how `forward` chooses from the distribution; may be set at any time
        self.encoder = ENCODERS[encoder](width)
        eighth, sixteenth, deepest = self.encoder.channels
        fine, coarse = self.encoder.joined
        self.decoder = nn.ModuleList([_Up(deepest, sixteenth, coarse, coarse), _Up(coarse, eighth, fine, 4 * width)])
        self.context = None if encoder == "plain" else _Context(deepest, 4 * width)
        self.colors = nn.Conv2d(4 * width, len(chromas.COLORS), 1)
        self.mixing = nn.Conv2d(4 * width, 9 * chromas.CELL**2, 1)
        # How often each color occurs in the training pictures, for class rebalancing; uniform until it is counted.
        self.register_buffer("frequency", torch.full((len(chromas.COLORS),), 1 / len(chromas.COLORS)))
        self.register_load_state_dict_pre_hook(_with_stem_in_encoder)

    def predict(self, gray: Tensor) -> tuple[Tensor, Tensor]:
        """The raw outputs for pictures at the scale of training.

        Args:
            gray: `(B, 1, H, W)` in [0, 1]. H and W are multiples of 8, others raise `ValueError`; the borders are
                continued to the next multiple of 32.

        Returns:
            Logits of the distributions, `(B, K, H / 8, W / 8)`, and of the mixing weights, `(B, 36, H / 8, W / 8)`.
        """
        seen = self.look(gray).seen
        return self.colors(seen), self.mixing(seen)

    def look(self, gray: Tensor) -> Maps:
        """What the network makes of pictures at the scale of training, see `predict`, before its heads."""
        height, width = gray.shape[-2:]
        if height % 8 or width % 8:
            raise ValueError(f"pictures of {height} x {width} px cannot be trained on; sides must be multiples of 8")
        pad = (0, -width % STRIDE, 0, -height % STRIDE)
        *skips, x = self.encoder(F.pad(gray, pad, mode="replicate") if any(pad) else gray)
        deepest = x
        for up in self.decoder:
            x = up(x, skips.pop())
        seen = self.context(x, deepest) if self.context else x
        return Maps(*(cells[..., : height // 8, : width // 8] for cells in (seen, x)), deepest)

    @torch.no_grad()
    def count_colors(self, color: Tensor) -> None:
        """Keep how often each color occurs in the training pictures `(B, 3, H, W)`, for class rebalancing."""
        self.frequency.copy_(chromas.frequencies(small_chroma(color)))

    def loss(self, gray: Tensor, color: Tensor, is_cautious: bool = False) -> Tensor:
        """The training loss alone, see `loss_and_chroma`."""
        return self.loss_and_chroma(gray, color, is_cautious)[0]

    def loss_and_chroma(self, gray: Tensor, color: Tensor, is_cautious: bool = False) -> tuple[Tensor, Tensor]:
        """The training loss, the distributions' cross entropy plus a term for the error of their mean; and that mean.

        That term is `MEAN_WEIGHT` times the squared error; or, where `is_cautious`, what a table counts: the logarithm
        of each picture's squared error, and once more what it exceeds that of the gray copy by.

        Args:
            gray: `(B, 1, H, W)` in [0, 1], at the scale of training, sides multiples of 8.
            color: its true colors, `(B, 3, H, W)` in [0, 1].
            is_cautious: whether pictures count alike, and harm counts twice.

        Returns:
            The loss, a scalar, and the mean chroma `(B, 2, H / 4, W / 4)`.
        """
        truth = small_chroma(color)
        logits, mixing = self.predict(gray)
        mean = chromas.mix(chromas.expected(logits.float().softmax(1)), mixing)
        cross_entropy = chromas.cross_entropy(logits, truth)
        if not is_cautious:
            return cross_entropy + MEAN_WEIGHT * F.mse_loss(mean, truth), mean
        error, of_gray = (side.square().mean((1, 2, 3)) + LEAST_ERROR for side in (mean - truth, truth))
        harm = F.relu(error.log() - of_gray.log())
        return cross_entropy + LOG_WEIGHT * (error.log() + harm).mean(), mean

    def distribution(self, gray: Tensor) -> chromas.ChromaDistribution:
        """The colors that pictures may have: `gray` is `(B, 1, H, W)` in [0, 1], of any size from 16 px up."""
        return self.distribution_and_maps(gray)[0]

    def distribution_and_maps(self, gray: Tensor) -> tuple[chromas.ChromaDistribution, Maps]:
        """The colors that pictures may have, and what the network makes of them before its heads.

        All are means of the picture and its mirror image.
        """
        height, width = seen_size(*gray.shape[-2:], self.side)
        if (height, width) != gray.shape[-2:]:
            gray = F.interpolate(gray, (height, width), mode="bilinear", antialias=True, align_corners=False)
        # The picture and its mirror image: what they agree on is worth a tenth of a dB.
        maps = self.look(torch.cat([gray, gray.flip(-1)]))
        straight, mirrored = self.colors(maps.seen).float().softmax(1).chunk(2)
        log_probabilities = ((straight + mirrored.flip(-1)) / 2).log()
        straight, mirrored = self.mixing(maps.seen).float().chunk(2)
        mixing = (straight + chromas.mirrored_mixing(mirrored)) / 2
        halves = (cells.float().chunk(2) for cells in maps)
        means = (straight.add(mirrored.flip(-1)) / 2 for straight, mirrored in halves)
        return chromas.ChromaDistribution(log_probabilities, mixing, self.frequency), Maps(*means)

    def distribution_in(self, places: Tensor, whole: Tensor) -> chromas.ChromaDistribution:
        """The colors that pictures may have, as parts of a whole that was seen elsewhere, such as a film's shot.

        Args:
            places: see `Maps`.
            whole: the mean of the deepest map over that whole, `(B, C)`. The plain encoder makes nothing of it.
        """
        seen = self.context(places, whole[..., None, None]) if self.context else places
        return chromas.ChromaDistribution(self.colors(seen).log_softmax(1), self.mixing(seen), self.frequency)

    @torch.inference_mode()
    def look_at(self, gray: np.ndarray) -> chromas.ChromaDistribution:
        """The colors that an 8-bit gray picture, uint8 `(H, W)`, may have; without gradients."""
        return self.distribution(to_tensor(gray)[None].to(self.frequency.device))

    def forward(self, gray: Tensor) -> Tensor:
        """RGB `(B, 3, H, W)` in [0, 1] with the luma `gray` `(B, 1, H, W)`, as vivid as `self.vividness`."""
        chroma = self.distribution(gray).chroma(self.vividness)
        return composition.join(gray, composition.enlarge(chroma, gray.shape[-2:]))


def _with_stem_in_encoder(_network: nn.Module, weights: dict[str, Tensor], *_others: object) -> None:
    """Rename the weights of older files: there the stem stood outside the encoder, whose stages were counted from 0."""
    if not any(name.startswith("stem.") for name in weights):
        return
    old = dict(weights)
    weights.clear()
    for name, tensor in old.items():
        part, _, rest = name.partition(".")
        if part == "encoder":
            stage, _, rest = rest.partition(".")
            name = f"encoder.{int(stage) + 1}.{rest}"
        weights[f"encoder.0.{rest}" if part == "stem" else name] = tensor


def small_chroma(color: Tensor) -> Tensor:
    """The chroma of pictures `(B, 3, H, W)` at the resolution of the network's: `(B, 2, H / 4, W / 4)`."""
    return F.avg_pool2d(rgb_to_ycbcr(color)[:, 1:], 8 // chromas.CELL)


def seen_size(height: int, width: int, side: int) -> tuple[int, int]:
    """The height and width at which the network sees a picture: about `side` px on the short side, multiples of 32.

    The picture is stretched by some percent for that, which costs less than borders that have to be continued. Less
    than 16 px each way raises `ValueError`.

    >>> seen_size(3000, 4000, side=128)
    (128, 160)
    """
    if min(height, width) < SMALLEST:
        raise ValueError(
            f"a picture of {height} x {width} px is too small to colorize; it needs {SMALLEST} px each way"
        )
    scale = side / min(height, width)
    lengths = (STRIDE * max(round(length * scale / STRIDE), 1) for length in (height, width))
    return tuple(min(length, _LONGEST * side) for length in lengths)
