"""Differences in words with the verdict that they give, and claims of the paper judged over the seeds of a sweep."""

import json
from collections.abc import Mapping, Sequence

import pandas as pd

from lib.common.files import resolve
from lib.evaluation.intervals import mean_interval, verdict, with_interval
from lib.evaluation.names import JUDGED, Method
from lib.evaluation.size import NOT_TESTED, Size, checked_size, counted
from lib.workbook.analysis import long_table
from lib.workbook.analysis.long_table import select, side_text, swept_of, whole_seeds
from lib.workbook.records.finding import find_results, places
from lib.workbook.records.reader import load_sweep, pictures_of

UNITS = {"psnr": " dB", "ssim": " SSIM", "vgg_distance": " VGG distance", "colorfulness_ratio": ""}
Interval = tuple[float, float, float]  # value, low, high


def judged_in_words(differences: Mapping[str, Interval]) -> tuple[str, str]:
    """Differences by metric in words, `+0.31 dB [+0.16, +0.45], ...`, and the verdict that PSNR and SSIM agree on."""
    parts = []
    for metric, interval in differences.items():
        parts.append(with_interval(interval, "+z.2f" if metric == "psnr" else "+z.3f", UNITS[metric]))
    verdicts = {verdict(*differences[metric][1:]) for metric in JUDGED if metric in differences}
    disagree = " (PSNR and SSIM disagree)" if {"supported", "not supported"} <= verdicts else ""
    return ", ".join(parts) + disagree, verdicts.pop() if len(verdicts) == 1 else "cannot tell"


def judge_over_seeds(table: pd.DataFrame, claim: Mapping) -> dict[str, object]:
    """An entry of the ledger for a sweep's claim: that its side `better` scores more than its side `than`.

    Beside what every entry has it says over how many `seeds` it was judged, 0 where it was not.

    `table` is a long table. A side names a method, with settings where it has several, and values of swept parameters
    (see `select`). A value that only one side names holds for both, and so does the method. They are paired by seed and
    by all that neither side names; over this each seed is averaged first.
    With `within` ({metric: margin}) the claim is that both score alike: the whole interval lies inside the margin.
    With `needs` ({pairs, epochs, seeds, pictures, films}) and less of it among the pairs, the claim is not tested at
    this size; the entry keeps its numbers and names the claim's `command`.
    Without two paired seeds the verdict is "cannot tell", and the entry says why; it never raises for what a
    sweep lacks.
    """
    entry = {"claim": claim["claim"], "paper": claim.get("paper", ""), "seeds": 0}
    head, paired, problem = paired_sides(table, claim)
    if problem:
        return entry | {"measured": f"{head}: {problem}", "verdict": "cannot tell"}
    paired["gain"] = paired["value"] - paired["value_than"]
    gains = paired.groupby(["metric", "seed"])["gain"].mean()
    counts = [int(gains.get(metric, pd.Series(dtype=float)).notna().sum()) for metric in JUDGED]
    size = size_of(paired, min(counts))
    if min(counts) < 2:
        words = f"{few_in_words(gains)}{counted(min(counts), 'seed')} in pairs; an interval needs 2"
        result = "cannot tell"
    else:
        entry["seeds"] = min(counts)
        intervals = {metric: mean_interval(gains[metric].dropna().tolist()) for metric in JUDGED}
        words, result = judged_in_words(intervals)
        words += f" {size.in_words}"
        if "within" in claim:
            result = alike(intervals, claim["within"])
            words += f"; alike is within {claim['within']['psnr']:g} dB and {claim['within']['ssim']:g} SSIM"
    needs = Size(**claim.get("needs", {}))
    measured, result = checked_size(f"{head}: {words}", result, size, needs, claim.get("command", ""))
    return entry | {"measured": measured, "verdict": result}


def paired_sides(table: pd.DataFrame, claim: Mapping) -> tuple[str, pd.DataFrame, str]:
    """A claim's sides in words, their rows in pairs (those of `than` with the suffix), and why there are none or ""."""
    better, than = claim["better"], claim["than"]
    sides = {"better": filled_up(better, than), "than": filled_up(than, better)}
    unknown = [name for name in sides["better"] if name not in (*swept_of(table), "method", "settings")]
    judged = table[table["metric"].isin(JUDGED) & table["value"].notna()]
    rows = {} if unknown else {side: select(judged, values) for side, values in sides.items()}
    names = {side: name_of_side(claim[side], sides[side], rows.get(side)) for side in sides}
    head = f"{names['better']}, against {names['than']}"
    if unknown:
        return head, table[:0], f"the sweep varies no {unknown[0]}"
    missing = [names[side] for side, own in rows.items() if own.empty]
    if missing:
        return head, table[:0], f"no results of {' nor of '.join(missing)}"
    free = [name for name in swept_of(table) if name not in sides["better"]]
    line = [] if "method" in sides["better"] else ["method", "label"]
    paired = rows["better"].merge(rows["than"], on=["notebook", *free, *line, "seed", "metric"], suffixes=("", "_than"))
    if (paired["pictures"] != paired["pictures_than"]).any():
        return head, table[:0], "measured on different pictures"
    whole = [whole_seeds(own, ["notebook", *free, *line]) for _, own in paired.groupby("metric")]
    return head, pd.concat([paired[:0], *whole]), ""


def size_of(paired: pd.DataFrame, seeds: int) -> Size:
    """The size of a comparison: the smallest training and the fewest pictures among its pairs."""
    texts = {*paired["settings"], *paired["settings_than"]}
    numbers = paired[["n", "n_than"]].min().min()
    return Size.of((Method("", json.loads(text)) for text in texts), seeds, 0 if pd.isna(numbers) else int(numbers))


def alike(intervals: Mapping[str, Interval], within: Mapping[str, float]) -> str:
    """The verdict on a claim that two methods score alike, from intervals of their difference and a margin for each."""
    inside = [-within[metric] <= low and high <= within[metric] for metric, (_, low, high) in intervals.items()]
    outside = [low > within[metric] or high < -within[metric] for metric, (_, low, high) in intervals.items()]
    return "supported" if all(inside) else "not supported" if any(outside) else "cannot tell"


def few_in_words(gains: pd.Series) -> str:
    """`+0.31 dB, +0.012 SSIM with `: what a single seed gave, or nothing."""
    means = gains.groupby("metric").mean()
    if not {*JUDGED} <= set(means.index):
        return ""
    return ", ".join(f"{means[m]:+z.{2 if m == 'psnr' else 3}f}{UNITS[m]}" for m in JUDGED) + " with "


def filled_up(side: Mapping[str, object], other: Mapping[str, object]) -> dict[str, object]:
    """A side of a claim with what only the other side names: swept values, and the method with its settings."""
    missing = {name: value for name, value in other.items() if name not in side}
    if "method" in side:
        missing.pop("settings", None)  # they are the other method's
    return missing | side


def name_of_side(given: Mapping[str, object], side: Mapping[str, object], rows: pd.DataFrame | None) -> str:
    """A side of a claim for people: its line's label, and the swept values that it names itself."""
    labels = [] if rows is None else rows["label"].unique()
    own = {name: value for name, value in side.items() if name in given or name in ("method", "settings")}
    return side_text(own, labels[0] if len(labels) == 1 else "") or "all methods"


def claims_of_sweeps(patterns: Sequence[str], own: Mapping) -> tuple[list[dict[str, str]], list[str]]:
    """The claims of sweeps judged over their seeds, and a sentence for each sweep or claim that is left out, and why.

    `patterns` name folders of sweeps; `own` is the results.json in the making, on whose pictures the scores must be.
    If several sweeps judge a claim, one that tests it goes before one that is too small to; then the one with most
    seeds is used; on a tie, the last.
    """
    judged: dict[str, tuple[str, dict]] = {}  # claim -> name of the sweep, its entry
    left_out = []
    for pattern in patterns:
        folders = [folder for folder in places(pattern) if (folder / "sweep.json").exists()]
        if not folders:
            left_out.append(f"{pattern}: there is no sweep; its folder holds a sweep.json.")
        for folder in folders:
            try:
                files, problems = find_results(str(resolve(folder)))
                table = long_table.load_long_table(files) if files else pd.DataFrame(columns=["pictures"])
                claims = load_sweep(folder).record.get("claims", [])
            except ValueError as error:  # also where no point is done yet
                left_out.append(str(error))
                continue
            left_out += problems
            table = table[table["pictures"] == pictures_of(own)]
            if table.empty:
                left_out.append(f"{folder.name}: its scores are of other pictures; its claims are left out.")
                continue
            for entry in (judge_over_seeds(table, claim) for claim in claims):
                other, before = judged.get(entry["claim"], ("", entry))
                if entry["seeds"] < 2:
                    left_out.append(f"{folder.name}: {entry['claim']}: {entry['measured']}.")
                elif weight(entry) < weight(before):
                    left_out.append(f"{folder.name}: {entry['claim']}: {other} {more_in_words(before, entry)}.")
                else:
                    if other:
                        reason = f"{folder.name} {more_in_words(entry, before)}"
                        left_out.append(f"{other}: {entry['claim']}: {reason}.")
                    judged[entry["claim"]] = folder.name, entry
    return [{k: v for k, v in entry.items() if k != "seeds"} for _, entry in judged.values()], left_out


def weight(entry: Mapping) -> tuple[bool, int]:
    """What decides between several sweeps' entries for a claim: whether it was tested, then the number of seeds."""
    return entry["verdict"] != NOT_TESTED, entry["seeds"]


def more_in_words(used: Mapping, other: Mapping) -> str:
    """Why an entry is used instead of another, which weighs no more."""
    if weight(used)[0] > weight(other)[0]:
        return "tests it at the size that it needs"
    return f"judges it over {'more' if used['seeds'] > other['seeds'] else 'as many'} seeds"
