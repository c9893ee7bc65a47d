"""What one point of a sweep is; `job.py` runs it."""

from dataclasses import dataclass

from lib.common.usage import value_text


@dataclass(frozen=True)
class Point:
    """One run of the notebook in a sweep.

    Args:
        folder: the name of its folder.
        parameters: all parameters of the notebook but `run`.
        varied: those of them that the sweep varies.
    """

    folder: str
    parameters: dict[str, object]
    varied: dict[str, object]

    @property
    def label(self) -> str:
        """The varied parameters for people, like `perceptual_weight=0.05, seed=1`."""
        return ", ".join(f"{name}={value_text(value)}" for name, value in self.varied.items()) or "the only point"
