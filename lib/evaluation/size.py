"""The size of a test: what a claim needs to be tested, and what a measurement had."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from lib.evaluation.names import Method

# With fewer pictures no interval is shown. How often the interval of `bootstrap` covers the true mean of 4,000 samples,
# normal, exponential and lognormal ones (drawn by numpy's default_rng(0)), instead of in 95%:
#   2 pictures: 50, 47, 43%    3: 74, 69, 64%    4: 80, 75, 69%    5: 85, 78, 72%    6: 86, 82, 73%
#   8 pictures: 89, 84, 78%   10: 91, 87, 81%   12: 90, 87, 81%   20: 92, 90, 85%   50: 94, 93, 90%
LEAST_PICTURES = 5
NOT_TESTED = "not tested at this size"  # the verdict where a measurement had less than its claim needs


@dataclass(frozen=True)
class Size:
    """Least number of each: what a claim needs, or what a measurement had. 0 is for what does not apply.

    `pairs` and `epochs` are those of every training that is compared, `seeds` the trainings that differ in their seed
    only, `pictures` those of the test split that are scored, `films` those that are colored and scored.
    """

    pairs: int = 0
    epochs: int = 0
    seeds: int = 0
    pictures: int = 0
    films: int = 0

    @classmethod
    def of(cls, methods: Iterable[Method], seeds: int, pictures: int) -> "Size":
        """The size of a comparison of methods: the smallest training among them; methods without one do not count."""
        settings = [method.settings for method in methods]
        pairs, epochs = ([own[name] for own in settings if name in own] for name in ("pairs", "epochs"))
        return cls(min(pairs, default=0), min(epochs, default=0), seeds, pictures)

    @property
    def in_words(self) -> str:
        """What a measurement was made on.

        >>> Size(pairs=1000, epochs=20, seeds=1, pictures=539).in_words
        'on 539 pictures, 1 seed'
        """
        if self.films:
            return f"on {counted(self.films, 'film')}"
        return f"on {counted(self.pictures, 'picture')}, {counted(self.seeds, 'seed')}"

    def lacks(self, needs: "Size") -> str:
        """What a measurement has less of than a claim needs, in words; "" if nothing.

        >>> Size(pairs=400, epochs=30).lacks(Size(pairs=1000, epochs=20))
        '1,000 training pairs (here 400)'
        """
        words = {"pairs": "training pair", "epochs": "epoch", "seeds": "seed", "pictures": "test picture"}
        words["films"] = "film"
        missing = [
            f"{counted(getattr(needs, field.name), words[field.name])} (here {getattr(self, field.name):,})"
            for field in fields(self)
            if getattr(self, field.name) < getattr(needs, field.name)
        ]
        *first, last = missing or [""]
        return f"{', '.join(first)} and {last}" if first else last


def checked_size(measured: str, verdict: str, had: Size, needs: Size, command: str) -> tuple[str, str]:
    """What was measured and its verdict. Where the measurement had less than the claim needs, `NOT_TESTED`.

    The sentence then goes on with what was missing and with the command that tests the claim.
    """
    missing = had.lacks(needs)
    if not missing:
        return measured, verdict
    return f"{measured}. A test needs {missing}: `{command}`", NOT_TESTED


def counted(number: int, noun: str) -> str:
    """A number with its noun, which takes an s in the plural.

    >>> counted(1, "seed"), counted(1000, "picture")
    ('1 seed', '1,000 pictures')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def too_few(pictures: int, noun: str = "picture") -> str:
    """` (1 picture: too few for an interval)`, or nothing where the pictures, or other things, are enough for one."""
    return f" ({counted(pictures, noun)}: too few for an interval)" if pictures < LEAST_PICTURES else ""
