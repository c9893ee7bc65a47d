"""One page for a run: what was asked, what came out, the ledger of claims, figures, the table, how it was done.

The page holds its figures, takes nothing from the network, and tolerates a notebook that failed or was not run. Beside
it stands each executed notebook as HTML. A sweep has a page of its own (`lib/workbook/report/sweep_page.py`).
"""

import re
from collections import Counter
from contextlib import suppress
from pathlib import Path

from lib.common.usage import UsageError
from lib.evaluation.names import CONTROLS, PAPER, TRUTH, UNRANKED
from lib.workbook.records.reader import COMPARISON, RunFiles, load_run
from lib.workbook.records.score_table import best_methods, results_table
from lib.workbook.report.html import (
    duration,
    embedded,
    executed_notebook,
    verdict_counts,
    verdict_kind,
    when,
    write_page,
)

QUESTION = "How well do the paper's methods color gray pictures, held against doing nothing?"
KINDS = {**dict.fromkeys(CONTROLS, "control"), PAPER: "paper", TRUTH: "truth"}  # of a line of the table


def write_report(folder: Path) -> Path:
    """Write the `index.html` of a run or of a sweep, and the HTML of executed notebooks; returns the page's path.

    The page is one file that opens offline; only its links to the notebooks want them beside it. A run.json, sweep.json
    or a run's results.json that is not whole raises `UsageError` with its name.
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
        claims=[{**entry, "kind": verdict_kind(entry["verdict"])} for entry in run.claims],
        verdicts=[(v, verdict_kind(v), n) for v, n in verdict_counts(run.claims)],
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
    found = [("Notebooks", states_line(run))] if run.record else []
    for results in run.comparison_first[:1]:
        data = results.get("data", {})
        splits = " · ".join(f"{count:,} {split}" for split, count in data.get("splits", {}).items())
        size = f", {data['size']} px" if "size" in data else ""
        found.insert(
            0, ("Data", f"{data.get('description', data.get('name', ''))}{size}" + f" ({splits})" * bool(splits))
        )
        found.append(("Device", results.get("device", "unknown")))
    if run.record:
        seconds = sum(entry["seconds"] or 0 for entry in run.record["notebooks"].values())
        found.insert(1, ("Profile", run.record["profile"]))
        found.append(("Time", f"{duration(seconds)}, started {when(run.record['started'])}"))
    return found


def states_line(run: RunFiles) -> str:
    """`5 done, 1 failed`."""
    states = Counter(entry["state"] for entry in run.record["notebooks"].values())
    return ", ".join(f"{count} {state}" for state, count in states.items())


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
    """The results table for the template: metric names, and a line a method with values, intervals and marks."""
    frame = results_table(run.rows)
    winning = {name: frame.loc[method, name].partition(" ")[0] for name, method in best_methods(run.rows).items()}
    lines = []
    for method, cells in frame.iterrows():
        ranked, name = method.name not in UNRANKED, method.settings["method"] if method.name == PAPER else method.label
        # Values that read the same are equally best: a tie is not settled by digits that nobody sees.
        values = [
            {"value": value, "interval": interval.strip("[]"), "best": ranked and value == winning.get(column)}
            for column, (value, _, interval) in cells.map(lambda cell: cell.partition(" ")).items()
        ]
        lines.append({"name": name, "kind": KINDS.get(method.name, ""), "cells": values})
    numbers = sorted({row["n"] for row in run.rows if row.get("n")})
    count = "" if not numbers else f"{numbers[0]:,}" if len(numbers) == 1 else f"{numbers[0]:,} to {numbers[-1]:,}"
    return {"metrics": list(frame.columns), "lines": lines, "pictures": count}


def notebook_entry(run: RunFiles, stem: str) -> dict:
    """What the page says of one notebook, whether it was done, failed or left nothing."""
    entry = run.record.get("notebooks", {}).get(stem, {})
    results = run.results.get(stem, {})
    seconds = entry.get("seconds") or results.get("durations", {}).get("notebook")
    return {
        "stem": stem,
        "number": stem.split("_")[0],
        "title": results.get("title") or stem.partition("_")[2].replace("_", " ").capitalize() or stem,
        "question": results.get("question", ""),
        "conclusions": results.get("conclusions", []),
        "state": entry.get("state", "done"),
        "error": entry.get("error", []),
        "time": duration(seconds) if seconds else "",
        **executed_notebook(run.folder / f"{stem}.ipynb"),
    }


def provenance(run: RunFiles) -> list[dict]:
    """Per notebook with results, the (name, value) pairs that say how they came about."""
    entries = []
    for stem, results in run.results.items():
        data = results.get("data", {})
        facts = {
            "code": results.get("code"),
            "seed": results.get("seed"),
            "device": results.get("device"),
            "data": f"{data.get('name')}, fingerprint {data.get('fingerprint')}",
            "finished": results.get("finished"),
            "durations": ", ".join(f"{k} {duration(v)}" for k, v in results.get("durations", {}).items()),
            "packages": ", ".join(f"{k} {v}" for k, v in results.get("packages", {}).items()),
            "artifacts": ", ".join(f"{k}: {v}" for k, v in results.get("artifacts", {}).items()),
        }
        known = [(name, str(value)) for name, value in facts.items() if value not in (None, "")]
        parameters = [(name, str(value)) for name, value in results.get("parameters", {}).items()]
        entries.append({"stem": stem, "facts": known, "parameters": parameters})
    return entries
