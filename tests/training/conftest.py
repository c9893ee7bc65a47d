"""Trainings that are interrupted, for the tests of the trainer and of its steps."""

import pytest

from lib.training import trainer


@pytest.fixture
def interrupt(monkeypatch):
    """A function that makes the trainer's second epoch raise `KeyboardInterrupt`, and lists the calls from then on."""

    def interrupt_second_epoch(where: str) -> list[str]:
        name = "train_epoch" if where == "in an epoch" else "validate"
        original, calls = getattr(trainer, name), []

        def interrupted(*args, **kwargs):
            result = original(*args, **kwargs)
            calls.append(name)
            if len(calls) == 2:  # the second epoch is trained, and lost
                raise KeyboardInterrupt
            return result

        monkeypatch.setattr(trainer, name, interrupted)
        return calls

    return interrupt_second_epoch
