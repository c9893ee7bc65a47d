"""One page for a sweep: the question, how its points stand, the answer in numbers, the figure, tables over seeds.

It tolerates a sweep that is half done or not begun, points that failed and files that are not whole: it says so.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import pandas as pd

from lib.common.files import read_json
from lib.common.usage import UsageError, value_text
from lib.evaluation.names import CONTROLS, metric
from lib.workbook.analysis import long_table, over_seeds, tables, verdicts
from lib.workbook.records.finding import unusable
from lib.workbook.records.reader import PointFiles, SweepFiles, load_sweep
from lib.workbook.records.score_table import KINDS, first_keys, table_cells
from lib.workbook.report.html import duration, embedded, executed_notebook, when, write_page

STATES = ("done", "failed", "interrupted", "not readable", "running", "to go")
STYLES = {"done": "supported", "failed": "not-supported", "not readable": "not-supported", "interrupted": "cannot-tell"}


def write_sweep_page(folder: Path) -> Path:
    """Write a sweep's `index.html`, and the HTML of the notebooks that failed; returns the page's path."""
    sweep = checked(load_sweep(folder))
    usable = sweep.finished
    table = long_table.load_long_table(usable) if usable else None
    lines, baseline, problems = lines_of(sweep, table)
    claims = [verdicts.judge_over_seeds(table, claim) for claim in sweep.record.get("claims", [])] if usable else []
    results = [read_json(file) for file in usable]
    return write_page(
        folder,
        "sweep.html.j2",
        title=f"Colorization of Grayscale Images, measured · sweep {sweep.record.get('name', folder.name)}",
        footer="Made by `workbook report` from the files of this sweep; it needs no network.",
        question=sweep.record.get("question", ""),
        answer=answer(sweep, lines, baseline, claims),
        facts=facts(sweep, results),
        warnings=[*problems, *disagreements(results)],
        claims=claims,
        figure=None if lines is None else drawn(lines),
        table=None if lines is None else cells_of(lines, baseline),
        points=[point_line(point) for point in sweep.points],
        provenance=provenance(sweep, results),
    )


def checked(sweep: SweepFiles) -> SweepFiles:
    """The same sweep, in which a point whose results.json is not whole does not count as done."""
    points = []
    for point in sweep.points:
        problem = unusable(point.results_file) if point.state == "done" else None
        points.append(replace(point, state="not readable", error=[problem]) if problem else point)
    return replace(sweep, points=points)


def lines_of(sweep: SweepFiles, table: pd.DataFrame | None) -> tuple[pd.DataFrame | None, dict, list[str]]:
    """The sweep's table over seeds, its baseline, and a sentence for all that it lacks, or why there is no table."""
    if table is None:
        return None, {}, []
    asked = over_seeds.asked_by_sweep(table, sweep.record)
    try:
        return over_seeds.over_seeds(table, **asked), asked["baseline"] or {}, over_seeds.lacking(table, sweep.record)
    except UsageError as error:
        return None, {}, [str(error)]


def answer(sweep: SweepFiles, lines: pd.DataFrame | None, baseline: dict, claims: list[dict]) -> dict:
    """The headline, verdicts where the sweep has claims and else its best line, and what there is to add to it."""
    done, count = sum(point.state == "done" for point in sweep.points), len(sweep.points)
    more = []
    if done < count:
        more = [f"{done} of {count} points are done{'; what is said here is said of these' if done else ''}."]
    best = "" if lines is None else best_line(lines, baseline)
    if claims:
        headline = " ".join(f"{entry['claim']}: {entry['verdict']}." for entry in claims)
        return {"headline": headline, "more": [line for line in (best, *more) if line]}
    return {"headline": best or "Nothing is measured yet.", "more": more}


def best_line(lines: pd.DataFrame, baseline: dict) -> str:
    """The best line by the first metric that has a best, in a sentence with its difference to the baseline."""
    own = lines[~lines["method"].isin(CONTROLS)]
    ranked = [key for key in dict.fromkeys(own["metric"]) if metric(key).best is not None]
    if not ranked:
        return ""
    own, known = own[own["metric"] == ranked[0]], metric(ranked[0])
    best = own.loc[known.cost(own["mean"]).idxmin()].to_dict()
    setting = {name: best[name] for name in tables.settings_of(lines)}
    value = tables.interval_text(best["mean"], best["low"], best["high"], known.digits)
    seeds = f"over {best['seeds']} seeds" if best["seeds"] > 1 else "with one seed"
    name = long_table.side_text({"method": best["method"], **setting}, best["label"])
    text = f"Best by {known.short.replace(' dB', ' (dB)')}: {name}, {value} {seeds}"
    if not pd.isna(best["difference"]):
        gain = tables.interval_text(*(best[name] for name in over_seeds.DIFFERENCE), known.digits, signed=True)
        text += f"; {gain} against {tables.baseline_text(lines, baseline)}"
    return f"{text}."


def drawn(lines: pd.DataFrame) -> dict:
    """The sweep's figure, embedded."""
    with TemporaryDirectory() as place:
        tables.figure_of(lines).savefig(Path(place) / "swept.png")
        return embedded(Path(place) / "swept.png", tables.caption(lines, {}))


def cells_of(lines: pd.DataFrame, baseline: dict) -> dict:
    """The table for the template: parts with column names, and one line per setting and method; the best in bold.

    A part with few metrics comes first; one with the others follows where there are more. All of them, each with its
    difference to the baseline, would be wider than the page.
    """
    frame, by, best = tables.shown(lines, baseline), tables.settings_of(lines), {}
    for key, own in lines.groupby("metric"):
        known = metric(key)
        if known.best is not None:
            best[known.short] = f"{own.loc[known.cost(own['mean']).idxmin(), 'mean']:z.{known.digits}f}"
    every = list(frame.columns[len(by) + 1 :])
    first = {metric(key).short for key in first_keys(dict.fromkeys(lines["metric"]))}
    few = [column for column in every if column == "seeds" or column.removeprefix("Δ ") in first]
    parts = []
    for columns in filter(None, (few, [column for column in every if column not in few])):
        body = []
        for method, row in zip(frame.index, frame.to_dict("records"), strict=True):
            setting = {name: row[name] for name in by if row[name] not in ("any", "–")}
            name = long_table.side_text({"method": method, **setting}, row["method"])
            cells = table_cells({column: row[column] for column in columns}, best)
            body.append({"name": name, "kind": KINDS.get(method, ""), "cells": cells})
        parts.append({"columns": columns, "lines": body})
    return {"parts": parts, "under": tables.caption(lines, baseline)}


def point_line(point: PointFiles) -> dict:
    """What the page says of one point. Only a failed one's notebook is made HTML: that takes a second each."""
    notebook = point.folder / f"{point.notebook}.ipynb"
    found = {"html": None, "ipynb": notebook.name if notebook.exists() else None, "unreadable": False}
    if point.state == "failed":
        found = executed_notebook(notebook, back="../index.html")
    links = {name: found[name] and f"{quote(point.folder.name)}/{quote(found[name])}" for name in ("html", "ipynb")}
    return {
        "files": point,
        "name": ", ".join(f"{name} {value_text(value)}" for name, value in point.varied.items()),
        "style": STYLES.get(point.state, "other"),
        "unreadable": found["unreadable"],
        **links,
    }


def facts(sweep: SweepFiles, results: Sequence[dict]) -> list[tuple[str, str]]:
    """The few (name, value) pairs a reader wants at once."""
    record, states = sweep.record, Counter(point.state for point in sweep.points)
    data = "; ".join(dict.fromkeys(one.get("data", {}).get("description", "") for one in results))
    found = {
        "Data": data or record.get("data"),
        "Notebook": record["notebook"],
        "Profile": record.get("profile"),
        "Points": ", ".join(f"{states[state]} {state}" for state in STATES if states[state]),
        "Workers": record.get("workers"),
        "Computing time": duration(sum(point.seconds or 0 for point in sweep.points)),
        "Started": when(record["started"]) if record.get("started") else None,
        "Finished": when(record["finished"]) if record.get("finished") else "not yet",
    }
    return [(name, str(value)) for name, value in found.items() if value]


def distinct(results: Sequence[dict], name: str) -> list[str]:
    """What the points' results say under a name, each once."""
    return list(dict.fromkeys(str(one.get(name, "unknown")) for one in results))


def disagreements(results: Sequence[dict]) -> list[str]:
    """A warning for each thing that ought to be the same at all points and is not."""
    found = [
        (what, distinct(results, name)) for name, what in (("code", "versions of the code"), ("device", "devices"))
    ]
    warnings = [f"The points were measured with different {what}: {', '.join(v)}." for what, v in found if len(v) > 1]
    if len(distinct(results, "packages")) > 1:
        warnings.append("The points were measured with different versions of packages; see how it was done.")
    return warnings


def provenance(sweep: SweepFiles, results: Sequence[dict]) -> list[dict]:
    """What all points have in common: fixed parameters, code, device, packages."""
    varied = set(sweep.record.get("varied", []))
    fixed = sweep.record["points"][0].get("parameters", {}) if sweep.record["points"] else {}
    packages: dict[str, list] = {}
    for name, version in dict.fromkeys(item for one in results for item in one.get("packages", {}).items()):
        packages.setdefault(name, []).append(version)
    found = {
        "code": ", ".join(distinct(results, "code")),
        "device": ", ".join(distinct(results, "device")),
        "workers": sweep.record.get("workers", ""),
        "packages": ", ".join(f"{name} {' and '.join(versions)}" for name, versions in packages.items()),
    }
    known = [(name, value) for name, value in fixed.items() if name not in varied]
    known += [(name, value) for name, value in found.items() if value]
    return [{"stem": "Parameters of all points, code, device, packages", "facts": known}]
