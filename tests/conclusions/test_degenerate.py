"""No sentence, table or figure shows `nan`, `inf` or `None`, whatever the pictures are and however few.

Real functions get real tables, measured on pictures that make scores undefined. `ASKED` must name every function of
`lib.conclusions`: a new one is tried here, too.
"""

import inspect
import pkgutil
import re
import warnings
from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch.nn import functional as F

import lib.conclusions
from lib.classical.color_transfer import match_places
from lib.classical.levin import nearest_hint, spread_by_luma
from lib.color import spaces
from lib.conclusions import (
    adversarial,
    baseline,
    better_colorizer,
    classical,
    comparison,
    dataset,
    feature_maps,
    films,
    gains,
    hints,
    more_data,
    perceptual,
    reference,
)
from lib.data.inspection import chroma_by_level, near_duplicates
from lib.data.pairs import make_pairs
from lib.data.photographs import photographs_of
from lib.evaluation.bootstrap import difference, summarize
from lib.evaluation.detector import detector_accuracies
from lib.evaluation.evaluate import evaluate
from lib.evaluation.frontier import against_the_frontier
from lib.evaluation.growth import fit
from lib.evaluation.hinting import gains_by_hints, lines_by_hints, measure_hints
from lib.evaluation.methods import controls
from lib.evaluation.more_data import HOME, curves_of, gains_of, scores_of, worth_of
from lib.evaluation.names import CONTROLS, GRAY_COPY, TRUTH, Method
from lib.evaluation.realism import painted, realism
from lib.evaluation.reference import draw_references, measure_references
from lib.evaluation.rows import of_method, records_of
from lib.evaluation.size import Size
from lib.evaluation.temporal import scores_of_film
from lib.evaluation.vividness import calibration, color_and_gain, gains_by_picture, measure_vividness
from lib.feature_maps.activations import capture
from lib.feature_maps.color_cells import COLORS, cells_of
from lib.feature_maps.interventions import channel_effects
from lib.feature_maps.knowledge import survey
from lib.feature_maps.measures import layer_summary, matched_channels, shown_layers, similarity
from lib.feature_maps.without_channel import loss_without
from lib.figures import curves
from lib.figures.films import flicker_by_gain
from lib.figures.scores import bars, bars_side_by_side, intervals, trade_off
from lib.losses.vgg_features import vgg11_features
from lib.networks.registry import build_network
from lib.paper import judgments
from lib.paper.claims import paper_rows
from lib.paper.judgments import Spread
from lib.workbook.records.score_table import ScoreTable

UNSAID = re.compile(r"(?<![\w.])[-+]?(nan|NaN|inf|None|<NA>)(?!\w)")
SIZE = 32
LARGE, SMALL, MINE = Method("cnn", {"pairs": 8, "epochs": 2}), Method("cnn", {"pairs": 4, "epochs": 2}), "mine"
LOSS = Method("cnn_perceptual", {"pairs": 8, "epochs": 2, "perceptual_weight": 0.05})
MIXED, STEADIER = (Method("mixed_along_flow", {"weight": weight}) for weight in (0.5, 0.9))
KEPT, OURS = Method("cnn_luma_kept", {"pairs": 8, "epochs": 2}), Method("chroma_net")


def _noise(i):
    return np.random.default_rng(i).integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)


def _gray(picture):
    return np.repeat(np.asarray(Image.fromarray(picture).convert("L"))[..., None], 3, -1)


PICTURES = {
    "black": lambda i: np.zeros((SIZE, SIZE, 3), np.uint8),
    "white": lambda i: np.full((SIZE, SIZE, 3), 255, np.uint8),
    "one flat color": lambda i: np.full((SIZE, SIZE, 3), (200, 80, 40), np.uint8),
    "identical": lambda i: _noise(0),
    "noise": _noise,
    "saturated": lambda i: 255 * (_noise(i) > 127).astype(np.uint8),
    "gray": lambda i: _gray(_noise(i)),
    "gray in the test split": lambda i: _noise(i) if i < 8 else _gray(_noise(i)),
    "one in color": lambda i: _noise(i) if i == 8 else _gray(_noise(i)),
}


class Case:
    """All that the notebooks measure, on `test` pictures of a kind, by networks that are not trained."""

    def __init__(self, kind, test):
        color = np.stack([PICTURES[kind](i) for i in range(8 + test)])
        gray = np.stack([np.asarray(Image.fromarray(picture).convert("L")) for picture in color])
        splits = np.array(["train"] * 6 + ["val"] * 2 + ["test"] * test)
        self.pairs = make_pairs("p", "p", [f"sea-{i}" for i in range(8 + test)], gray, color, splits)
        self.test = self.pairs.split("test")
        self.network, self.ours = (
            build_network("ColorizationNet", 0, width=4).eval(),
            build_network("ChromaNet", 0, width=4),
        )
        constant = {MINE: lambda gray: torch.full((len(gray), 3, *gray.shape[-2:]), 0.5), KEPT: spaces.gray_to_rgb}
        networks = dict.fromkeys((LARGE, SMALL, LOSS), self.network)
        self.scores = evaluate({**controls(self.pairs), **networks, **constant, OURS: self.ours.eval()}, self.test)
        self.scores["vgg_distance"] = 0.1
        self.rows = summarize(self.scores)
        self.curve, self.groups = measure_vividness(self.ours, self.test), calibration(self.ours, self.test)
        judged = {OURS: self.ours, MINE: constant[MINE], "loud": lambda gray: gray * torch.eye(3)[0].reshape(3, 1, 1)}
        self.against = [
            against_the_frontier(judged, self.ours, self.test),
            against_the_frontier({LARGE: self.network}, self.network, self.test),
        ]
        colored = painted({OURS: self.ours, GRAY_COPY: spaces.gray_to_rgb}, self.test)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("lib.evaluation.detector.STEPS", 1)
            self.detected = detector_accuracies(colored, seeds=[0])
            self.real = realism(colored, vgg11_features())
        self.growing = self._growing()
        self.gains = gains_by_picture(self.scores, OURS)
        self.gray = self.test.tensors(slice(None))[0]
        self.activations = capture(self.network, self.gray[:1])
        self.layer = next(iter(self.activations))
        self.maps = self.activations[self.layer].maps[0]
        self.known = photographs_of(self.test)
        places = {"random": None, "first": lambda seen, count: torch.arange(count)}
        spreads = {"levin": lambda seen, *given: spread_by_luma(seen.luma, *given),
                   "posterior": lambda seen, *given: 0.5 * nearest_hint(seen.luma, *given)}  # fmt: skip
        small = lambda gray: SimpleNamespace(luma=F.interpolate(gray, (8, 8), mode="area")[0, 0])  # noqa: E731
        measured = measure_hints(self.test, small, spreads, [0, 1, 5], places=places)
        self.hinted = pd.concat([measured, self.scores])
        self.by_hints = gains_by_hints(self.hinted)
        transfers = {"welsh": lambda seen, other, chroma: match_places(seen.luma, other.luma, chroma)}
        gray_again = lambda seen: torch.zeros(2, 8, 8)  # noqa: E731
        training = self.pairs.split("train")
        drawn = draw_references(self.test, training, 0)
        self.referred = measure_references(self.test, training, drawn, small, gray_again, transfers)
        self.films = pd.concat(
            [_film(*one) for one in zip(self.test.names, self.test.gray, self.test.color, strict=True)]
        )
        rows = [(method.settings["weight"], of_method(self.films, method)) for method in (MIXED, STEADIER)]
        trade = [(weight, own["film_gain"].mean(), own["film_warping"].mean()) for weight, own in rows]
        self.trade = pd.DataFrame(trade, columns=["weight", "gain", "warping"])
        self.cells = {color: cells_of(self.known, color) for color in COLORS}
        enough = {color: cells for color, cells in self.cells.items() if cells.are_enough}
        self.found = dict.fromkeys(COLORS) | {c: survey(self.ours, self.known, own) for c, own in enough.items()}
        self.effects = channel_effects(self.network, self.gray[:1], self.layer, len(self.maps))

    def _growing(self):
        """Curves over numbers of training pictures, of two kinds, by the network that is not trained."""
        scores = scores_of(self.network, {HOME: self.test})
        gray = scores_of(spaces.gray_to_rgb, {HOME: self.test})
        methods = [Method("cnn", {"pairs": n, "epochs": 1, "data": kind}) for kind in "ab" for n in (2, 4, 6)]
        return curves_of(pd.concat([gains_of(scores, gray, method, 0) for method in methods]))[Method("cnn"), HOME]


def _film(name, gray, color):
    """The scores of a film of three frames that show one picture, which moves by a pixel."""
    chroma = spaces.rgb_to_ycbcr(spaces.to_tensor(color))[1:].numpy()
    truth, luma = (np.stack([np.roll(plane, t, -1) for t in range(3)]) for plane in (chroma, gray))
    methods = {MIXED: 0.5 * truth, STEADIER: 0.5 * truth[:1].repeat(3, 0), GRAY_COPY: 0 * truth, Method(TRUTH): truth}
    return scores_of_film(luma, methods, truth, far=2).assign(name=name)


# Figures take seconds to draw: those of the kinds that differ most.
DRAWN = [("black", 6), ("gray", 6), ("noise", 2), ("noise", 1)]
CASES = [*((kind, 6) for kind in PICTURES), ("noise", 1), ("gray", 1), ("noise", 2)]


@pytest.fixture(scope="module", params=CASES, ids=str)
def case(request):
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        return Case(*request.param)


def _accumulation(changed):
    columns = {"gradient differs by (%)": changed, "MB kept, whole batch": 2.0, "MB kept, half batch": 1.0}
    return pd.DataFrame(columns, index=["none", "group", "batch"])


HISTORIES = [pd.DataFrame({"pairs": 8, "epoch": [1, 2, 3], "loss": loss}) for loss in ([0.2, 0.1, 0.1], [0.0] * 3)]
HISTORY = pd.DataFrame({"psnr": [20.0, 100.0], "seconds": [0.0, 0.0]})
ASKED = {
    adversarial.frontier_in_words: lambda c: [(against, m) for against in c.against for m in against.judged],
    adversarial.verdict_of: lambda c: [(against, m) for against in c.against for m in against.judged],
    adversarial.detector_in_words: lambda c: [(c.detected,)],
    adversarial.spread_in_words: lambda c: [(c.real,)],
    adversarial.blotches_in_words: lambda c: [(c.real,)],
    adversarial.balance_in_words: lambda c: [(c.real,)],
    adversarial.kernel_distance_in_words: lambda c: [(c.real, "bundled")],
    baseline.compared_with_a_gray_copy: lambda c: [(c.scores, c.rows, LARGE)],
    baseline.fall_of_the_loss: lambda c: [(history, 2, 8) for history in HISTORIES],
    baseline.colors_of: lambda c: [(c.rows, LARGE)],
    better_colorizer.kept_luma_in_words: lambda c: [(c.rows, LARGE, KEPT)],
    better_colorizer.gain_in_words: lambda c: [(c.scores, c.rows, OURS)],
    better_colorizer.vividness_in_words: lambda c: [(c.curve,), (c.curve.assign(colorfulness_ratio=0.0),),
                                                    (c.curve.assign(colorfulness_ratio=c.curve.index + 2.0),)],
    better_colorizer.calibration_in_words: lambda c: [(c.groups,), (c.groups[:1],), (c.groups.assign(error=0.0),),
                                                      (c.groups.assign(ambiguity=1.0),), (c.groups.assign(error=9.0),)],
    better_colorizer.failures_in_words: lambda c: [(c.gains,)],
    better_colorizer.judged_in_words: lambda c: [(c.scores, [OURS, LARGE], "the judge")],
    better_colorizer.knowledge_in_words: lambda c: [(c.scores, OURS, LARGE, "the judge")],
    better_colorizer.equal_seconds_in_words: lambda c: [({OURS: HISTORY, LARGE: HISTORY[:1]}, 20.0)],
    classical.reported: lambda c: [(paper_rows(), "psnr")],
    classical.best_in_words: lambda c: [(c.scores, c.rows, [LARGE, Method(MINE)])],
    classical.opencv_in_words: lambda c: [],  # scores of methods that always have one
    classical.ceiling_in_words: lambda c: [(c.scores,)],
    classical.times_in_words: lambda c: [({LARGE: 0.0}, 5)],
    comparison.network_in_words: lambda c: [(c.rows,)],
    comparison.gains_in_words: lambda c: [(c.scores, c.rows, [OURS])],
    comparison.own_in_words: lambda c: [(c.scores, [MINE])],
    comparison.better_in_words: lambda c: [(c.rows,), (c.rows[c.rows["method"].isin(CONTROLS)],)],
    comparison.ledger_in_words: lambda c: [([],)],
    dataset.controls_in_words: lambda c: [(c.rows, len(c.test))],
    dataset.nearly_gray_in_words: lambda c: [(c.rows.loc[c.rows["metric"] == "colorfulness", "value"].to_numpy(), 6.0)],
    dataset.spread_in_words: lambda c: [(chroma_by_level(*c.test.tensors(slice(None))),)],
    dataset.duplicates_in_words: lambda c: [(near_duplicates(c.pairs, 0.99), 0.99)],
    feature_maps.layers_in_words: lambda c: [(layer_summary(c.activations, c.gray[:1]),)],
    feature_maps.strongest_in_words: lambda c: [(c.effects, c.layer, "p")],
    feature_maps.sky_in_words: lambda c: [(c.effects, "p", [c.effects])],
    feature_maps.partners_in_words: lambda c: [(matched_channels(c.maps, c.maps), ("a", "b"), c.layer, "p"),
                                               (matched_channels(0 * c.maps, c.maps), ("a", "b"), c.layer, "p")],
    feature_maps.similarity_in_words: lambda c: [(similarity(c.activations, c.activations), pd.Index([c.layer]))],
    feature_maps.knowledge_in_words: lambda c: [(found, c.cells[color], layer) for color, found in c.found.items()
                                                for layer in (("encoder.0", found.best) if found else ("",))],
    feature_maps.loss_in_words: lambda c: [
        (loss_without(c.ours, "encoder.1", 0, c.known, c.cells[color]), color, "encoder.1:0")
        for color, found in c.found.items() if found
    ],
    feature_maps.training_in_words: lambda c: [({1: c.maps, 2: c.maps}, 0, "a:0"), ({2: c.maps}, 0, "a:0")],
    films.flicker_in_words: lambda c: [(c.films, STEADIER, MIXED), (c.films, GRAY_COPY, MIXED),
                                       (c.films[c.films["method"] != TRUTH], STEADIER, MIXED)],
    films.trade_in_words: lambda c: [(c.trade,), (c.trade[:1],), (c.trade.assign(warping=0.0),)],
    films.control_in_words: lambda c: [(c.films, STEADIER), (c.films, GRAY_COPY)],
    films.shots_in_words: lambda c: [([], [], 1), ([3], [], 9), ([3, 5], [5], 9)],
    films.speed_in_words: lambda c: [({"network": 0.0, "whole": 0.0}, 1, (8, 8)), ({"whole": 2.0}, 9, (8, 8))],
    gains.difference_in_words: lambda c: [(c.scores, MINE, LARGE)],
    gains.against_the_gray_copy: lambda c: [(c.scores, MINE)],
    gains.of_the_truths_color: lambda c: [(np.nan,), (0.5,)],
    hints.methods_in_words: lambda c: [(c.by_hints, 5), (c.by_hints, 1)],
    hints.against_levin_in_words: lambda c: [(c.hinted, [1, 5]), (c.hinted, [5])],
    hints.saved_hints_in_words: lambda c: [(c.by_hints, [1, 5])],
    hints.places_in_words: lambda c: [(c.hinted, ["first"], 5)],
    reference.references_in_words: lambda c: [(c.referred,)],
    more_data.growth_in_words: lambda c: [
        (Method("cnn"), "a", "p", c.growing["a"], law)
        for law in (None, fit(c.growing["a"].pairs, c.growing["a"].resampled()))],
    more_data.variety_in_words: lambda c: [
        (Method("cnn"), 6, "a", "b", {"p": (c.growing["b"].at(6), c.growing["a"].at(6))})],
    more_data.worth_in_words: lambda c: [
        (Method("cnn"), 4, "a", "b", {"p": (worth_of(c.growing["a"], 4, c.growing["b"]), c.growing["b"])})],
    more_data.seeds_in_words: lambda c: [(Method("cnn"), "p", c.growing["a"])],
    more_data.left_out_in_words: lambda c: [([2, 9], {"a": 6})],
    perceptual.effect_of_the_printed_loss: lambda c: [(0.0,), (0.1,)],
    perceptual.effect_of_the_corrected_loss: lambda c: [(c.scores, LOSS, LARGE, "bundled")],
    perceptual.effect_of_accumulation: lambda c: [(_accumulation(0.5),), (_accumulation(np.nan),)],
    perceptual.price_of_the_corrected_loss: lambda c: [(2.0, 1.0)],
}  # fmt: skip


def test_every_conclusion_is_asked():
    found = set()
    for module in pkgutil.iter_modules(lib.conclusions.__path__, "lib.conclusions."):
        functions = inspect.getmembers(import_module(module.name), inspect.isfunction)
        found |= {f for name, f in functions if f.__module__ == module.name and not name.startswith("_")}
    assert found == set(ASKED)


@pytest.mark.parametrize("function", ASKED, ids=lambda function: function.__name__)
def test_no_sentence_says_a_number_that_is_none(case, function):
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        for arguments in ASKED[function](case):
            said = function(*arguments)
            for sentence in [said] if isinstance(said, str) else [str(one) for one in said]:
                assert sentence and not UNSAID.search(sentence), sentence


def test_no_judgment_says_a_number_that_is_none(case):
    spread = Spread({"psnr": 0.1, "ssim": 0.01}, Size(8, 2, 2))
    judged = [
        judgments.judge_cnn_against_nothing(case.scores),
        judgments.judge_perceptual_loss(case.scores, spread),
        judgments.judge_more_pairs(case.scores, spread),
        judgments.judge_saturation(case.scores),
        *map(judgments.judge_plateau, HISTORIES),
        judgments.judge_films(_as_judged(case.films)),
    ]
    for one in judged:
        assert not UNSAID.search(one.measured), one.measured
    few = len(case.test) < 5
    assert all(("too few pictures for an interval" in one.measured) == few for one in judged[:3])
    assert not few or {one.verdict for one in judged[:4]} == {"cannot tell"}


def _as_judged(films):
    """Films by the methods that the claim compares."""
    names = {MIXED.settings_text: "frame_by_frame", STEADIER.settings_text: "consistent"}
    return films.assign(method=films["settings"].map(names).fillna(films["method"]), settings="{}")


def test_no_table_shows_a_number_that_is_none(case):
    table = ScoreTable(records_of(case.rows))
    assert not UNSAID.search(repr(table)) and not UNSAID.search(table._repr_html_())
    assert ("No intervals: too few pictures" in table._repr_html_()) == (len(case.test) < 5)
    assert not UNSAID.search(shown_layers(layer_summary(case.activations, case.gray[:1])).to_string())


@pytest.mark.parametrize("case", DRAWN, ids=str, indirect=True)
def test_figures_draw_what_is_defined_and_say_what_is_not(case):
    methods = (LARGE, OURS, MINE)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figures = [
            intervals(case.rows, "psnr", "PSNR", CONTROLS),
            intervals(case.rows, "r2_chroma", "R²", CONTROLS),
            trade_off(case.rows, CONTROLS),
            bars({name: difference(case.scores, name, GRAY_COPY, "psnr") for name in methods}, "gain"),
            bars_side_by_side(
                {title: {OURS: difference(case.scores, OURS, GRAY_COPY, "psnr")} for title in ("test", "judge")}, "gain"
            ),
            curves.gain_by_seconds({OURS: HISTORY}, 20.0),
            curves.gain_by_hints(lines_by_hints(case.by_hints)),
            curves.vividness_curve(case.curve, color_and_gain(case.rows, (GRAY_COPY, LARGE))),
            curves.calibration(case.groups),
            flicker_by_gain(case.trade, {GRAY_COPY: (0.0, np.nan)}, np.nan),
            curves.histogram(case.gains.to_numpy(), "gain"),
        ]
        for figure in figures:
            figure.draw_without_rendering()
            texts = [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]
            assert not any(UNSAID.search(text) for text in texts), texts
    few = len(case.test) < 5
    assert (intervals(case.rows, "psnr", "PSNR", CONTROLS).axes[0].get_xlabel() != "PSNR") == few
