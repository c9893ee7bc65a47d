"""What a run or a sweep left behind, read from its files alone."""

import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lib.common.files import read_json
from lib.evaluation.names import METRICS
from lib.workbook.records.score_table import first_of_each
from lib.workbook.records.shape import fault_of_record, fault_of_results

if TYPE_CHECKING:
    import numpy as np

FINGERPRINTS = "WORKBOOK_FINGERPRINTS"  # environment variable: a sweep gives its point's to the notebook as JSON
COMPARISON = "05_comparison"  # the notebook whose conclusions, rows and claims are the run's


@dataclass(frozen=True)
class RunFiles:
    """What a run's folder holds: `record` is run.json ({} without a runner), `results` results.json by notebook.

    `problems` has a sentence for each file of the run that cannot be used.
    """

    folder: Path
    record: dict
    results: dict[str, dict]
    problems: list[str] = field(default_factory=list)

    @property
    def stems(self) -> list[str]:
        """The notebooks, in order: those planned by the runner and those that left results."""
        return sorted({*self.record.get("notebooks", {}), *self.results})

    @property
    def comparison_first(self) -> list[dict]:
        """Every notebook's results, the comparison's before the others."""
        return [self.results[stem] for stem in sorted(self.results, key=lambda stem: (stem != COMPARISON, stem))]

    @property
    def rows(self) -> list[dict]:
        """The rows of the comparison notebook; where it left none, those of all notebooks together."""
        if self.results.get(COMPARISON, {}).get("rows"):
            return self.results[COMPARISON]["rows"]
        rows = [row for results in self.results.values() for row in results.get("rows", [])]
        return [row for row in rows if row["metric"] in METRICS]  # other counts, as of layers, are no scores

    @property
    def skipped(self) -> list[str]:
        """A sentence for each photograph that was left out, with the reason."""
        return list(dict.fromkeys(line for r in self.results.values() for line in r.get("data", {}).get("skipped", [])))

    @property
    def claims(self) -> list[dict]:
        """The ledger of claims: each claim once, as the comparison notebook judges it where it does."""
        ledger = {}
        for results in self.comparison_first:
            for entry in results.get("claims", []):
                ledger.setdefault(entry["claim"], entry)
        return list(ledger.values())


def load_run(folder: Path) -> RunFiles:
    """Read a run's folder. What cannot be used, such as a results.json that is not whole, is among its problems."""
    results, record, problems = {}, {}, []
    for path in sorted(folder.glob("*/results.json")):
        try:
            results[path.parent.name] = read_results(path)
            problems += without_lost_pictures(path.parent, results[path.parent.name])
        except ValueError as error:
            problems.append(str(error))
    if (folder / "run.json").exists():
        try:
            record = checked_json(folder / "run.json", fault_of_record)
        except ValueError as error:
            problems.append(str(error))
    return RunFiles(folder, record, results, problems)


def read_results(file: Path) -> dict:
    """A results.json. One that is not whole, was edited badly or is of an older version raises `ValueError`."""
    return checked_json(file, fault_of_results)


def checked_json(file: Path, fault_of: Callable[[object], str]) -> dict:
    """The content of a JSON file; `ValueError` names the file where it cannot be read or has a fault."""
    try:
        content = read_json(file)
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from error
    fault = fault_of(content)
    if fault.startswith("it was"):
        raise ValueError(f"{file} {fault.removeprefix('it ')}; run its notebook again")
    if fault:
        raise ValueError(f"{file}: {fault}; run its notebook again")
    return content


def without_lost_pictures(folder: Path, results: dict) -> list[str]:
    """Drop a notebook's sample pictures from its results where their file cannot be read; a sentence if so."""
    name = results.get("artifacts", {}).get("pictures")
    if name is None or zipfile.is_zipfile(folder / str(name)):
        return []
    del results["artifacts"]["pictures"]
    return [f"{folder / str(name)} is missing or not readable as pictures; run its notebook again"]


@dataclass(frozen=True)
class PointFiles:
    """A point of a sweep: what it varies, how it stands, and where its results lie once it is done.

    `state` is "done", "failed", "interrupted", "running", "to go", or "not readable" where its point.json is broken.
    """

    folder: Path
    notebook: str
    varied: dict
    state: str
    seconds: float | None
    error: list[str]

    @property
    def results_file(self) -> Path:
        """Under the name that the notebook gives itself, which a copy of it has kept."""
        found = sorted(self.folder.glob("*/results.json"))
        return found[0] if found else self.folder / self.notebook / "results.json"


@dataclass(frozen=True)
class SweepFiles:
    """What a sweep's folder holds: `record` is sweep.json; the points stand in its order."""

    record: dict
    points: list[PointFiles]

    @property
    def finished(self) -> list[Path]:
        """The results.json of every point that is done."""
        return [point.results_file for point in self.points if point.state == "done"]


def load_sweep(folder: Path) -> SweepFiles:
    """Read a sweep's folder. A broken sweep.json raises `ValueError`; a broken point.json is that point's state."""
    record = read_json(folder / "sweep.json")
    if not isinstance(record, dict) or not {"notebook", "points"} <= set(record):
        raise ValueError(f"{folder / 'sweep.json'} is no record of a sweep; start the sweep again")
    points = []
    for entry in record["points"]:
        place = folder / entry["folder"]
        found = point_state(place)
        points.append(
            PointFiles(place, record["notebook"], entry["varied"], found["state"], found.get("seconds"), found["error"])
        )
    return SweepFiles(record, points)


def point_state(folder: Path) -> dict:
    """A point's point.json: its state, seconds and last error lines; a missing or broken one is a state as well."""
    if not (folder / "point.json").exists():
        return {"state": "to go", "error": []}
    try:
        found = read_json(folder / "point.json")
        return {**found, "state": found["state"], "error": list(found.get("error") or [])}
    except (ValueError, TypeError, KeyError, OSError) as error:
        return {"state": "not readable", "error": [str(error)]}


def pictures_of(results: dict) -> str:
    """Which pictures the scores of a results.json are of: data and test split; only equal ones may be compared."""
    data = results.get("data", {})
    return f"{data.get('fingerprint')}/{data.get('tested')}"


def on_same_pictures(run: RunFiles, own: dict) -> RunFiles:
    """The same run with only the notebooks whose scores are of the pictures of `own`, a results.json in the making."""
    same = {stem: results for stem, results in run.results.items() if pictures_of(results) == pictures_of(own)}
    return replace(run, results=same)


def merged_rows(run: RunFiles, stems: Iterable[str], vgg_weights: str) -> list[dict]:
    """The rows of the named notebooks, each method and metric once, in the notebooks' order.

    Distances in the features of other VGG weights than `vgg_weights` are left out: they are on another scale.
    """
    rows = []
    for results in (run.results[stem] for stem in stems if stem in run.results):
        other = results.get("artifacts", {}).get("vgg_weights") != vgg_weights
        rows += [row for row in results.get("rows", []) if not (other and row["metric"] == "vgg_distance")]
    return list(first_of_each(rows).values())


def sample_pictures(run: RunFiles) -> tuple[list[str], dict[str, "np.ndarray"]]:
    """Names of the sample photographs, and what every method of the run made of them, uint8 `(N, H, W, 3)` each.

    Only notebooks that show the same photographs as the first one are taken.
    """
    import numpy as np

    names, pictures = [], {}
    for stem, results in run.results.items():
        if "pictures" in results.get("artifacts", {}):
            with np.load(run.folder / stem / results["artifacts"]["pictures"]) as kept:
                names = names or kept["names"].tolist()
                if kept["names"].tolist() == names:
                    pictures |= {method: kept[method] for method in kept.files if method not in ("names", *pictures)}
    return names, pictures
