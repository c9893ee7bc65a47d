"""One point of a sweep."""

from dataclasses import dataclass


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
        return ", ".join(f"{name}={text_of(value)}" for name, value in self.varied.items()) or "the only point"


def text_of(value: object) -> str:
    """A parameter's value as short text.

    >>> text_of(0.05), text_of([200, 400]), text_of([])
    ('0.05', '200+400', 'none')
    """
    if isinstance(value, list):
        return "+".join(map(text_of, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
