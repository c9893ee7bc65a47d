"""The workbook's own claims, beside the paper's: each is judged by the notebook that it names.

`claims.py` has those of the paper, and `entry_of`, which judges either kind.
"""

import shlex

from lib.data.locations import data_arguments
from lib.evaluation.size import Size
from lib.paper import judgments, judgments_data
from lib.paper.claims import TRAINED_OVER_SEEDS, Claim

# By the trainings of notebook 06 and the judge's photographs, in sweeps over seeds.
KNOWLEDGE = Claim(
    "A network that knows ImageNet colors new photographs better than the same network from nothing",
    "Not in the paper: the claim is ours. The paper expects generality of a larger, more diverse dataset (V-B)",
    TRAINED_OVER_SEEDS,
    ("judge",),
    judgments.judge_knowledge,
    "06",
    "workbook sweep notebooks/06_better_colorizer.ipynb headline --profile paper",
)

# By pictures alone: nothing is trained.
HINTS = Claim(
    "Hints color better by what a network finds alike than by luma alone",
    "Not in the paper: the claim is ours. The paper begins with hints that spread by luma (reference [1], Levin et al. "
    "2004) and names feedback from people as future work (V-B)",
    Size(pictures=100),
    ("hints",),
    judgments.judge_hints,
    "07",
)

# By films whose motion is known.
FILMS = Claim(
    "Colors carried along the motion of a film flicker a quarter as much, and are as accurate",
    "Not in the paper: the claim is ours. The paper names video-based colorization by leveraging temporal consistency "
    "between frames as future work (V-B)",
    Size(films=20),
    ("films",),
    judgments.judge_films,
    "08",
)

# By the trainings of notebook 10, which all see as many pictures: epochs do not apply.
_EXPANSION = (
    "Dataset expansion: a larger and more diverse dataset is to improve generalizability (future work, V-B); results "
    "are shown for 1,000 and 2,000 pairs (Fig. 4)"
)
_SIZE = Size(pairs=1000, seeds=3, pictures=100)
_MOST = 4000  # training pictures of which the paper profile needs as many
_COMMAND = "workbook run --profile paper --only 10"


def folders_option(data: str, judge: str, train: int) -> str:
    """What to add to the command of a claim on data: the judge and the folders of a run, where they are large enough.

    Args:
        data: the parameter of the run.
        judge: the same.
        train: the number of training pictures of all its folders.
    """
    folders = data_arguments(data) if train >= _MOST else []
    words = ["-p", "judge", judge or "FOLDER", *(folders if len(folders) > 2 else ["--data", "FOLDER"] * 2)]
    return f" {shlex.join(words)}"


LARGER_DATA, LARGER_DATA_OURS, VARIED_DATA, VARIED_DATA_OURS = (
    Claim(f"A {what} dataset generalizes better: {whose} network", _EXPANSION, _SIZE, ("data",), judge, "10", _COMMAND)
    for what, whose, judge in (
        ("larger", "the paper's", judgments_data.judge_more_data_of_paper),
        ("larger", "our", judgments_data.judge_more_data_of_ours),
        ("more diverse", "the paper's", judgments_data.judge_varied_data_of_paper),
        ("more diverse", "our", judgments_data.judge_varied_data_of_ours),
    )
)
