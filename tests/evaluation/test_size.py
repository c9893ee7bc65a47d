"""The size of a test: the smallest of what is compared, and what it lacks to what a claim needs."""

import pytest

from lib.evaluation.names import GRAY_COPY, Method
from lib.evaluation.size import NOT_TESTED, Size, checked_size

NEEDS = Size(pairs=1000, epochs=20, seeds=3, pictures=100)


def test_the_size_of_a_comparison_is_its_smallest_training():
    networks = [Method("cnn", {"pairs": 400, "epochs": 30}), Method("cnn", {"pairs": 2000, "epochs": 9})]
    assert Size.of([*networks, GRAY_COPY], 2, 50) == Size(400, 9, 2, 50)
    assert Size.of([GRAY_COPY], 2, 50) == Size(0, 0, 2, 50)


@pytest.mark.parametrize(
    ("had", "missing"),
    [
        (Size(1000, 20, 3, 100), ""),
        (Size(5000, 90, 9, 999), ""),
        (Size(999, 20, 3, 100), "1,000 training pairs (here 999)"),
        (Size(1000, 19, 3, 99), "20 epochs (here 19) and 100 test pictures (here 99)"),
        (Size(1, 1, 1, 100), "1,000 training pairs (here 1), 20 epochs (here 1) and 3 seeds (here 1)"),
    ],
)
def test_what_is_missing_is_named(had, missing):
    assert had.lacks(NEEDS) == missing
    assert had.lacks(Size()) == ""


def test_a_measurement_that_is_too_small_keeps_its_numbers_and_names_the_command():
    assert checked_size("+1 dB", "supported", Size(seeds=3), Size(seeds=3), "run it") == ("+1 dB", "supported")
    small = checked_size("+1 dB", "supported", Size(seeds=2), Size(seeds=3), "run it")
    assert small == ("+1 dB. A test needs 3 seeds (here 2): `run it`", NOT_TESTED)
