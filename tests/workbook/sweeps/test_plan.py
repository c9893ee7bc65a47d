"""Sweeps as their files describe them: combined values, refused mistakes, and the ready-made sweeps."""

import os
import re
from pathlib import Path

import pytest
import yaml
from toys import write_notebook

from lib.common.files import NOTEBOOKS
from lib.common.usage import UsageError
from lib.evaluation.names import TITLES
from lib.workbook.parameters import inspect, profile_parameters
from lib.workbook.sweeps import plan
from lib.workbook.sweeps.plan import find_sweep, read_sweep

PARAMETERS = """
rate: float = 0.5
batch: int = 16
parts: int = 1
counts: list[int] = [200, 400]
how: str = ""
seed: int = 0  # at least 0
run: str = ""
"""


@pytest.fixture
def notebook(tmp_path):
    return inspect(write_notebook(tmp_path, "01_toy", "print(rate)", parameters=PARAMETERS))


CLAIM = "claim: x, paper: y"


def read(tmp_path, notebook, text, profile="quick", given=None, seeds=None):
    file = tmp_path / "own.yaml"
    file.write_text(text)
    return read_sweep(file, notebook, profile, given or {}, seeds)


def test_grids_are_combined_and_zipped_lists_go_side_by_side(tmp_path, notebook):
    text = "values: {how: well}\ngrid: {rate: [1e-4, 1]}\nzip: {batch: [8, 4], parts: [1, 2]}\nseeds: 2"
    sweep = read(tmp_path, notebook, text, given={"counts": [7]})
    seen = [tuple(point.varied.values()) for point in sweep.points]
    assert [list(point.varied) for point in sweep.points] == [["seed", "batch", "parts", "rate"]] * 8
    # Seeds change last, so that what was done when a sweep is cut short can be compared.
    assert seen == [(s, *both, r) for s in (0, 1) for both in ((8, 1), (4, 2)) for r in (1e-4, 1.0)]
    assert all(isinstance(point.varied["rate"], float) for point in sweep.points)
    first = sweep.points[0].parameters
    assert first == {"rate": 1e-4, "batch": 8, "parts": 1, "counts": [7], "how": "well", "seed": 0}
    assert len({point.folder for point in sweep.points}) == 8
    assert sweep.points[0].folder.startswith("seed=0,batch=8,parts=1,rate=0.0001-")


def test_the_command_line_has_the_last_word_but_on_what_is_varied(tmp_path, notebook):
    text, given = "values: {how: file, batch: 4}\ngrid: {rate: [1]}", {"how": "command", "batch": 8, "parts": 9}
    assert read(tmp_path, notebook, text, given=given).points[0].parameters["how"] == "file"  # before the profile's
    file = tmp_path / "own.yaml"
    parameters = read_sweep(file, notebook, "quick", given, None, ["how"]).points[0].parameters
    assert (parameters["how"], parameters["batch"], parameters["parts"]) == ("command", 4, 9)
    with pytest.raises(UsageError, match=r"own\.yaml varies 'rate'; leave it out"):
        read_sweep(file, notebook, "quick", given | {"rate": 2.0}, None, ["rate"])


def test_sides_name_methods_by_identifier_and_settings(tmp_path, notebook):
    sides = "better: {method: cnn, settings: {epochs: 6}, rate: 2}, than: {method: jet, rate: 1}"
    text = f"grid: {{rate: [1, 2]}}\nmethods: [mine]\nbaseline: {{method: cnn}}\nclaims: [{{{CLAIM}, {sides}}}]"
    sweep = read(tmp_path, notebook, text)
    assert sweep.methods == ["cnn", "jet", "mine"] and sweep.reported["baseline"] == {"method": "cnn"}
    assert sweep.reported["claims"][0]["better"] == {"method": "cnn", "settings": {"epochs": 6}, "rate": 2.0}


def test_what_is_reported_is_converted_like_the_parameters(tmp_path, notebook):
    claim = "claim: x, paper: y, better: {rate: 1e-4, counts: 7}, than: {rate: 1}, within: {psnr: 1e-1, ssim: 1}"
    text = f"grid: {{rate: [1e-4, 1], counts: [[7], [8]]}}\nbaseline: {{rate: 1e-4}}\nclaims: [{{{claim}}}]"
    reported = read(tmp_path, notebook, text).reported
    assert reported["baseline"] == {"rate": 1e-4}
    assert reported["claims"][0]["better"] == {"rate": 1e-4, "counts": [7]}
    assert reported["claims"][0]["within"] == {"psnr": 0.1, "ssim": 1.0}


def test_a_claim_that_says_what_it_needs_gets_the_command_that_tests_it(tmp_path, notebook):
    claims = (
        f"claims: [{{{CLAIM}, better: {{}}, than: {{}}, needs: {{seeds: 3}}}}, {{{CLAIM}, better: {{}}, than: {{}}}}]"
    )
    sweep = read(tmp_path, notebook, f"grid: {{rate: [1]}}\n{claims}")
    own, without = sweep.reported["claims"]
    assert own["needs"] == {"seeds": 3}
    assert own["command"] == f"workbook sweep {notebook.path} {tmp_path / 'own.yaml'} --profile paper"
    assert "needs" not in without and "command" not in without and sweep.record()["claims"] == [own, without]


def test_the_command_names_the_pictures_that_were_asked_for(tmp_path):
    notebook = inspect(write_notebook(tmp_path, "01_toy", parameters='data: str = "auto"\nrun: str = ""'))
    assert plan.paper_command(plan.READY_MADE / "own.yaml", notebook, "my pictures").endswith(
        " own --profile paper --data 'my pictures'"
    )
    command = plan.paper_command(plan.READY_MADE / "own.yaml", notebook, os.pathsep.join(["my pictures", "scenes"]))
    assert command.endswith(" own --profile paper --data 'my pictures' --data scenes")
    assert plan.paper_command(plan.READY_MADE / "own.yaml", notebook, "auto").endswith(" own --profile paper")


def test_a_path_in_the_file_is_seen_from_where_the_user_is(tmp_path, monkeypatch):
    notebook = inspect(write_notebook(tmp_path, "01_toy", parameters='data: str = "auto"\nrun: str = ""'))
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    (point,) = read(tmp_path, notebook, "values: {data: mine}").points
    assert point.parameters["data"] == str(tmp_path / "mine")  # kernels run elsewhere
    (point,) = read(tmp_path, notebook, f"values: {{data: 'mine{os.pathsep}scenes'}}").points
    assert point.parameters["data"] == f"{tmp_path / 'mine'}{os.pathsep}scenes"
    (point,) = read(tmp_path, notebook, "values: {data: scenes}").points
    assert point.parameters["data"] == "scenes"


def test_paths_in_every_section_are_made_absolute_and_must_be_there(tmp_path, monkeypatch):
    cell = 'picture: str = ""  # path of a file; "" for none\nplaces: list[str] = []  # paths of folders; [] for none'
    notebook = inspect(write_notebook(tmp_path, "01_toy", parameters=cell))
    (tmp_path / "a b").mkdir()
    (tmp_path / "x.jpg").touch()
    monkeypatch.chdir(tmp_path / "a b")
    for text in ("values: {picture: ../x.jpg}", "grid: {picture: [../x.jpg]}", "zip: {picture: [../x.jpg]}"):
        assert read(tmp_path, notebook, text).points[0].parameters["picture"] == str(tmp_path / "x.jpg")
        with pytest.raises(UsageError, match=r"own\.yaml: 'picture' of 01_toy must be the path of a file, and there"):
            read(tmp_path, notebook, text.replace("x.jpg", "y.jpg"))
    (point,) = read(tmp_path, notebook, "values: {places: [../a b/]}").points
    assert point.parameters["places"] == [str(tmp_path / "a b")]


def test_the_command_names_no_pictures_that_are_too_few(tmp_path):
    notebook = inspect(write_notebook(tmp_path, "01_toy", parameters='data: str = "auto"\nrate: int = 1'))
    needs = "needs: {pairs: 100, pictures: 10}"
    text = f"values: {{data: mine}}\ngrid: {{rate: [1]}}\nclaims: [{{{CLAIM}, better: {{}}, than: {{}}, {needs}}}]"
    for counts, named in [({"train": 100, "test": 10}, True), ({"train": 99, "test": 10}, False), ({}, True)]:
        sweep = read(tmp_path, notebook, text)
        plan.leave_out_small_data(sweep, tmp_path / "own.yaml", {"mine": counts})
        assert sweep.reported["claims"][0]["command"].endswith("--data mine") == named


def test_a_point_keeps_its_folder_when_the_sweep_grows(tmp_path, notebook):
    few = read(tmp_path, notebook, "grid: {rate: [0.1]}", seeds=2)
    more = read(tmp_path, notebook, "grid: {rate: [0.2, 0.1]}", seeds=3)
    assert {point.folder for point in few.points} < {point.folder for point in more.points}


def test_a_profile_has_sections_of_its_own(tmp_path, notebook):
    text = "grid: {rate: [0.1]}\nseeds: 3\nprofiles: {paper: {grid: {rate: [1, 2]}}}"
    assert len(read(tmp_path, notebook, text).points) == 3
    assert len(read(tmp_path, notebook, text, profile="paper").points) == 6
    assert len(read(tmp_path, notebook, text, profile="paper", seeds=1).points) == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("grid: {rates: [1]}", "own.yaml: 01_toy has no parameter 'rates'; did you mean 'rate'?"),
        ("grid: {rate: [fast]}", "own.yaml: 'rate' of 01_toy must be float, not 'fast'."),
        ("values: {batch: 1:30}", "own.yaml: 'batch' of 01_toy must be int, not '1:30'."),
        ("grid: {batch: [8, 0x10]}", "own.yaml: 'batch' of 01_toy must be int, not '0x10'."),
        ("zip: {batch: [8, 1_6]}", "own.yaml: 'batch' of 01_toy must be int, not '1_6'."),
        ("seeds: [0, 1:30]", "own.yaml: 'seed' of 01_toy must be int, not '1:30'."),
        ("seeds: [0, -1]", "own.yaml: 'seed' of 01_toy must be at least 0, not -1."),
        ("seeds: 0x3", "own.yaml: 'seeds' must be a number or a list, not '0x3'."),
        ("seeds: 100000000000", "own.yaml: seeds is 100000000000; it must be at most 1000."),
        ("values: {how: 2020}", "own.yaml: 'how' of 01_toy must be str, not 2020; write '2020' in quotes."),
        ("values: {how: null}", "own.yaml: 'how' of 01_toy must be str, not null; write \"\" for no text."),
        ("values: {batch: 8, batch: 4}", "own.yaml is not readable as YAML: line 1: 'batch' is given twice"),
        ("grid: {counts: [[200], []]}", "own.yaml: 'counts' of 01_toy must have at least one value, not []."),
        ("values: {batch: 1.5}", "own.yaml: 'batch' of 01_toy must be int, not 1.5."),
        ("grid: {rate: [0.1, true]}", "own.yaml: 'rate' of 01_toy must be float, not true."),
        ("grid: {rate: 0.1}", "own.yaml: 'rate' needs a list of the values to try, not 0.1."),
        ("grid: {rate: []}", "own.yaml: 'rate' needs a list of the values to try, not []."),
        ("grid: {rate: [1e-1, 0.1]}", "own.yaml: the point rate=0.1 is there twice; remove one."),
        ("grid: {rate: [1]}\nvalues: {rate: 1}", "own.yaml: 'rate' is given twice; keep it in one of"),
        ("zip: {batch: [1, 2], parts: [1]}", "own.yaml: zipped lists must be of one length (batch 2, parts 1)."),
        ("grids: {rate: [1]}", "own.yaml: a sweep has no section 'grids'; did you mean 'grid'?"),
        ("grid: [rate]", "own.yaml: 'grid' must be lines of name: value, not ['rate']."),
        ("values: {run: here}", "own.yaml: 'run' is the runner's to set; use --output."),
        ("seeds: 0", "own.yaml: seeds is 0; it must be at least 1."),
        ("seeds: many", "own.yaml: 'seeds' must be a number or a list, not 'many'."),
        ("seeds: [a]", "own.yaml: 'seed' of 01_toy must be int, not 'a'."),
        ("seeds: 2\ngrid: {seed: [1]}", "own.yaml: 'seed' and 'seeds' are both given; keep one."),
        ("grid: {rate: [", "own.yaml is not readable as YAML: "),
        ("- rate", "own.yaml must hold sections: values, grid, zip, seeds"),
        ("grid: {rate: [1]}\nbaseline: {rat: 1}", "own.yaml: baseline: 'rat' is not swept; did you mean 'rate'?"),
        ("grid: {rate: [1, 2]}\nbaseline: {rate: 3}", "own.yaml: baseline: rate 3 is not swept; there are: 1, 2."),
        ("grid: {rate: [1]}\nbaseline: {rate: x}", "own.yaml: baseline: rate 'x' is not swept; there are: 1."),
        ("profiles: {papr: {seeds: 2}}", "own.yaml: there is no profile 'papr'; did you mean 'paper'?"),
        (
            f"grid: {{rate: [1]}}\nclaims: [{{{CLAIM}, better: {{rate: 2}}, than: {{}}}}]",
            "claim 'x': rate 2 is not swept",
        ),
        (f"claims: [{{{CLAIM}, better: {{}}, than: {{}}, within: {{psnr: 0, ssim: 1}}}}]", "a margin above 0 for psnr"),
        (
            "zip: {rate: [1, 2], batch: [3, 4]}\nbaseline: {rate: 1}",
            "own.yaml: baseline: rate, batch are zipped; name batch too.",
        ),
        ("grid: {rate: [1]}\nmetrics: [1]", "own.yaml: 'metrics' must be a list of names, not 1."),
        (
            "grid: {rate: [1]}\nbaseline: {1: 2}",
            "own.yaml: baseline: '1' is not swept; there are: method, rate, settings.",
        ),
        (
            "baseline: {settings: {epochs: 3}}",
            "own.yaml: baseline: 'settings' are those of a method; name the 'method'",
        ),
        ("baseline: {method: cnn, settings: 3}", "'method' must be a name, and 'settings' lines of name: value."),
        ("baseline: {method: [cnn]}", "'method' must be a name, and 'settings' lines of name: value."),
        ("grid: {rate: [1]}\nclaims: [{claim: x}]", "own.yaml: a claim lacks paper, better, than; it has claim, "),
        (f"grid: {{rate: [1]}}\nclaims: [{{{CLAIM}, better: , than: {{}}}}]", "'better' must be lines of name: value."),
        (
            f"grid: {{rate: [1]}}\nclaims: [{{{CLAIM}, better: {{}}, than: {{}}, within: 1}}]",
            "gives a margin above 0 for psnr",
        ),
        *(
            (
                f"grid: {{rate: [1]}}\nclaims: [{{{CLAIM}, better: {{}}, than: {{}}, needs: {needs}}}]",
                "claim 'x': 'needs' gives a whole number for some of pairs, epochs, seeds, pictures, films.",
            )
            for needs in ("3", "{pair: 3}", "{seeds: many}", "{seeds: 1.5}")
        ),
    ],
)
def test_mistakes_are_refused_in_one_sentence(tmp_path, notebook, text, sentence):
    with pytest.raises(UsageError, match=re.escape(sentence)) as caught:
        read(tmp_path, notebook, text)
    assert "\n" not in str(caught.value)


READY_MADE = {
    "data_and_epochs": "02_baseline_cnn",
    "preprocessing_channels": "02_baseline_cnn",
    "batch_and_accumulation": "02_baseline_cnn",
    "loss_weight": "03_perceptual_loss",
    "headline": "06_better_colorizer",
    "more_data": "10_more_data",
    "adversarial": "09_adversarial_training",
}


def test_every_ready_made_sweep_is_known_here():
    assert {path.stem for path in plan.READY_MADE.glob("*.yaml")} == set(READY_MADE)


@pytest.mark.parametrize("profile", ["quick", "paper"])
@pytest.mark.parametrize("name", READY_MADE)
def test_ready_made_sweeps_fit_their_notebook(name, profile):
    notebooks = [inspect(path) for path in sorted(NOTEBOOKS.glob("*.ipynb"))]
    (notebook,) = [n for n in notebooks if n.stem == READY_MADE[name]]
    given = profile_parameters(notebooks, NOTEBOOKS / "parameters" / f"{profile}.yaml")[notebook.stem]
    sweep = read_sweep(find_sweep(name), notebook, profile, given, None)
    assert len({point.varied["seed"] for point in sweep.points}) >= 3  # an interval over seeds
    assert sweep.reported["question"].endswith("?")
    # The first lines say how to run it.
    assert f"notebooks/{notebook.stem}.ipynb {name}" in find_sweep(name).read_text().splitlines()[0]
    assert set(sweep.methods) <= set(TITLES)
    for claim in sweep.reported.get("claims", []):
        for side in ("better", "than"):
            for key, value in claim[side].items():
                assert key in ("method", "settings") or value in [point.varied[key] for point in sweep.points]


@pytest.mark.parametrize("name", READY_MADE)
def test_the_paper_profile_of_a_ready_made_sweep_is_as_large_as_its_claims_need(name):
    notebooks = [inspect(path) for path in sorted(NOTEBOOKS.glob("*.ipynb"))]
    (notebook,) = [n for n in notebooks if n.stem == READY_MADE[name]]
    given = profile_parameters(notebooks, NOTEBOOKS / "parameters" / "paper.yaml")[notebook.stem]
    sweep = read_sweep(find_sweep(name), notebook, "paper", given, None)
    of_pairs = {"02_baseline_cnn": "pair_counts", "03_perceptual_loss": "perceptual_pair_counts"}
    pairs = of_pairs.get(notebook.stem, "pairs_trained")
    for claim in sweep.reported["claims"]:
        needs = {"pairs": 0, "epochs": 0, "seeds": 0, "pictures": 0} | claim["needs"]
        named = [claim[side].get(pairs) for side in ("better", "than")]
        points = [p for p in sweep.points if pairs not in p.varied or p.varied[pairs] in named]
        for values in (point.parameters for point in points):
            assert min(values[pairs] if isinstance(values[pairs], list) else [values[pairs]]) >= needs["pairs"]
            assert values["epochs"] >= needs["epochs"] and values["test_pictures"] >= needs["pictures"]
        assert len({point.varied["seed"] for point in points}) >= needs["seeds"]


def test_sweeps_are_found_by_path_and_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(yaml.safe_dump({"seeds": 1}))
    assert find_sweep("mine.yaml") == Path("mine.yaml")
    assert find_sweep("loss_weight") == find_sweep("sweeps/loss_weight.yaml") == plan.READY_MADE / "loss_weight.yaml"
    with pytest.raises(UsageError, match=r"There is no sweep loss_wait; did you mean 'loss_weight'\?"):
        find_sweep("loss_wait")
