"""What a benchmark measures, and the rows of results.json that come of it."""

import statistics
from dataclasses import dataclass, replace

from lib.training.config import TrainingConfig

# Our network from nothing, over the plain encoder: what a notebook trains, at the size of the paper's pictures.
CONFIG = TrainingConfig(
    network="ChromaNet",
    options={"side": 160},
    loss="chroma distribution",
    epochs=22,
    batch_size=32,
    learning_rate=3e-3,
    schedule="one-cycle",
    weight_decay=0.05,
    crop=128,
)
SIZE = 144  # px of the pictures that crops of 128 px are cut from


@dataclass(frozen=True)
class Plan:
    """What is measured. The defaults are what is published; a test asks for less.

    `size` (px, a multiple of 32) is that of the pictures, and each thing is measured `repeats` times. `photograph` is
    the (width, height) of the large one in px, `widths` are those of the networks that are trained, the paper's and
    ours. `to_gain` asks how long a training of `epochs` epochs takes to be that many dB above the gray copy; None
    leaves it out.
    """

    size: int = 128
    repeats: int = 5
    to_gain: float | None = None
    epochs: int = 8
    photograph: tuple[int, int] = (4000, 3000)
    widths: tuple[int, int] = (64, 32)

    def __post_init__(self):
        if self.size < 32 or self.size % 32:
            raise ValueError(f"size is {self.size} px; it must be a multiple of 32, at which both networks train")
        for name in ("repeats", "epochs"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be at least 1")

    @property
    def full(self) -> int:
        """Side of the pictures of which our recipe crops `size` px, 144 for 128."""
        return self.size * SIZE // CONFIG.crop

    @property
    def config(self) -> TrainingConfig:
        """Our recipe at this size."""
        side = self.size * CONFIG.options["side"] // CONFIG.crop
        return replace(CONFIG, options={"width": self.widths[1], "side": side}, crop=self.size)


def measured(group: str, values: dict[str, list[float]], unit: str, compared: bool = False) -> list[dict]:
    """Rows of results.json from measurements by name; where they are `compared`, with the ratio to the first one's."""
    rows, reference = [], statistics.median(next(iter(values.values())))
    for name, own in values.items():
        median = statistics.median(own)
        row = {"group": group, "name": name, "unit": unit, "values": own, "median": median}
        rows.append(row | {"ratio": median / reference if compared else None, "reason": ""})
    return rows


def unmeasured(group: str, name: str, unit: str, reason: str) -> dict:
    """A row of results.json for what could not be measured, and why."""
    row = {"group": group, "name": name, "unit": unit, "values": [], "median": None, "ratio": None}
    return row | {"reason": f"not measured: {reason}"}
