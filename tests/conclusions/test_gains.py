"""The gain over the gray copy in words."""

import pandas as pd
from claims_by_hand import method

from lib.conclusions.gains import against_the_gray_copy
from lib.evaluation.names import GRAY_COPY


def test_the_gain_has_its_sign_and_its_interval():
    scores = pd.concat([method(GRAY_COPY, 23), method("better", 24.5), method("worse", 22)])
    assert against_the_gray_copy(scores, "better") == "+1.50 dB [+1.50, +1.50] against the gray copy"
    one = scores[scores["name"] == "p0"]
    assert against_the_gray_copy(one, "better") == (
        "+1.50 dB against the gray copy (1 picture: too few for an interval)"
    )
    assert against_the_gray_copy(scores, "worse") == "-1.00 dB [-1.00, -1.00] against the gray copy"
