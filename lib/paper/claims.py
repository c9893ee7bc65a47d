"""The ledger of claims: what the paper says, what a run measured, and a verdict computed from the measurement.

`CLAIMS` lists what the paper claims, what a test of each needs, and the command that makes a run of that size.
`judgments.py` judges them by tables of a run. A run that is smaller than a claim needs still shows its numbers; the
verdict is "not tested at this size". Sections are numbered as in the paper, III-B.
"""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lib.data.locations import data_arguments
from lib.evaluation.names import JUDGED, PAPER, Method
from lib.evaluation.rows import methods_of, rows_of
from lib.evaluation.size import NOT_TESTED, Size, checked_size
from lib.paper import judgments
from lib.paper.judgments import Judgment, Spread
from lib.workbook.records.reader import RunFiles
from lib.workbook.records.shape import is_number
from lib.workbook.report.html import prose

Entry = dict[str, str]  # claim, paper, measured, verdict
# What the claims are judged by, beside the preprocessing experiment: the notebook that leaves it in a run.
SOURCES = {
    "maps": "01_classical_mapping",
    "cnn": "02_baseline_cnn",
    "history": "02_baseline_cnn",
    "perceptual": "03_perceptual_loss",
    "printed change": "03_perceptual_loss",
    "judge": "06_better_colorizer",
    "hints": "07_hints_and_feedback",
    "films": "08_films",
    "frontier": "09_adversarial_training",
    "distances": "09_adversarial_training",
    "detected": "09_adversarial_training",
    "data": "10_more_data",
}
# The paper's grid begins at 1,000 pairs and 20 epochs (IV-A, Fig. 4). Fewer than 100 pictures or 3 seeds give intervals
# too wide, or too uncertain themselves, to judge by; both numbers are ours.
TRAINED = Size(pairs=1000, epochs=20, pictures=100)
TRAINED_OVER_SEEDS = Size(pairs=1000, epochs=20, seeds=3, pictures=100)
# Columns of numbers that the tables must have.
COLUMNS = {
    "per_image": ("mse", "psnr", "ssim", "colorfulness", "colorfulness_truth", "pixels"),
    "history": ("pairs", "epoch", "loss"),
}
PAPER_PAIRS = 2000  # what the paper profile trains on at most: data with fewer pairs cannot be run with it


@dataclass(frozen=True)
class Claim:
    """A claim: its name, what the paper said, what its test needs, what it is judged by, and a command that tests it.

    `tables` are keys of `SOURCES`, or "experiment", "size" (both of the preprocessing experiment) and "spread" (over
    its seeds); `judge` takes them in this order.
    """

    name: str
    said: str
    needs: Size
    tables: tuple[str, ...]
    judge: Callable[..., Judgment]
    only: str  # the notebooks that test it
    sweep: str = ""  # the command that tests it where a single run cannot

    @property
    def command(self) -> str:
        """The command that makes a run or sweep large enough to test the claim."""
        return self.sweep or f"workbook run --profile paper --only {self.only}"


CLAIMS = (
    Claim(
        "The CNN's scores show that it colors well",
        "Strong performance, 23.14 dB / SSIM 0.93 (IV-B, Table I); no comparison with an uncolored picture",
        TRAINED,
        ("cnn",),
        judgments.judge_cnn_against_nothing,
        "02,05",
    ),
    Claim(
        "The CNN outperforms heuristic color mapping",
        "CNN 23.14 dB / SSIM 0.93; color maps at most 19.3 dB / 0.65 (Table I)",
        TRAINED,
        ("maps", "cnn"),
        judgments.judge_cnn_against_classical,
        "01,02,05",
    ),
    Claim(
        "The perceptual loss, as printed, enhances accuracy",
        "Adding the loss enhanced the accuracy of the model (III-B)",
        Size(),  # what it does to a gradient does not depend on any size
        ("printed change",),
        judgments.judge_printed_loss,
        "03,05",
    ),
    Claim(
        "Perceptual loss, corrected, improves the result",
        "Perceptual loss improves accuracy and visual quality (III-B, IV-B)",
        TRAINED_OVER_SEEDS,
        ("perceptual", "spread"),
        judgments.judge_perceptual_loss,
        "03,05",
    ),
    Claim(
        "Classical preprocessing before the CNN improves the result",
        "Combining classical preprocessing with CNN training yields superior results (V-A)",
        TRAINED_OVER_SEEDS,
        ("experiment", "size"),
        judgments.judge_preprocessing,
        "05",
    ),
    Claim(
        "Classical preprocessing makes it more efficient",
        "Classical preprocessing before CNN inference enhances efficiency (abstract)",
        Size(pairs=1000, epochs=20, seeds=3),  # judged by the validation split and the clock
        ("experiment", "size"),
        judgments.judge_efficiency,
        "05",
    ),
    Claim(
        "The loss flattens after 20 epochs",
        "The training loss, with perceptual loss, plateaus after 20 epochs (IV-C)",
        Size(pairs=1000, epochs=30),
        ("history",),
        judgments.judge_plateau,
        "02,05",
    ),
    Claim(
        "More pairs beat fewer",
        "Results are shown for 1,000 and 2,000 pairs (Fig. 4); expansion is to help (V-B)",
        TRAINED_OVER_SEEDS,
        ("cnn", "spread"),
        judgments.judge_more_pairs,
        "02,05",
    ),
    Claim(
        "The outputs look de-saturated",
        "The colorization appears de-saturated in some cases (IV-B)",
        TRAINED,
        ("cnn",),
        judgments.judge_saturation,
        "02,05",
    ),
)


def read_table(run: RunFiles, notebook: str, name: str = "per_image") -> pd.DataFrame | None:
    """A table that a notebook of the run kept, or None where it did not.

    One that is damaged, or lacks what a table of that name holds, raises `ValueError` with its file.
    """
    file: Path = run.folder / notebook / f"{name}.csv"
    if notebook not in run.results or not file.exists():
        return None
    # Names are text whatever they look like: a picture may be called 001 or NA.
    text = dict.fromkeys(("name", "method", "settings", "label"), str)
    try:
        table = pd.read_csv(file, dtype=text, keep_default_na=False, na_values=[""])
        columns = COLUMNS.get(name, ())
        table[list(columns)].astype(float)
        if name == "per_image":
            methods_of(table)
        if table.empty:
            raise ValueError("it has no rows")
    except (ValueError, KeyError, TypeError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(f"{file} is not readable as a table of scores ({reason}); run its notebook again") from error
    return table


def ledger(run: RunFiles, experiment: pd.DataFrame, size: Size, sweeps: Sequence[Entry] = ()) -> list[Entry]:
    """All claims, judged by what the run's notebooks left and by the preprocessing experiment.

    A claim whose notebook left nothing stands there too, with the reason.

    Args:
        run: the results of the run's notebooks, on the pictures of the experiment.
        experiment: what `preprocessing_experiment` returns.
        size: the size of the experiment.
        sweeps: entries judged over the seeds of sweeps (see `verdicts.claims_of_sweeps`). They replace those of the
            same claim, except that one not tested replaces none that is; new claims follow at the end.
    """
    change = run.results.get(SOURCES["printed change"], {}).get("artifacts", {}).get("printed_gradient_change")
    found = {"printed change": change if is_number(change) else None}
    for source, name in (
        ("maps", "per_image"),
        ("cnn", "per_image"),
        ("perceptual", "per_image"),
        ("history", "history"),
    ):
        try:
            found[source] = read_table(run, SOURCES[source], name)
        except ValueError as error:
            found[source] = error
    found |= {"experiment": experiment, "size": size, "spread": Spread.of(experiment, size)}
    entries = {claim.name: entry_of(claim, found, data_option(run)) for claim in CLAIMS}
    measured = {claim.name for claim in CLAIMS if not missing_notebooks(claim, found)}
    tested = {name for name in measured if entries[name]["verdict"] != NOT_TESTED}
    entries |= {
        entry["claim"]: entry for entry in sweeps if entry["verdict"] != NOT_TESTED or entry["claim"] not in tested
    }
    return list(entries.values())


def entry_of(claim: Claim, found: Mapping[str, object], option: str = "") -> Entry:
    """A claim's entry of the ledger.

    Args:
        claim: the claim.
        found: what it is judged by, by the names in `Claim.tables`; None for what the run does not have, an error for
            what cannot be read.
        option: what to add to the claim's command.
    """
    missing = missing_notebooks(claim, found)
    if missing:
        damaged = [str(found[name]) for name in claim.tables if isinstance(found[name], ValueError)]
        reason = damaged[0] if damaged else f"{', '.join(missing)} left no results on these pictures"
        measured, verdict = f"Not measured in this run: {reason}", "cannot tell"
    else:
        judged = claim.judge(*(found[name] for name in claim.tables))
        command = claim.command + option
        measured, verdict = checked_size(judged.measured, judged.verdict, judged.size, claim.needs, command)
    return {"claim": claim.name, "paper": claim.said, "measured": measured, "verdict": verdict}


def missing_notebooks(claim: Claim, found: Mapping[str, object]) -> list[str]:
    """The notebooks that left nothing of what a claim is judged by."""
    lost = [name for name in claim.tables if found[name] is None or isinstance(found[name], ValueError)]
    return list(dict.fromkeys(SOURCES[name] for name in lost))


def data_option(run: RunFiles) -> str:
    """` --data NAME` for each folder, where they were chosen and are enough for the paper profile, else nothing."""
    for results in run.results.values():
        chosen = results.get("parameters", {}).get("data", "auto")
        if chosen != "auto" and results.get("data", {}).get("splits", {}).get("train", 0) >= PAPER_PAIRS:
            return f" {shlex.join(data_arguments(chosen))}"
    return ""


def paper_rows() -> pd.DataFrame:
    """The numbers of the paper's Table I, as rows beside the measured ones; it gives no count and no interval."""
    printed = {
        "custom color mapping": (18.5, 0.62),
        "intensity-based mapping": (19.3, 0.65),
        "OpenCV color mapping": (19.3, 0.65),
        "CNN, fine-tuned": (23.14, 0.93),
    }
    return rows_of(
        Method(PAPER, {"method": name}).row(metric, None, value)
        for name, values in printed.items()
        for metric, value in zip(JUDGED, values, strict=True)
    )


def claims_table(claims: Sequence[Entry]) -> "pd.io.formats.style.Styler":
    """The ledger as a notebook shows it: whole sentences, wrapped, commands as code, the verdict in bold."""
    wrapped = {"text-align": "left", "white-space": "normal", "vertical-align": "top"}
    table = pd.DataFrame(claims).style.hide(axis="index").format(prose).set_properties(**wrapped)
    table.set_table_styles([{"selector": "th", "props": "text-align: left"}])
    return table.set_properties(subset=["verdict"], **{"font-weight": "bold"})
