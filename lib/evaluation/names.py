"""Methods, metrics and columns: an identifier for programs, a label for people, each written once."""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from lib.common.usage import value_text

ROW = ("method", "settings", "label", "metric", "n", "value", "low", "high")  # a row of results.json
# Identifier -> what its labels say. Each part between commas is left out where its setting is missing.
TITLES = {
    "gray_copy": "gray copy",
    "intensity_map": "intensity-only map (best)",
    "intensity_rules": "intensity rules",
    "opencv_jet": "JET",
    "opencv_turbo": "TURBO",
    "opencv_viridis": "VIRIDIS",
    "opencv_hot": "HOT",
    "opencv_bone": "BONE",
    "gradient_hand_made": "custom gradient (hand-made)",
    "gradient_fitted": "custom gradient (fitted)",
    "segments_otsu": "multi-Otsu segments",
    "segments_kmeans": "k-means segments",
    "segments_otsu_luma_kept": "multi-Otsu segments, luma kept",
    "gradient_low_pass": "low-pass + fitted gradient",
    "gradient_high_pass": "high-pass + fitted gradient",
    "gradient_homomorphic": "homomorphic + fitted gradient",
    "cnn": "CNN, {pairs} pairs, {epochs} epochs, {data}",
    "cnn_perceptual": "CNN + perceptual, {pairs} pairs",
    "cnn_luma_kept": "the same, luma kept",
    "cnn_adversarial": "CNN + critic, {pairs} pairs, {epochs} epochs",
    "cnn_as_long": "CNN, as long without a critic, {pairs} pairs",
    "cnn_constant_at_equal_color": "CNN's chroma x constant, as colorful as {judged}",
    "chroma_net": "ours, trained here, {pairs} pairs of {data}",
    "efficientnet_from_nothing": "ours, EfficientNet from nothing",
    "imagenet_frozen": "ours, ImageNet's encoder frozen, {pairs} pairs of {data}",
    "imagenet_tuned": "ours, ImageNet's encoder tuned",
    "chroma_adversarial": "ours + critic, {vividness}",
    "chroma_joint_without": "ours, as long without a critic, {vividness}",
    "slider_at_equal_color": "vividness, as colorful as {judged}",
    "constant_at_equal_color": "safe x constant, as colorful as {judged}",
    "chroma_net_bundled": "ours, bundled, {vividness}",
    "nearest_hint": "nearest hint, hints: {hints}, {places} places",
    "levin": "Levin alone, hints: {hints}, {places} places",
    "levin_residual": "Levin on our residual, hints: {hints}, {places} places",
    "posterior": "posterior, hints: {hints}, {places} places",
    "posterior_by_hand": "posterior, kernel by hand, hints: {hints}, {places} places",
    "automatic": "automatic, no reference",
    "reference": "ours, reference: {reference}",
    "reinhard": "Reinhard et al. on automatic, reference: {reference}",
    "welsh": "Welsh et al., reference: {reference}",
    "frame_by_frame": "frame by frame",
    "smoothed": "smoothed without flow, weight {weight}",
    "first_frame_carried": "first frame carried along",
    "mixed_along_flow": "mixed along the flow, weight {weight}",
    "consistent": "ours, consistent",
    "preview": "ours, preview",
    "paper": "paper: {method}",
    "truth": "truth",
}
# Columns of pictures and networks beside those of methods.
OTHER_NAMES = ("ours", "gray", "input", "names", "VGG11", "ColorizationNet", "WithClassicalInputs", "ChromaNet")
# Letters of other alphabets that look like ours, in lower case.
_LOOK_ALIKE = str.maketrans("авекмнорстухіјѕґαεικνορτυχ", "abekmhopctyxijsraeikvoptux")


@dataclass(frozen=True)
class Method:
    """What colors pictures: its identifier, and the settings that tell it from others of the same identifier.

    A method that a user adds goes by its name.

    >>> print(Method("cnn", {"pairs": 400, "epochs": 9}))
    CNN, 400 pairs, 9 epochs
    """

    name: str
    settings: Mapping[str, object] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.name, self.settings_text))

    def __str__(self) -> str:
        return self.label

    @classmethod
    def of(cls, method: "Method | str | Mapping") -> Self:
        """The method itself, that of a bare identifier, or that of a row of results.json."""
        if isinstance(method, Mapping):
            return cls(method["method"], method["settings"])
        return cls(method) if isinstance(method, str) else method

    @property
    def settings_text(self) -> str:
        """The settings as JSON text, equal for equal settings: how tables hold them."""
        return json.dumps(self.settings, sort_keys=True)

    @property
    def label(self) -> str:
        """The name that people read in tables and figures."""
        words = {name: value_text(value) for name, value in self.settings.items()}
        if self.name not in TITLES:
            return ", ".join([self.name, *(f"{name} {word}" for name, word in words.items())])
        if "vividness" in words:
            words["vividness"] = f"vividness {words['vividness']}" if self.settings["vividness"] else "safest"
        if "judged" in words:  # the identifier of the method that a control is compared with
            others = {name: value for name, value in self.settings.items() if name != "judged"}
            words["judged"] = Method(words["judged"], others).label
        parts = []
        for part in TITLES[self.name].split(", "):
            with suppress(KeyError):
                parts.append(part.format_map(words))
        return ", ".join(parts)

    def row(
        self, metric: str, n: int | None, value: float, low: float | None = None, high: float | None = None
    ) -> dict[str, object]:
        """A row of results.json: `value` over `n` pictures, `low` and `high` the ends of its 95% interval."""
        return dict(zip(ROW, (self.name, dict(self.settings), self.label, metric, n, value, low, high), strict=True))


GRAY_COPY, INTENSITY_MAP = Method("gray_copy"), Method("intensity_map")
CONTROLS = (GRAY_COPY.name, INTENSITY_MAP.name)
PAPER, TRUTH = "paper", "truth"  # the paper's printed numbers, and the true colors
UNRANKED = (PAPER, TRUTH)  # they are shown and do not compete


def look_of(name: str) -> str:
    """What a reader sees of a name: equal for names that differ in case, blanks, kinds of dashes or Unicode form.

    >>> look_of("Gray\u00a0 Copy ") == look_of("gray copy"), look_of("tint -1") == look_of("tint 1")
    (True, False)
    """
    text = unicodedata.normalize("NFKC", name).casefold().translate(_LOOK_ALIKE)
    kinds = ((character, unicodedata.category(character)) for character in text)
    shown = ("-" if kind == "Pd" or character == "−" else character for character, kind in kinds if kind != "Cf")
    return " ".join("".join(shown).split())


def is_taken(name: str) -> bool:
    """Whether a user's method may not be called so: tables and figures would show two things under one name.

    The text before a comma or colon decides, by its letters and digits alone: `gray-copy` is the gray copy.
    """
    names = (name, *TITLES, *TITLES.values(), *OTHER_NAMES)
    first_words, *taken = (re.sub(r"[\W_]", "", re.split("[,:]", look_of(text).strip(",: "))[0]) for text in names)
    return first_words in taken


def refuse_look_alikes(methods: Iterable["Method | str"]) -> None:
    """Raise `ValueError` where two methods would be shown under one name in tables and figures.

    One identifier with different settings is not refused: rows hold the settings.
    """
    seen: dict[str, Method] = {}
    for method in map(Method.of, methods):
        other = seen.setdefault(look_of(method.label), method)
        if other is not method and (other == method or other.name != method.name):
            raise ValueError(f"two methods go by one name: '{other.name}' and '{method.name}'; rename one")


@dataclass(frozen=True)
class Metric:
    """How a metric is named and printed; `best` is "high", "low", a number to be near to, or None: not ranked."""

    name: str
    short: str
    digits: int
    best: str | float | None

    def cost(self, value: float) -> float:
        """How far a value, or each of a column of values, is from the best; the smallest cost wins."""
        if isinstance(self.best, str):
            return -value if self.best == "high" else value
        return abs(value - self.best)


METRICS = {
    "psnr": Metric("PSNR dB (mean of images)", "PSNR dB", 2, "high"),
    "psnr_pooled": Metric("PSNR dB (pooled)", "pooled dB", 2, "high"),
    "ssim": Metric("SSIM", "SSIM", 3, "high"),
    "mse": Metric("MSE", "MSE", 4, "low"),
    "r2_rgb": Metric("R² RGB", "R² RGB", 3, "high"),
    "r2_chroma": Metric("R² chroma", "R² chroma", 3, "high"),
    "colorfulness": Metric("colorfulness", "colorful", 1, None),
    "colorfulness_ratio": Metric("colorfulness (ratio to truth)", "of truth's", 2, 1.0),
    "ciede2000": Metric("CIEDE2000", "ΔE00", 2, "low"),
    "vgg_distance": Metric("VGG distance", "VGG", 4, "low"),
    "judge_gain": Metric("judge's photographs: gain over gray (dB)", "judge dB", 2, "high"),
    "judge_worse": Metric("judge's photographs: share worse than gray", "judge worse", 2, "low"),
    "home_gain": Metric("first folder's pictures: gain over gray (dB)", "home dB", 2, "high"),
    "elsewhere_gain": Metric("other folders' pictures: gain over gray (dB)", "elsewhere dB", 2, "high"),
    "hinted_gain": Metric("with hints: gain over gray (dB)", "hinted dB", 2, "high"),
    "reference_gain": Metric("with a reference: gain over automatic (dB)", "reference dB", 2, "high"),
    "film_gain": Metric("films: chroma PSNR over gray (dB)", "film dB", 2, "high"),
    "film_warping": Metric("films: warping error (% of chroma)", "warping %", 2, "low"),
    "film_drift": Metric("films: drift over 30 frames (% of chroma)", "drift %", 1, "low"),
    "film_distribution": Metric("films: CDC, distance from truth's", "CDC", 4, "low"),
    "film_colorfulness": Metric("films: colorfulness (ratio to truth)", "film color", 2, 1.0),
    "color_distance": Metric("colors: distance from the truth's distribution", "color distance", 3, "low"),
    "detector_accuracy": Metric("accuracy of a fresh classifier, real or colorized", "detected", 2, 0.5),
    "color_spread": Metric("spread of colorfulness (ratio to truth)", "color spread", 2, 1.0),
    "color_correlation": Metric("colorfulness: correlation with truth's", "color corr.", 2, "high"),
    "color_cast": Metric("mean chroma of all pictures (0..255)", "cast", 1, None),
    "blotches": Metric("color edges without luma edges (ratio to truth)", "blotches", 2, 1.0),
    "vgg_kernel_distance": Metric("VGG kernel distance (x 1000)", "VGG kernel", 2, "low"),
    "training_seconds": Metric("training s", "training s", 1, "low"),
    "kept_mb": Metric("MB kept", "MB kept", 1, "low"),
}
COSTS = ("training_seconds", "kept_mb")  # what a training took, not how well it colors
OF_JUDGE = ("judge_gain", "judge_worse")  # measured on other photographs than those of the test split
OF_DATA = ("home_gain", "elsewhere_gain")  # measured on a part of the test split, by folder
OF_HINTS = ("hinted_gain",)  # measured by methods that know some of the true colors
OF_REFERENCE = ("reference_gain",)  # measured by methods that see the colors of another picture
OF_FILMS = ("film_gain", "film_warping", "film_drift", "film_distribution", "film_colorfulness")
# How real the colors look as a whole, whether or not they are those of the picture.
OF_REALISM = (
    "color_distance",
    "detector_accuracy",
    "color_spread",
    "color_correlation",
    "color_cast",
    "blotches",
    "vgg_kernel_distance",
)
NOT_OF_TEST = (
    *COSTS,
    *OF_JUDGE,
    *OF_DATA,
    *OF_HINTS,
    *OF_REFERENCE,
    *OF_FILMS,
    *OF_REALISM,
)  # such a row does not compete with scores of the whole test split
JUDGED = ("psnr", "ssim")  # shown where nothing else is asked for; a claim is judged by both
UNSHOWN = ("mse", "colorfulness", *NOT_OF_TEST)  # tables say the same by pooled PSNR and by the ratio to the truth's


def metric(key: str) -> Metric:
    """The metric of a key in results.json; an unknown one goes by its key."""
    return METRICS.get(key) or Metric(key, key, 4, None)
