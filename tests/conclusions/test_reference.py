"""What notebook 07 concludes about a reference picture."""

import pandas as pd
from claims_by_hand import method

from lib.conclusions.reference import references_in_words
from lib.evaluation.names import Method


def referred(name, psnr, kind):
    return method(Method(name, {"reference": kind}), psnr)


def test_each_kind_of_reference_is_one_sentence():
    scores = pd.concat(
        [
            method("automatic", 24),
            referred("reference", 24.5, "the same kind"),
            referred("welsh", 20, "the same kind"),
            referred("reference", 23.9, "another kind"),
        ]
    )
    assert references_in_words(scores) == [
        "With a reference of the same kind, against the automatic picture, on 120 pictures: ours +0.50 dB [+0.50, "
        "+0.50], 0% of pictures worse; Welsh et al. -4.00 dB [-4.00, -4.00], 100% of pictures worse.",
        "With a reference of another kind, against the automatic picture, on 120 pictures: ours -0.10 dB [-0.10, "
        "-0.10], 100% of pictures worse.",
    ]


def test_few_pictures_have_no_interval():
    few = pd.concat([method("automatic", 24), referred("reference", 24.5, "any kind")])
    few = few[few["name"].isin(["p0", "p1"])]
    (sentence,) = references_in_words(few)
    assert "ours +0.50 dB, 0% of pictures worse" in sentence and "[" not in sentence
