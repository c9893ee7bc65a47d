"""One page for a run: what was asked, what came out, the ledger of claims, figures, the table, how it was done.

The page holds its figures, takes nothing from the network, and tolerates a notebook that failed or was not run. Beside
it stands each executed notebook as HTML. A sweep has a page of its own (`lib/workbook/report/sweep_page.py`).
"""

import re
from collections import Counter
from contextlib import suppress
from pathlib import Path

from lib.common.usage import UsageError
from lib.evaluation.names import NOT_OF_TEST
from lib.workbook.records.reader import COMPARISON, RunFiles, load_run
from lib.workbook.records.score_table import intervals_in_words, table_parts
from lib.workbook.report.html import duration, embedded, executed_notebook, when, write_page

QUESTION = "How well do the paper's methods color gray pictures, compared with doing nothing?"


def write_report(folder: Path) -> Path:
    """Write the `index.html` of a run or of a sweep, and the HTML of executed notebooks; returns the page's path.

    The page is one file that opens offline; only its links to the notebooks want them beside it. A run.json or a
    results.json that is not whole is named on the page; a sweep.json that is not raises `UsageError` with its name.
    """
    try:
        if (folder / "sweep.json").exists():
            from lib.workbook.report.sweep_page import write_sweep_page

            return write_sweep_page(folder)
        return write_run_page(folder)
    except ValueError as error:
        raise UsageError(str(error)) from error


def write_run_page(folder: Path) -> Path:
    """The page of a run."""
    run = load_run(folder)
    return write_page(
        folder,
        "report.html.j2",
        title="Colorization of Grayscale Images, measured",
        footer="Made by `workbook run` from the results.json files of this run; it needs no network.",
        question=QUESTION,
        answer=answer(run),
        facts=facts(run),
        warnings=[f"Left out: {problem}." for problem in run.problems],
        claims=run.claims,
        figures=main_figures(run),
        table=table(run),
        notebooks=[notebook_entry(run, stem) for stem in run.stems],
        provenance=provenance(run),
        record=run.record,
    )


def answer(run: RunFiles) -> dict:
    """The run's answer: a headline sentence and the conclusions that follow it.

    Without the comparison notebook's conclusions each other notebook's first one stands in, and the headline says so.
    """
    conclusions = run.results.get(COMPARISON, {}).get("conclusions", [])
    if conclusions:
        headline, *rest = re.split(r"(?<=[.!?])\s+(?=[A-Z])", conclusions[0], maxsplit=1)
        return {"headline": headline, "more": [*rest, *conclusions[1:]]}
    firsts = [results["conclusions"][0] for results in run.results.values() if results.get("conclusions")]
    return {"headline": "This run holds no comparison of all methods.", "more": firsts}


def facts(run: RunFiles) -> list[tuple[str, str]]:
    """The few (name, value) pairs a reader wants at once: data, protocol, device, time."""
    found = {}
    for results in run.comparison_first[:1]:
        data = results.get("data", {})
        size = f", {data['size']} px" if "size" in data else ""
        splits = " · ".join(f"{count:,} {split}" for split, count in data.get("splits", {}).items())
        found["Data"] = data.get("description", "") + size + (f" ({splits})" if splits else "")
        found["Device"] = results.get("device", "unknown")
    if run.record:
        notebooks = run.record["notebooks"].values()
        states = Counter(entry["state"] for entry in notebooks)
        found["Profile"] = run.record["profile"]
        found["Notebooks"] = ", ".join(f"{count} {state}" for state, count in states.items())
        seconds = sum(entry["seconds"] or 0 for entry in notebooks)
        found["Time"] = f"{duration(seconds)}, started {when(run.record['started'])}"
    order = ("Data", "Profile", "Notebooks", "Device", "Time")
    return [(name, found[name]) for name in order if name in found]


def main_figures(run: RunFiles) -> list[dict]:
    """The figures marked `main`, embedded, in the order of the notebooks; one that is not there is left out."""
    figures = []
    for stem, results in run.results.items():
        for figure in results.get("figures", []):
            path = run.folder / stem / figure["file"]
            if figure.get("main"):
                with suppress(OSError):
                    figures.append(embedded(path, figure["caption"], stem))
    return figures


def table(run: RunFiles) -> dict:
    """The results table for the template: its parts as `table_parts` makes them, and what stands under the heading."""
    numbers = sorted({row["n"] for row in run.rows if row.get("n") and row["metric"] not in NOT_OF_TEST})
    pictures = " to ".join(f"{number:,}" for number in dict.fromkeys([*numbers[:1], *numbers[-1:]]))
    under = f"Means over {pictures} test pictures. " if pictures else ""
    under += intervals_in_words(run.rows)
    return {"parts": table_parts(run.rows) if run.rows else [], "under": under}


def notebook_entry(run: RunFiles, stem: str) -> dict:
    """What the page says of one notebook, whether it was done, failed or left nothing."""
    entry = run.record.get("notebooks", {}).get(stem, {})
    results = run.results.get(stem, {})
    return {
        "stem": stem,
        "number": stem.split("_")[0],
        "title": results.get("title") or stem.partition("_")[2].replace("_", " ").capitalize() or stem,
        "question": results.get("question", ""),
        "conclusions": results.get("conclusions", []),
        "state": entry.get("state", "done"),
        "error": entry.get("error", []),
        "seconds": entry.get("seconds") or results.get("durations", {}).get("notebook"),
        **executed_notebook(run.folder / f"{stem}.ipynb"),
    }


def provenance(run: RunFiles) -> list[dict]:
    """Per notebook with results, the (name, value) pairs that say how they came about, its parameters first."""
    entries = []
    for stem, results in run.results.items():
        data, times = results.get("data", {}), dict(results.get("durations", {}))
        if "notebook" in times:
            times["the whole notebook"] = times.pop("notebook")
        facts = {
            "data": f"{data['name']}, fingerprint {data['fingerprint']}"
            if {"name", "fingerprint"} <= set(data)
            else "",
            "device": results.get("device"),
            "code version": results.get("code"),
            "packages": ", ".join(f"{name} {version}" for name, version in results.get("packages", {}).items()),
            "time": "; ".join(f"{name}: {duration(seconds)}" for name, seconds in times.items()),
            "finished": when(results["finished"]) if "finished" in results else "",
            "kept": "; ".join(f"{name}: {value}" for name, value in results.get("artifacts", {}).items()),
        }
        parameters = [(name, '""' if value == "" else value) for name, value in results.get("parameters", {}).items()]
        entries.append({"stem": stem, "facts": parameters + [fact for fact in facts.items() if fact[1]]})
    return entries
