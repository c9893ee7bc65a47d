"""The ledger: what each claim needs, what a run too small for it gets, what sweeps replace, and commands that work."""

import os
import shlex
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from claims_by_hand import LARGE, PERCEPTUAL, SMALL, classical, cnn, grid, history, method, seeds

from lib.commands.workbook import parser
from lib.common.files import NOTEBOOKS, write_json
from lib.evaluation.names import GRAY_COPY, Method
from lib.evaluation.size import NOT_TESTED, Size
from lib.paper import claims
from lib.paper.claims import CLAIMS
from lib.paper.own_claims import KNOWLEDGE
from lib.workbook.parameters import given_parameters, inspect, select
from lib.workbook.records.reader import load_run
from lib.workbook.report.html import VERDICTS
from lib.workbook.sweeps.plan import READY_MADE, find_sweep, read_sweep

SIZE = Size(pairs=1000, epochs=20, seeds=4, pictures=120)  # of the preprocessing experiment
EXPERIMENT = seeds(0.5, 2.0)


@pytest.fixture
def run(tmp_path):
    """A run's folder; call it with notebooks and their tables."""

    def leave(data=None, **notebooks):
        for stem, tables in notebooks.items():
            folder = tmp_path / stem[1:]
            folder.mkdir()
            for name, table in tables.items():
                table.to_csv(folder / f"{name}.csv", index=False)
            write_json(folder / "results.json", {"artifacts": {"printed_gradient_change": 0.0}} | (data or {}))
        return load_run(tmp_path)

    return leave


def test_a_whole_run_judges_every_claim(run):
    perceptual = pd.concat([grid(), method(PERCEPTUAL, 22.5)]).assign(vgg_distance=0.3)
    whole = run(
        n01_classical_mapping={"per_image": classical()},
        n02_baseline_cnn={"per_image": grid(), "history": history(0.06 - 0.001 * np.arange(30))},
        n03_perceptual_loss={"per_image": perceptual[perceptual["label"] != SMALL.label]},
    )
    ledger = claims.ledger(whole, EXPERIMENT, SIZE)
    assert len({entry["claim"] for entry in ledger}) == len(ledger) == 9
    assert {entry["verdict"] for entry in ledger} <= {*VERDICTS} - {NOT_TESTED}
    assert all(entry["measured"] and entry["paper"] for entry in ledger)
    assert not any(entry["measured"].startswith("Not measured") for entry in ledger)


def test_a_claim_whose_notebook_is_missing_stands_there_with_the_reason(run):
    ledger = claims.ledger(run(n02_baseline_cnn={"per_image": grid()}), EXPERIMENT, SIZE)
    assert len(ledger) == 9
    verdicts = {entry["claim"]: (entry["verdict"], entry["measured"]) for entry in ledger}
    assert verdicts["The CNN outperforms heuristic color mapping"] == (
        "cannot tell", "Not measured in this run: 01_classical_mapping left no results on these pictures"
    )  # fmt: skip
    assert verdicts["The perceptual loss, as printed, enhances accuracy"][0] == "cannot tell"
    assert verdicts["The CNN's scores show that it colors well"][0] == "not supported"


@pytest.mark.parametrize("damage", ["", "a,b\n1\n1,2,3\n", "\x00\x00", "columns", "text", "settings"])
def test_a_damaged_table_is_named_in_the_ledger_and_costs_the_other_claims_nothing(run, tmp_path, damage):
    run(n01_classical_mapping={"per_image": classical()}, n02_baseline_cnn={"per_image": grid()})
    file, table = tmp_path / "01_classical_mapping" / "per_image.csv", classical().astype(object)
    if damage == "columns":
        table = table.drop(columns="psnr")
    elif damage == "text":
        table.iloc[3, table.columns.get_loc("psnr")] = "much"
    elif damage == "settings":
        table["settings"] = "{"
    file.write_text(table.to_csv(index=False) if damage.isalpha() else damage)
    verdicts = {entry["claim"]: entry for entry in claims.ledger(load_run(tmp_path), EXPERIMENT, SIZE)}
    entry = verdicts["The CNN outperforms heuristic color mapping"]
    assert entry["measured"].startswith(f"Not measured in this run: {file} is not readable as a table of scores (")
    assert entry["verdict"] == "cannot tell" and "\n" not in entry["measured"]
    assert verdicts["The CNN's scores show that it colors well"]["verdict"] == "not supported"


SHORT, TINY = cnn(400, 30), cnn(200, 30)


@pytest.mark.parametrize(
    ("networks", "pictures", "size", "untested", "missing"),
    [
        ((SMALL, LARGE), 120, SIZE, set(), ""),
        ((TINY, SHORT), 120, SIZE, {"colors well", "More pairs", "de-saturated", "heuristic"}, "pairs (here 400):"),
        ((SMALL, LARGE), 99, SIZE, {"colors well", "More pairs", "de-saturated", "heuristic"}, "pictures (here 99):"),
        (
            (cnn(1000, 19), cnn(2000, 19)),
            120,
            SIZE,
            {"colors well", "More", "de-sat", "heuristic"},
            "20 epochs (here 19):",
        ),
        ((SMALL, LARGE), 120, replace(SIZE, pairs=999), {"improves the result", "efficient"}, "pairs (here 999):"),
        ((SMALL, LARGE), 120, replace(SIZE, epochs=19), {"improves the result", "efficient"}, "epochs (here 19):"),
        ((SMALL, LARGE), 120, replace(SIZE, pictures=99), {"the CNN improves"}, "pictures (here 99):"),
    ],
)
def test_a_run_too_small_for_a_claim_does_not_test_it(run, networks, pictures, size, untested, missing):
    few = [method(GRAY_COPY, 23), *(method(network, 20 + i) for i, network in enumerate(networks))]
    few = pd.concat([one[:pictures] for one in few])
    maps = pd.concat([one[:pictures] for _, one in classical().groupby("label")])
    left = run(n01_classical_mapping={"per_image": maps}, n02_baseline_cnn={"per_image": few})
    entries = claims.ledger(left, EXPERIMENT, size)
    found = {entry["claim"]: entry for entry in entries if entry["verdict"] == NOT_TESTED}
    assert len(found) == len(untested)
    for part in untested:
        (name,) = [name for name in found if part in name]
        (claim,) = [claim for claim in CLAIMS if claim.name == name]
        measured = found[name]["measured"]
        assert (missing if name != "More pairs beat fewer" else missing.replace("400", "200")) in measured
        assert measured.endswith(f": `{claim.command}`")
        assert any(unit in measured for unit in (" dB [", "truth's colorfulness", " times ["))  # the numbers stay


def test_a_claim_judged_over_seeds_needs_three(run):
    experiment = seeds(0.5, 2.0, count=2)
    ledger = claims.ledger(run(n02_baseline_cnn={"per_image": grid()}), experiment, replace(SIZE, seeds=2))
    untested = {entry["claim"] for entry in ledger if entry["verdict"] == NOT_TESTED}
    assert untested == {claim.name for claim in CLAIMS if claim.needs.seeds} - {
        "Perceptual loss, corrected, improves the result"  # not measured at all
    }
    assert all("3 seeds (here 2)" in entry["measured"] for entry in ledger if entry["verdict"] == NOT_TESTED)


def test_the_plateau_needs_thirty_epochs(run):
    short = {"per_image": grid(), "history": history(0.06 - 0.001 * np.arange(29))}
    ledger = claims.ledger(run(n02_baseline_cnn=short), EXPERIMENT, SIZE)
    (entry,) = [entry for entry in ledger if entry["claim"] == "The loss flattens after 20 epochs"]
    assert entry["verdict"] == NOT_TESTED and "A test needs 30 epochs (here 29)" in entry["measured"]


@pytest.mark.parametrize(
    ("chosen", "train", "option"),
    [
        ("my pictures", 2000, " --data 'my pictures'`"),
        ("my pictures", 1999, " --only 02,05`"),
        (f"my pictures{os.pathsep}more", 2000, " --data 'my pictures' --data more`"),
        ("auto", 2000, " --only 02,05`"),
    ],
)
def test_the_command_names_the_runs_pictures_where_they_are_enough(run, chosen, train, option):
    data = {"parameters": {"data": chosen}, "data": {"splits": {"train": train}}}
    few = pd.concat([method(GRAY_COPY, 23), method(SHORT, 20)])
    ledger = claims.ledger(run(data, n02_baseline_cnn={"per_image": few}), EXPERIMENT, SIZE)
    assert ledger[0]["verdict"] == NOT_TESTED and ledger[0]["measured"].endswith(option)


def all_notebooks():
    return [inspect(path) for path in sorted(NOTEBOOKS.glob("*.ipynb"))]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_the_command_of_a_claim_tests_it(claim):
    """It is one that the command line takes, runs what the claim is judged by, and is as large as the claim needs."""
    program, *arguments = shlex.split(claim.command)
    options = parser().parse_args(arguments)
    assert program == "workbook" and options.command == "run"
    notebooks = all_notebooks()
    selected = [notebook.stem for notebook in select(notebooks, options.only)]
    assert {claims.SOURCES[name] for name in claim.tables if name in claims.SOURCES} <= set(selected)
    assert "05_comparison" in selected
    given = given_parameters(notebooks, notebooks, options)
    defaults = {notebook.stem: notebook.defaults for notebook in notebooks}
    of_experiment = {"preprocessing_pairs", "preprocessing_epochs"}
    for stem in selected:
        for name, value in (defaults[stem] | given[stem]).items():
            need = name.removeprefix("preprocessing_").removeprefix("perceptual_").replace("pair_counts", "pairs")
            if name in of_experiment and "experiment" not in claim.tables:
                continue
            if need in ("pairs", "epochs", "seeds", "test_pictures"):
                smallest = min(value) if isinstance(value, list) else value
                assert smallest >= getattr(claim.needs, need.removeprefix("test_")), (stem, name)


def test_the_paper_profile_trains_on_what_the_ledger_says():
    profile = parser().parse_args(["run", "--profile", "paper"])
    assert max(given_parameters(all_notebooks(), [], profile)["02_baseline_cnn"]["pair_counts"]) == claims.PAPER_PAIRS


def claims_of_ready_made_sweeps(profile):
    for file in sorted(READY_MADE.glob("*.yaml")):
        stem = file.read_text().split()[3].removeprefix("notebooks/").removesuffix(".ipynb")  # its first line
        (notebook,) = [notebook for notebook in all_notebooks() if notebook.stem == stem]
        options = parser().parse_args(["sweep", stem, file.stem, "--profile", profile])
        given = given_parameters(all_notebooks(), [notebook], options)[stem]
        yield from ((file, claim) for claim in read_sweep(file, notebook, profile, given, None).reported["claims"])


@pytest.mark.parametrize("profile", ["quick", "paper"])
def test_a_sweep_needs_what_the_claim_of_the_same_name_needs(profile):
    known = {claim.name: claim for claim in (*CLAIMS, KNOWLEDGE)}
    shared = [(file, own) for file, own in claims_of_ready_made_sweeps(profile) if own["claim"] in known]
    assert len(shared) == 6
    for file, own in shared:
        claim = known[own["claim"]]
        assert Size(**own["needs"]) == claim.needs and own["paper"] == claim.said, file.name
        options = parser().parse_args(shlex.split(own["command"])[1:])
        assert options.command == "sweep" and options.profile == "paper" and find_sweep(options.sweep) == file


FROM_NOTHING, TUNED = (
    Method(name, {"pairs": 2000, "epochs": 30}) for name in ("efficientnet_from_nothing", "imagenet_tuned")
)


def test_a_run_shows_what_knowledge_is_worth_and_leaves_the_verdict_to_seeds():
    judged = pd.concat([method(GRAY_COPY, 23), method(FROM_NOTHING, 23.2), method(TUNED, 24)])
    entry = claims.entry_of(KNOWLEDGE, {"judge": judged})
    assert "Not in the paper" in entry["paper"] and "+0.80 dB [+0.80, +0.80]" in entry["measured"]
    assert entry["verdict"] == NOT_TESTED and "A test needs 3 seeds (here 1): `workbook sweep" in entry["measured"]
    judgment = KNOWLEDGE.judge(judged)
    assert judgment.verdict == "supported" and judgment.size == Size(2000, 30, 1, 120)
    swapped = pd.concat([method(GRAY_COPY, 23), method(FROM_NOTHING, 24), method(TUNED, 23.2)])
    assert KNOWLEDGE.judge(swapped).verdict == "not supported"


def test_without_the_weights_of_imagenet_the_claim_says_why_it_was_not_measured():
    entry = claims.entry_of(KNOWLEDGE, {"judge": ValueError("ImageNet's weights are not installed")})
    assert entry["verdict"] == "cannot tell"
    assert entry["measured"] == "Not measured in this run: ImageNet's weights are not installed"


def test_every_claim_of_a_ready_made_sweep_says_what_it_needs():
    assert all(claim.get("needs") for _, claim in claims_of_ready_made_sweeps("paper"))


def entry_of_sweep(name, verdict, measured="over 5 seeds"):
    return {"claim": name, "paper": "p", "measured": measured, "verdict": verdict}


def test_a_sweep_that_does_not_test_a_claim_replaces_no_test(run):
    own = run(n02_baseline_cnn={"per_image": pd.concat([method(GRAY_COPY, 23), method(cnn(1000, 20), 20)])})
    tested, missing, small = (
        "The CNN's scores show that it colors well",
        "Perceptual loss, corrected, improves the result",
        "The loss flattens after 20 epochs",
    )
    over_seeds = [entry_of_sweep(name, NOT_TESTED) for name in (tested, missing, small)]
    judged = {entry["claim"]: entry for entry in claims.ledger(own, EXPERIMENT, SIZE, over_seeds)}
    assert judged[tested]["verdict"] == "not supported"  # this run's
    assert judged[missing] == over_seeds[1] and judged[small] == over_seeds[2]  # this run has no numbers
    few = pd.concat([method(GRAY_COPY, 23), method(SHORT, 20)])
    few.to_csv(own.folder / "02_baseline_cnn" / "per_image.csv", index=False)
    judged = {entry["claim"]: entry for entry in claims.ledger(own, EXPERIMENT, SIZE, over_seeds)}
    assert judged[tested] == over_seeds[0]  # neither was tested: the sweep has more seeds


def test_what_sweeps_have_judged_replaces_single_trainings_and_adds_claims(run):
    own = run(n02_baseline_cnn={"per_image": grid()})
    alone = claims.ledger(own, EXPERIMENT, SIZE)
    over_seeds = [
        {"claim": name, "paper": "p", "measured": "over 5 seeds", "verdict": "not supported"}
        for name in ("More pairs beat fewer", "Your own claim")
    ]
    judged = claims.ledger(own, EXPERIMENT, SIZE, over_seeds)
    assert [e["claim"] for e in judged] == [e["claim"] for e in alone] + ["Your own claim"]
    assert (
        judged[-1] == over_seeds[1]
        and judged[[e["claim"] for e in alone].index("More pairs beat fewer")] == over_seeds[0]
    )
    assert [e for e in judged if e not in over_seeds] == [e for e in alone if e["claim"] != "More pairs beat fewer"]


def test_pictures_may_be_called_what_they_like(run):
    named = grid().assign(name=lambda t: t["name"].replace({"p0": "NA", "p1": "001"}))
    table = claims.read_table(run(n02_baseline_cnn={"per_image": named}), "02_baseline_cnn")
    assert {"NA", "001"} <= set(table["name"])


def test_the_papers_table_stands_as_rows():
    rows = claims.paper_rows()
    assert len(rows) == 8 and set(rows["method"]) == {"paper"}
    assert rows[["n", "low", "high"]].isna().all(axis=None)
    (value,) = rows[(rows["label"] == "paper: CNN, fine-tuned") & (rows["metric"] == "psnr")]["value"]
    assert value == 23.14


def test_the_table_of_claims_is_shown_whole():
    sentence = "A long sentence, " * 20
    sentence += "Test it: `workbook run --only 05`"
    html = claims.claims_table([{"claim": "c", "paper": "p", "measured": sentence, "verdict": "cannot tell"}]).to_html()
    assert sentence[:300] in html and "<code>workbook run" in html and "font-weight: bold" in html
