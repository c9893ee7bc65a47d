"""What can be known of a data set before it is decoded: its pictures, their splits, and what is wrong with them."""

from dataclasses import dataclass, field

from lib.data.locations import describe_source


@dataclass
class Survey:
    """What `survey` found.

    Args:
        description: one line about the pictures.
        counts: the number of pictures in each split, before any is decoded.
        passed_over: a sentence on files that are no pictures, and on lines of split.csv without a picture; "" for none.
        problems: a sentence for each picture, link or folder that cannot be used.
    """

    description: str
    counts: dict[str, int]
    passed_over: str = ""
    problems: list[str] = field(default_factory=list)


def survey(data: str) -> Survey:
    """Look at the data set `data` (see `find_source`) without decoding it, and without importing torch.

    Raises:
        ValueError, OSError: nothing can be trained or scored on these pictures; the message is one sentence that names
            the folder or file and says what to do.
    """
    return Survey(describe_source(data), {})
