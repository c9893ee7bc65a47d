"""What notebook 05 concludes: numbers of known tables, and nothing of what a table does not hold."""

import pandas as pd
from claims_by_hand import LARGE, classical, grid, method

from lib.conclusions import comparison
from lib.evaluation.bootstrap import summarize
from lib.evaluation.names import GRAY_COPY, Method


def test_the_papers_network_is_set_beside_the_gray_copy():
    rows = summarize(grid(large=22, nothing=23))
    values = rows.set_index(["label", "metric"])["value"]
    network, copy = (values[label] for label in (LARGE.label, GRAY_COPY.label))
    assert comparison.network_in_words(rows) == [
        f"The paper's network (CNN, 2000 pairs, 30 epochs) scores {network['psnr']:.2f} dB and SSIM "
        f"{network['ssim']:.3f}; doing nothing, the gray picture in R, G and B, scores {copy['psnr']:.2f} dB and "
        f"{copy['ssim']:.3f}."
    ]
    assert comparison.network_in_words(summarize(method(GRAY_COPY, 23))) == []


def test_gains_over_the_gray_copy_name_their_interval_and_color():
    bundled = Method("chroma_net_bundled", {"vividness": 0.5})
    scores = pd.concat([method(GRAY_COPY, 23), method(bundled, 24.5, ratio=0.75), method("mine", 22)])
    assert comparison.gains_in_words(scores, summarize(scores), [bundled]) == [
        "Ours, bundled, vividness 0.5: +1.50 dB [+1.50, +1.50] against the gray copy, 0.75 of the truth's colorfulness."
    ]
    assert comparison.own_in_words(scores, ["mine"]) == [
        "Your method mine: -1.00 dB [-1.00, -1.00] against the gray copy."
    ]
    assert comparison.own_in_words(scores, []) == []


def test_methods_above_the_gray_copy_are_counted_without_the_controls():
    tables = [method(GRAY_COPY, 20), method("intensity_map", 21), method(LARGE, 22), classical(19)]
    sentence = "A higher mean PSNR than the gray copy: 1 of 8 methods (CNN, 2000 pairs, 30 epochs)."
    assert comparison.better_in_words(summarize(pd.concat(tables))) == sentence
    none = comparison.better_in_words(summarize(pd.concat([method(GRAY_COPY, 30), *tables[1:]])))
    assert none == "A higher mean PSNR than the gray copy: 0 of 8 methods."


def test_the_ledger_is_counted_by_verdict():
    claims = [{"verdict": name} for name in ("supported", "not tested at this size", "not tested at this size")]
    assert comparison.ledger_in_words(claims) == (
        "Of 3 claims that the comparison judges, 2 are “not tested at this size”, 1 is “supported”."
    )
