"""The workbook's own claims, beside the paper's: each is judged by the notebook that it names.

`claims.py` has those of the paper, and `entry_of`, which judges either kind.
"""

from lib.evaluation.size import Size
from lib.paper import judgments
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
