"""A run's folder, and what a notebook leaves in it: figures, conclusions and one results.json, written whole.

`outputs/<run>/<notebook>/results.json` is all that the comparison notebook and the report read of another notebook.
"""

import hashlib
import importlib.metadata
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from IPython.display import Image, Markdown, display
from matplotlib.figure import Figure

from lib.common.devices import best_device
from lib.common.files import OUTPUTS, ROOT, atomic_write, timestamp, write_json
from lib.common.usage import UsageError
from lib.data.pairs import Pairs
from lib.data.sources import load_pairs
from lib.evaluation.bootstrap import summarize
from lib.evaluation.names import Method
from lib.evaluation.rows import records_of, rows_of
from lib.workbook.data_check import check_counts
from lib.workbook.parameters import Notebook, check_values, find_notebook, inspect
from lib.workbook.records.provenance import PACKAGES, code_version, device_name
from lib.workbook.records.reader import FINGERPRINTS
from lib.workbook.records.score_table import ScoreTable

NEEDED = ("data", "size", "seed", "run")  # parameters that every notebook has


class Run:
    """What one notebook records, from its first cell to `finish`.

    Title, question and the names of the parameters are read from the notebook's file, their values from its namespace.
    Nothing is written to results.json before `finish`: a notebook that fails leaves no half result.

    Args:
        notebook: file stem, such as "02_baseline_cnn"; looked for in the current folder, then in notebooks/.
        namespace: the notebook's `globals()`, after its parameter cell has run.

    Raises:
        UsageError: there is no such notebook, or a parameter has no value, or one out of its range.
    """

    def __init__(self, notebook: str, namespace: Mapping[str, object]):
        found = inspect(find_notebook(notebook))
        self.notebook, self.parameters = found, _values(found, namespace)
        # A run is a name under outputs/ or, from the runner, an absolute folder; joining keeps the latter as it is.
        self.root = OUTPUTS / self.parameters["run"]
        self.folder = self.root / notebook
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "results.json").unlink(missing_ok=True)  # the figures beside it are about to change
        self._started = time.perf_counter()
        self._pairs: Pairs | None = None
        self.results = {
            "notebook": notebook,
            "title": found.title,
            "question": found.question,
            "status": "done",
            "parameters": self.parameters,
            "data": {},
            "fingerprints": json.loads(os.environ.get(FINGERPRINTS, "{}")),  # of a sweep's point
            "seed": self.parameters["seed"],
            "code": code_version(),
            "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
            "device": device_name(self.parameters.get("device") or best_device()),
            "started": timestamp(),
            "durations": {},
            "conclusions": [],
            "rows": [],
            "figures": [],
            "claims": [],
            "artifacts": {},
        }

    def pairs(self) -> Pairs:
        """The pairs that `data` names, `size` px; the first call says which they are and notes them."""
        if self._pairs is None:
            pairs = self._pairs = load_pairs(self.parameters["data"], self.parameters["size"])
            check_counts(pairs.name, pairs.counts(), [(self.notebook, self.parameters)], option="")
            self.results["data"] = {
                "name": pairs.name,
                "description": pairs.description,
                "fingerprint": pairs.fingerprint,
                "size": pairs.size,
                "pairs": len(pairs),
                "splits": pairs.counts(),
                "skipped": pairs.skipped,
            }
            counts = ", ".join(f"{split} {count:,}" for split, count in pairs.counts().items())
            print(f"Data: {pairs.description} · {len(pairs):,} pairs at {pairs.size} px ({counts})")
            if pairs.left_out:
                print(pairs.left_out)
            if pairs.remarks:
                print(f"Note: {pairs.remarks}")
            print(f"Device: {self.results['device']} · results go to {self._shown(self.folder)}")
        return self._pairs

    def test(self) -> Pairs:
        """The test split, at most `test_pictures` of it where the notebook has that parameter.

        Which pictures these are is noted: only scores of the same pictures may stand in one table.
        """
        pairs = self.pairs()
        there = pairs.counts()["test"]
        test = pairs.split("test", min(self.parameters.get("test_pictures", there), there))
        self.results["data"]["tested"] = hashlib.sha256("\n".join(test.names).encode()).hexdigest()[:16]
        return test

    def _shown(self, path: Path) -> Path:
        return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path

    @property
    def trained(self) -> Path:
        """Where trained networks are kept: shared by all runs beside this one, or beside the sweep it belongs to."""
        of_sweep = (self.root.parent / "sweep.json").exists()
        return (self.root.parent if of_sweep else self.root).parent / "trained"

    @contextmanager
    def timed(self, label: str) -> Iterator[None]:
        """Record the seconds that the block takes under `label`."""
        started = time.perf_counter()
        yield
        self.duration(label, time.perf_counter() - started)

    def duration(self, label: str, seconds: float) -> None:
        """Record seconds that were measured elsewhere, such as those of a training taken from disk."""
        self.results["durations"][label] = round(seconds, 3)

    def note(self, name: str, value: object) -> None:
        """Keep a fact that JSON can hold, such as which VGG weights were used, among the artifacts."""
        self.results["artifacts"][name] = value

    def figure(self, figure: Figure, name: str, caption: str, main: bool = False) -> None:
        """Show a figure with its caption, and keep it as PNG; `main` ones also stand on the run's page."""
        with atomic_write(self.folder / f"{name}.png") as temporary:
            figure.savefig(temporary)
        display(Image(filename=self.folder / f"{name}.png"))
        _replace(self.results["figures"], {"file": f"{name}.png", "caption": caption, "main": main}, ("file",))
        display(Markdown(f"*{_without_formulas(caption)}*"))

    def conclude(self, *sentences: str) -> None:
        """Show conclusions computed from this run, and keep them for the report."""
        for sentence in sentences:
            if sentence not in self.results["conclusions"]:
                self.results["conclusions"].append(sentence)
            display(Markdown(_without_formulas(sentence)))

    def claim(self, claim: str, paper: str, measured: str, verdict: str) -> None:
        """Enter a claim of the paper in the ledger, with what this run measured and the verdict."""
        entry = {"claim": claim, "paper": paper, "measured": measured, "verdict": verdict}
        _replace(self.results["claims"], entry, ("claim",))

    @property
    def claims(self) -> list[dict]:
        """The claims entered so far."""
        return self.results["claims"]

    def record(self, scores: pd.DataFrame) -> pd.DataFrame:
        """Keep per-image scores as per_image.csv and record their means; show the table of all rows so far.

        Args:
            scores: what `evaluate` returns: one line per method and image, one column per metric.

        Returns:
            The rows recorded, with bootstrap 95% intervals over the images: what `summarize` returns.
        """
        rows = summarize(scores)
        self.record_rows(rows)
        self.keep_table(scores, "per_image")
        display(self.table())
        return rows

    def record_rows(self, rows: pd.DataFrame) -> None:
        """Keep rows, see `names.ROW`; infinite or missing numbers are kept as null."""
        for row in records_of(rows):
            _replace(self.results["rows"], row, ("method", "settings", "metric"))

    def record_costs(self, method: Method, pairs: int, **costs: float) -> None:
        """Keep what training `method` on so many pairs took, by metric: training_seconds=..., kept_mb=..."""
        self.record_rows(rows_of([method.row(metric, pairs, value) for metric, value in costs.items()]))

    def table(self) -> ScoreTable:
        """The rows recorded so far, for `display`: one line per method, the most telling metrics first."""
        return ScoreTable(self.results["rows"])

    def keep_table(self, table: pd.DataFrame, name: str) -> None:
        """Keep a whole table, such as the per-image scores, as CSV beside the results."""
        with atomic_write(self.folder / f"{name}.csv") as temporary:
            table.to_csv(temporary, index=False)
        self.results["artifacts"][name] = f"{name}.csv"

    def keep_network(self, name: str, path: Path) -> None:
        """Note where a trained network lies, seen from the notebook's folder."""
        self.results["artifacts"][name] = os.path.relpath(path, self.folder)

    def keep_pictures(self, names: Sequence[str], pictures: Mapping[Method, np.ndarray]) -> None:
        """Keep sample predictions, `(N, H, W, 3)` uint8 per method, by their labels, for the comparison figure."""
        by_label = {method.label: shown for method, shown in pictures.items()}
        with atomic_write(self.folder / "pictures.npz") as temporary:
            np.savez_compressed(temporary, names=np.array(names), **by_label)
        self.results["artifacts"]["pictures"] = "pictures.npz"

    def finish(self) -> None:
        """Write results.json. Nothing recorded after this is kept."""
        self.results["durations"]["notebook"] = round(time.perf_counter() - self._started, 1)
        self.results["finished"] = timestamp()
        write_json(self.folder / "results.json", self.results)
        print(f"Recorded {len(self.results['rows'])} rows in {self._shown(self.folder / 'results.json')}")


def _values(notebook: Notebook, namespace: Mapping[str, object]) -> dict[str, object]:
    """The value of each parameter. `run` names the Run itself once the cell has run: then it is that one's parameter.

    The name is taken on purpose. Who runs the parameter cell again has to make a new Run, which reads the new values,
    before anything can be recorded.
    """
    names = dict.fromkeys((*notebook.types, *NEEDED))
    missing = [name for name in names if name not in namespace]
    if missing:
        raise UsageError(
            f"{notebook.path.name}: the parameter '{missing[0]}' has no value; run the parameter cell first."
        )
    values = {name: namespace[name] for name in names}
    if isinstance(values["run"], Run):
        values["run"] = values["run"].parameters["run"]
    check_values(notebook, values)
    return values


def _without_formulas(text: str) -> str:
    """Markdown in which dollars are dollars: a name between two of them would be set as a formula."""
    return text.replace("$", r"\$")


def _replace(entries: list[dict], entry: dict, keys: tuple[str, ...]) -> None:
    """Put `entry` in the place of one with the same keys, else at the end: a cell run twice records once."""
    for position, other in enumerate(entries):
        if all(other[key] == entry[key] for key in keys):
            entries[position] = entry
            return
    entries.append(entry)
