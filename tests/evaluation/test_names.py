"""Methods as data: an identifier and settings, a label made from them, rows of results.json and tables of them."""

import json

import numpy as np
import pytest

from lib.evaluation.names import CONTROLS, GRAY_COPY, METRICS, PAPER, ROW, TITLES, Method
from lib.evaluation.rows import methods_of, of_method, records_of, rows_of, values_of

LARGE, SMALL = (Method("cnn", {"pairs": pairs, "epochs": 9}) for pairs in (400, 200))


@pytest.mark.parametrize(
    ("method", "label"),
    [
        (GRAY_COPY, "gray copy"),
        (LARGE, "CNN, 400 pairs, 9 epochs"),
        (Method("cnn", {"epochs": 9}), "CNN, 9 epochs"),
        (Method("cnn"), "CNN"),
        (Method("cnn_perceptual", {"pairs": 100, "perceptual_weight": 0.05}), "CNN + perceptual, 100 pairs"),
        (Method("cnn", {"pairs": 5, "classical_inputs": ["edges"]}), "CNN, 5 pairs"),
        (Method("chroma_net", {"pairs": 100}), "ours, trained here"),
        (Method("chroma_net_bundled", {"vividness": 0.0}), "ours, bundled, safest"),
        (Method("chroma_net_bundled", {"vividness": 0.5}), "ours, bundled, vividness 0.5"),
        (Method(PAPER, {"method": "CNN, fine-tuned"}), "paper: CNN, fine-tuned"),
        (Method("my own {thing}, really"), "my own {thing}, really"),
        (Method("mine", {"strength": 0.50, "kinds": ["a", "b"]}), "mine, strength 0.5, kinds a, b"),
    ],
)  # fmt: skip
def test_a_label_is_made_from_identifier_and_settings(method, label):
    assert method.label == str(method) == label


def test_methods_are_equal_by_identifier_and_settings_whatever_their_order():
    again = Method("cnn", {"epochs": 9, "pairs": 400})
    assert again == LARGE and hash(again) == hash(LARGE) and again.settings_text == LARGE.settings_text
    assert len({LARGE, SMALL, again, Method("cnn")}) == 3
    assert Method.of("gray_copy") == GRAY_COPY and Method.of(LARGE) is LARGE
    assert {*CONTROLS, PAPER} <= set(TITLES)


def test_rows_go_to_a_table_and_back_through_json():
    rows = [LARGE.row("psnr", 12, 20.0, 19.0, 21.0), GRAY_COPY.row("psnr", 12, 23.0), SMALL.row("psnr", None, 19.0)]
    assert list(rows[0].values()) == ["cnn", {"pairs": 400, "epochs": 9}, LARGE.label, "psnr", 12, 20.0, 19.0, 21.0]
    table = rows_of(json.loads(json.dumps(rows)))
    assert tuple(table.columns) == ROW and methods_of(table) == [LARGE, GRAY_COPY, SMALL]
    assert of_method(table, SMALL)["value"].tolist() == [19.0] and of_method(table, "cnn").empty
    values = values_of(table)
    assert values.index.tolist() == [LARGE, GRAY_COPY, SMALL] and values.loc[GRAY_COPY, "psnr"] == 23.0
    assert records_of(table) == rows
    assert rows_of([]).empty and tuple(rows_of([]).columns) == ROW and values_of(rows_of([])).empty


def test_numbers_that_json_has_not_become_none():
    rows = [GRAY_COPY.row("psnr", np.nan, np.inf, -np.inf, 1.0)]
    assert records_of(rows_of(rows)) == [GRAY_COPY.row("psnr", None, None, None, 1.0)]


def test_the_smallest_cost_is_the_best():
    assert METRICS["psnr"].cost(20.0) < METRICS["psnr"].cost(19.0)
    assert METRICS["mse"].cost(0.1) < METRICS["mse"].cost(0.2)
    assert METRICS["colorfulness_ratio"].cost(0.9) < METRICS["colorfulness_ratio"].cost(1.2)
