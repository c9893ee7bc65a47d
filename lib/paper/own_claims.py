"""The workbook's own claims, beside the paper's: each is judged by the notebook that it names.

`claims.py` has those of the paper, and `entry_of`, which judges either kind.
"""

import shlex
from functools import partial

from lib.data.locations import data_arguments
from lib.evaluation.frontier import CNN_CONSTANT, CONSTANT, SLIDER
from lib.evaluation.size import Size
from lib.paper import judgments, judgments_data
from lib.paper.claims import TRAINED_OVER_SEEDS, Claim
from lib.paper.judgments_adversarial import judge_detection, judge_frontier

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

# By the trainings of notebook 09, each over seeds: the paper's network and ours, with a critic and without.
GANS = "The paper names GANs, to enhance realism and detail, as future work (V-B)"
ADVERSARIAL = (
    Claim(
        "A critic lifts the paper's network above chroma times a constant",
        f"Not in the paper: the claim is ours. {GANS}",
        TRAINED_OVER_SEEDS,
        ("frontier", "distances"),
        partial(judge_frontier, "cnn_adversarial", (CNN_CONSTANT,)),
        "09",
    ),
    Claim(
        "A critic makes the colors of the paper's network more realistic",
        f"Not in the paper: the claim is ours. {GANS}",
        TRAINED_OVER_SEEDS,
        ("detected",),
        partial(judge_detection, "cnn_adversarial", "cnn_as_long"),
        "09",
    ),
    Claim(
        "A critic lifts our network above vividness and above chroma times a constant",
        f"Not in the paper: the claim is ours. {GANS}",
        Size(pairs=1000, seeds=3, pictures=100),
        ("frontier", "distances"),
        partial(judge_frontier, "chroma_adversarial", (SLIDER, CONSTANT)),
        "09",
    ),
    Claim(
        "A critic makes our colors more realistic than vividness does",
        f"Not in the paper: the claim is ours. {GANS}",
        Size(pairs=1000, seeds=3, pictures=100),
        ("detected",),
        partial(judge_detection, "chroma_adversarial", SLIDER),
        "09",
    ),
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
