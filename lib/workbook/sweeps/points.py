"""One point of a sweep."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Point:
    """One run of the notebook: its folder's name, all parameters but `run`, and those that the sweep varies."""

    folder: str
    parameters: dict[str, object]
    varied: dict[str, object]

    @property
    def label(self) -> str:
        """`perceptual_weight=0.05, seed=1`, for people."""
        return ", ".join(f"{name}={text_of(value)}" for name, value in self.varied.items()) or "the only point"


def text_of(value: object) -> str:
    """A parameter's value in a few letters: 0.05, 200+400 for a list, none for an empty one."""
    if isinstance(value, list):
        return "+".join(map(text_of, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
