"""One point of a sweep."""

from dataclasses import dataclass

from lib.common.usage import value_text


@dataclass(frozen=True)
class Point:
    """One run of the notebook: its folder's name, all parameters but `run`, and those that the sweep varies."""

    folder: str
    parameters: dict[str, object]
    varied: dict[str, object]

    @property
    def label(self) -> str:
        """`perceptual_weight=0.05, seed=1`, for people."""
        return ", ".join(f"{name}={value_text(value)}" for name, value in self.varied.items()) or "the only point"
