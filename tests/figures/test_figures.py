"""Every figure can be drawn without a warning, from the smallest to the largest input that it may get."""

import inspect
import io

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from lib.figures import curves, pictures, scores, style, sweeps

RNG = np.random.default_rng(0)
GRAY = RNG.integers(0, 256, (16, 16), np.uint8)
COLOR = RNG.integers(0, 256, (16, 16, 3), np.uint8)
HISTORY = pd.DataFrame(
    {"epoch": [1, 2, 3], "loss": [3.0, 2, 1], "r2_rgb": [0.1, 0.2, 0.3], "psnr": [1.0, 2, 3], "ssim": [0.1, 0.2, 0.3]}
)
ROWS = pd.DataFrame(
    [
        (method, "{}", label, metric, 4, value, value - 0.1, value + 0.1)
        for method, label, psnr, ratio in (
            ("gray_copy", "gray copy", 23.0, 0.0),
            ("cnn", "CNN, 5 pairs", 22.0, 0.5),
            ("opencv_jet", "JET", 6.0, 5.0),
        )
        for metric, value in (("psnr", psnr), ("colorfulness_ratio", ratio))
    ],
    columns=["method", "settings", "label", "metric", "n", "value", "low", "high"],
)
CURVE = pd.DataFrame(
    [("knob", 0.0, 2.0, 0.6, 0.5), ("knob", 1.0, 1.0, 1.0, 0.3), ("control", 1.5, 0.5, 0.9, 0.4)],
    columns=["kind", "setting", "gain", "colorfulness_ratio", "distance"],
)
LABELS = {"psnr": "PSNR (dB)", "ssim": "SSIM"}


def lines_over(values, methods=("net",), further=None, spread=0.2):
    """Lines of `over_seeds` by hand: gray copy at 23, each method a little higher with each value."""
    rows = [
        {"x": f"{x:g}" if isinstance(x, float) else str(x), **more, "method": method, "label": method.replace("_", " "),
         "metric": metric, "mean": mean, "low": mean - spread, "high": mean + spread}
        for place, x in enumerate(values)
        for more in ([{"epochs": str(e)} for e in further] if further else [{}])
        for metric in LABELS
        for method, mean in [("gray_copy", 23.0), *((m, 22.0 + place + 0.1 * k) for k, m in enumerate(methods))]
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    table.loc[table["method"] == "gray_copy", ["low", "high"]] = np.nan if np.isnan(spread) else 23.0
    return table


CALLS = {
    "swept": [
        (lines_over([0.0, 0.01, 0.5, 5.0]), ["x"], LABELS, ["gray_copy"]),
        (lines_over([1.0], spread=np.nan), ["x"], {"psnr": "PSNR"}, ["gray_copy"]),  # one value, one seed
        (lines_over(["none", "edges, smoothed"], ["a", "b"]), ["x"], LABELS, ["gray_copy"]),
        (lines_over([1, 2], ["a", "b", "c"], further=[3, 6, 9]), ["x", "epochs"], LABELS, ["gray_copy"]),
        (lines_over([0], ["a", "b"]).drop(columns="x"), [], LABELS, ["gray_copy"]),
        (lines_over(["a", "b"], [f"one of many, {i}" for i in range(60)]), ["x"], LABELS, ["gray_copy"]),
    ],
    "swept_seeds": [(lines_over([0], ["a"], spread=np.nan).drop(columns="x"), LABELS, ["gray_copy"])],
    "contact_sheet": [([COLOR, GRAY] * 5,), ([COLOR], 1)],
    "picture_table": [
        ({"gray": [GRAY]},),
        ({f"a method with a long name, {i}": [COLOR, COLOR] for i in range(10)}, ["first", "second"]),
    ],
    "histogram": [(RNG.normal(size=50), "x"), (np.zeros(5), "x")],
    "chroma_by_gray": [(np.arange(256), np.ones(256), np.ones(256))],
    "training_curves": [({"a": HISTORY},), ({"a": HISTORY, "b": HISTORY[:1]}, {"psnr": 2.0, "ssim": 0.2, "mse": 1.0})],
    "intervals": [
        (ROWS, "psnr", "PSNR (dB)", ["gray_copy"]),
        (ROWS.assign(low=np.nan, high=np.nan), "psnr", "PSNR (dB)", [], {"JET": 19.3}),
    ],
    "trade_off": [(ROWS, ["gray_copy"]), (ROWS[:2], []), (ROWS.assign(value=1.0), ["gray_copy"])],
    "bars": [({"a": (0.1, -0.1, 0.3), "b": (0.2, 0.1, 0.3), "one seed": (0.1, -np.inf, np.inf)}, "gain (dB)")],
    "vividness_curve": [(CURVE, {"gray copy": (0.0, 0.0)})],
    "calibration": [(pd.DataFrame({"ambiguity": [1.0, 2.0], "expected": [5.0, 30.0], "error": [6.0, 24.0]}),)],
    "color_ramps": [({"a": RNG.integers(0, 256, (256, 3), np.uint8)},)],
    "gradient_sizes": [({"printed": 0.0, "corrected": 1e-3}, "largest change"), ({"printed": 0.0}, "largest change")],
    "framed": [(RNG.integers(0, 256, (60, 90, 3), np.uint8),)],
}  # fmt: skip
FIGURES = {
    name: function
    for module in (curves, pictures, scores, sweeps)
    for name, function in inspect.getmembers(module, inspect.isfunction)
    if function.__module__ == module.__name__ and inspect.signature(function).return_annotation is Figure
}


def drawn(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return np.asarray(Image.open(buffer).convert("RGB"))


def texts(axes):
    return [text.get_text() for text in axes.texts]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("name", "number"), [(name, i) for name, calls in CALLS.items() for i in range(len(calls))])
def test_every_figure_draws_without_a_warning(name, number):
    figure = FIGURES[name](*CALLS[name][number])
    assert isinstance(figure, Figure)
    assert drawn(figure).std() > 5  # it is not empty
    assert not plt.get_fignums()  # no figure is kept open


def test_every_figure_is_tested():
    assert set(FIGURES) == set(CALLS)


def test_pictures_keep_their_gray_levels():
    picture = np.tile(np.array([[100, 120]], np.uint8), (8, 4))
    image = drawn(pictures.contact_sheet([picture], columns=1, side=2.0))
    middle = image[image.shape[0] // 2, image.shape[1] // 4 : -image.shape[1] // 4, 0]
    assert set(middle.tolist()) == {100, 120}  # not stretched to black and white


def test_values_are_stretched_from_black_to_white():
    assert pictures.stretched(np.array([[-2.0, 0.0], [2.0, 2.0]])).tolist() == [[0, 128], [255, 255]]
    assert pictures.stretched(np.full((2, 2), 7.0)).max() == 0


def test_axes_have_labels_with_units():
    for name in ("histogram", "chroma_by_gray", "training_curves", "intervals", "bars", "gradient_sizes"):
        for axes in FIGURES[name](*CALLS[name][0]).axes:
            assert axes.get_xlabel(), name
    for axes in curves.training_curves({"a": HISTORY}).axes:
        assert axes.get_ylabel()
    assert "dB" in scores.trade_off(ROWS, []).axes[0].get_ylabel()


def test_the_gray_copy_is_drawn_where_it_was_measured():
    def dashed(axes):
        return [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == "--"]

    panels = curves.training_curves({"a": HISTORY}, {"psnr": 2.5, "ssim": 0.25, "mse": 9.0}).axes
    assert [dashed(axes) for axes in panels] == [[], [], [2.5], [0.25]]


def test_intervals_are_in_the_order_of_the_rows():
    axes = scores.intervals(ROWS, "psnr", "PSNR (dB)", ["gray_copy"], {"opencv_jet": 19.3}).axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["JET", "CNN, 5 pairs", "gray copy"]  # the first row on top
    ends = [line.get_xdata() for line in axes.lines if len(line.get_xdata()) == 2 and line.get_linewidth() == 3]
    np.testing.assert_allclose(ends, [[5.9, 6.1], [21.9, 22.1], [22.9, 23.1]])
    crosses = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "x" and len(line.get_xdata())]
    assert crosses == [19.3]


def test_bars_are_bright_only_where_the_interval_is_clear():
    axes = scores.bars(*CALLS["bars"][0]).axes[0]
    bright = [patch.get_facecolor() == axes.patches[1].get_facecolor() for patch in axes.patches]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["one seed", "b", "a"]
    assert bright == [False, True, False]


def test_a_framed_picture_keeps_its_pixels():
    picture = CALLS["framed"][0][0]
    np.testing.assert_array_equal(drawn(pictures.framed(picture)), picture)


def test_values_are_written_beside_their_bars():
    assert texts(curves.gradient_sizes({"printed": 0.0, "corrected": 0.001234}, "x").axes[0]) == ["0.0012", "0"]


def test_the_vividness_curve_shows_its_control_and_other_methods():
    left, right = curves.vividness_curve(CURVE, {"gray copy": (0.0, 0.0)}).axes
    np.testing.assert_allclose(left.lines[0].get_xydata(), [[0.6, 2.0], [1.0, 1.0]])
    np.testing.assert_allclose(right.lines[1].get_xydata(), [[0.9, 0.4]])
    assert [text.get_text() for text in left.get_legend().get_texts()] == ["knob", "control"]
    assert "gray copy" in {text.get_text() for text in left.texts}


def test_calibration_has_a_diagonal_that_reaches_the_largest_error():
    table = pd.DataFrame({"ambiguity": [1.0, 2.0], "expected": [5.0, 30.0], "error": [6.0, 24.0]})
    left, right = curves.calibration(table).axes
    np.testing.assert_allclose(left.lines[0].get_xydata(), [[1, 6], [2, 24]])
    np.testing.assert_allclose(right.lines[1].get_xydata(), [[0, 0], [30, 30]])


def swept_axes(values, **options):
    return sweeps.swept(lines_over(values, **options), ["x"], LABELS, ["gray_copy"]).axes


def test_a_metric_stands_over_its_swept_value_with_its_interval():
    axes = swept_axes([2.0, 1.0, 3.0])
    control, net = axes[0].lines
    np.testing.assert_allclose(net.get_xydata(), [[1, 23], [2, 22], [3, 24]])  # by size
    np.testing.assert_allclose(control.get_xydata(), [[1, 23], [2, 23], [3, 23]])
    assert control.get_linestyle() == ":" and control.get_color() == style.MUTED != net.get_color()
    ends = np.array([path.vertices[:, 1] for path in axes[0].collections[0].get_paths()])
    np.testing.assert_allclose(ends, [[22.8, 23.2], [21.8, 22.2], [23.8, 24.2]])
    assert [a.get_ylabel() for a in axes] == list(LABELS.values()) and axes[0].get_xlabel() == "x"


def test_values_that_span_orders_of_magnitude_stand_on_a_logarithmic_axis_with_zero():
    assert swept_axes([0.0, 0.01, 0.5])[0].get_xscale() == "symlog"
    assert swept_axes([1.0, 10.0])[0].get_xscale() == "linear"
    assert swept_axes([-1.0, 0.01, 5.0])[0].get_xscale() == "linear"
    assert [t.get_text() for t in swept_axes([0.0, 0.01, 0.5])[0].get_xticklabels()] == ["0", "0.01", "0.5"]
    np.testing.assert_allclose(swept_axes(["100", "400"])[0].lines[1].get_xdata(), [100, 400])  # lists of one


def test_names_are_no_numbers_and_nothing_joins_them():
    axes = swept_axes(["none", "edges"], methods=("a", "b"))[0]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["none", "edges"]
    _, a, b = axes.lines
    assert a.get_linestyle() == "None" and (a.get_xdata() < b.get_xdata()).all()


def test_the_key_stands_below_and_says_what_else_was_swept():
    lines = lines_over([1, 2], ["CNN", "net"], further=[3, 6])
    (key,) = sweeps.swept(lines, ["x", "epochs"], LABELS, ["gray_copy"]).legends
    names = ["gray copy", "CNN, epochs 3", "net, epochs 3", "CNN, epochs 6", "net, epochs 6"]
    assert [text.get_text() for text in key.get_texts()] == names


def test_what_goes_along_with_the_first_parameter_is_no_line_of_its_own():
    lines = lines_over([16, 4, 8]).assign(accumulation=lambda t: (16 // t["x"].astype(int)).astype(str))
    axes = sweeps.swept(lines, ["x", "accumulation"], LABELS, ["gray_copy"]).axes[0]
    assert len(axes.lines) == 2 and axes.get_xlabel() == "x (with accumulation 4, 2, 1)"


def test_many_lines_stand_in_panels_of_their_own():
    lines = lines_over([1, 2], ["a", "b", "c"], further=[3, 6, 9])
    axes = sweeps.swept(lines, ["x", "epochs"], LABELS, ["gray_copy"]).axes
    assert [a.get_title(loc="left") for a in axes[::2]] == ["epochs 3", "epochs 6", "epochs 9"]
    assert len({a.lines[1].get_color() for a in axes}) == 1  # a method keeps its color


def test_a_method_that_lacks_a_metric_leaves_its_color_to_no_other():
    lines = lines_over([1, 2], ["a", "b"])
    lines = lines[(lines["method"] != "a") | (lines["metric"] == "psnr")]
    first, second = sweeps.swept(lines, ["x"], LABELS, ["gray_copy"]).axes
    assert second.lines[1].get_color() == first.lines[2].get_color() != first.lines[1].get_color()


def test_more_than_three_metrics_stand_in_two_columns():
    labels = {key: f"metric {key}" for key in "abcde"}
    one = lines_over([1, 2]).query("metric == 'psnr'")
    lines = pd.concat([one.assign(metric=key) for key in labels])
    axes = sweeps.swept(lines, ["x"], labels, ["gray_copy"]).axes
    assert [a.get_ylabel() for a in axes[:5]] == list(labels.values()) and not axes[5].axison
    assert [a.get_xlabel() for a in axes[:5]] == ["", "", "", "x", "x"]  # nothing is below the fourth


def test_a_control_far_off_does_not_flatten_the_rest():
    lines = lines_over([1, 2])
    lines.loc[lines["method"] == "gray_copy", "mean"] = 90.0
    axes = sweeps.swept(lines, ["x"], LABELS, ["gray_copy"]).axes[0]
    assert len(axes.lines) == 1 and axes.get_ylim()[1] < 30
    assert axes.get_title(loc="left") == "beyond the panel: gray copy 90"
