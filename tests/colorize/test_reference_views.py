"""The figure of a reference: its columns, and what the reference changes in them."""

import numpy as np
from PIL import Image
from skimage import data

from lib.colorize.reference_views import reference_table
from lib.networks.pretrained import load_colorizer


def test_a_table_shows_the_reference_and_what_it_changes():
    coffee = np.asarray(Image.fromarray(data.coffee()).resize((240, 160)))
    left, right = coffee[:, :120], coffee[:, 120:]
    table = reference_table(load_colorizer(device="cpu"), [right], [left])
    assert list(table) == ["reference", "gray", "automatic", "with the reference", "truth"]
    reference, gray, automatic, followed, truth = (pictures[0] for pictures in table.values())
    assert np.array_equal(reference, left) and np.array_equal(truth, right)
    for colored in (automatic, followed):
        assert np.array_equal(Image.fromarray(colored).convert("L"), gray)

    def error(colored):
        return np.square(colored.astype(float) - truth).mean()

    assert error(followed) < 0.8 * error(automatic)
