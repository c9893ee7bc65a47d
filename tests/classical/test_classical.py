"""Classical methods against OpenCV, scikit-image and numpy, on photographs that scikit-image ships."""

import cv2
import numpy as np
import pytest
import scipy.ndimage
import skimage.data
import torch
from skimage.filters import threshold_multiotsu

from lib.classical import color_maps, filters, fourier, segmentation
from lib.classical.colorizers import classical_colorizers
from lib.color.spaces import colorfulness, to_tensor
from lib.evaluation.names import TITLES, Method

CAMERA = skimage.data.camera()[::4, ::3].copy()  # 128 x 171: not square, an odd side
FILTERS = {**filters.FILTERS, **fourier.FILTERS}
EDGE_CASES = {
    "constant": np.full((9, 7), 90, np.uint8),
    "one row": np.arange(0, 250, 5, dtype=np.uint8)[None],
    "one column": np.arange(0, 250, 5, dtype=np.uint8)[:, None],
    "one pixel": np.array([[255]], np.uint8),
    "two values": np.where(np.indices((8, 8)).sum(0) % 2, 10, 240).astype(np.uint8),
}


@pytest.fixture(scope="module")
def pairs():
    pictures = [skimage.data.astronaut(), skimage.data.coffee(), skimage.data.rocket(), skimage.data.chelsea()]
    color = np.stack([cv2.resize(picture, (64, 48), interpolation=cv2.INTER_AREA) for picture in pictures])
    return np.stack([cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in color]), color


@pytest.fixture(scope="module")
def colorizers(pairs):
    return classical_colorizers(*pairs)


def squared_error(colorizer, pairs):
    return sum(
        np.square(colorizer.map_image(gray).astype(float) - color).sum() for gray, color in zip(*pairs, strict=True)
    )


# --- preprocessing ---


def test_sobel_is_the_gradient_magnitude_and_a_full_step_is_255():
    gray = CAMERA.astype(float)
    magnitude = np.hypot(scipy.ndimage.sobel(gray, 0, mode="mirror"), scipy.ndimage.sobel(gray, 1, mode="mirror")) / 4
    assert np.abs(filters.sobel(CAMERA) - magnitude.clip(max=255)).max() <= 0.51
    step = np.zeros((8, 8), np.uint8)
    step[:, 4:] = 255
    assert filters.sobel(step).max() == 255


def test_canny_takes_its_thresholds_from_the_picture():
    edges = filters.canny(CAMERA)
    assert set(np.unique(edges)) == {0, 255}
    dim = (CAMERA // 8 + 60).astype(np.uint8)
    assert (filters.canny(dim) & edges).sum() > 0.6 * edges.sum()
    assert np.array_equal(filters.canny(CAMERA, 80, 200), cv2.Canny(CAMERA, 80, 200, L2gradient=True))
    assert filters.canny(CAMERA, high=900).sum() < filters.canny(CAMERA, high=200).sum()


def test_gaussian_agrees_with_scipy_and_bilateral_keeps_a_step_that_gaussian_blurs():
    reference = scipy.ndimage.gaussian_filter(CAMERA.astype(float), 2, mode="mirror")
    assert np.abs(filters.gaussian(CAMERA, 2) - reference).max() < 2
    rng = np.random.default_rng(0)
    step = np.where(np.arange(40) < 20, 60, 190) + rng.normal(0, 6, (40, 40))
    step = step.astype(np.uint8)
    smooth = filters.bilateral(step)
    assert smooth[:, :15].std() < 0.5 * step[:, :15].std()
    assert (smooth[:, 20] - smooth[:, 19].astype(float)).mean() > 110
    assert (filters.gaussian(step)[:, 20] - filters.gaussian(step)[:, 19].astype(float)).mean() < 60


# --- Fourier domain ---


@pytest.mark.parametrize("cutoff", [2, 5, 12])
def test_low_pass_is_the_gaussian_blur_of_the_mirrored_picture(cutoff):
    picture = CAMERA[:, :160]  # sides that need no padding
    sigma = len(picture) / (2 * np.pi * cutoff)
    reference = scipy.ndimage.gaussian_filter(picture.astype(float), sigma, mode="reflect", truncate=6)
    assert np.abs(fourier.low_pass(picture, cutoff) - reference).max() < 0.7


def test_low_pass_and_high_pass_add_up_to_the_picture():
    low, high = fourier.low_pass(CAMERA, 6).astype(int), fourier.high_pass(CAMERA, 6).astype(int)
    inside = (high > 0) & (high < 255)
    assert inside.mean() > 0.98
    assert np.abs(low + high - fourier.MID_GRAY - CAMERA)[inside].max() <= 1


def test_filters_leave_no_seam_at_the_edges():
    """A ramp is 255 apart at its ends: wrapped round, its first and last rows would meet at mid-gray."""
    ramp = np.repeat(np.linspace(0, 255, 101).astype(np.uint8)[:, None], 67, axis=1)
    low = fourier.low_pass(ramp, 8)
    assert low[0].max() < 12
    assert low[-1].min() > 243


def test_cutoff_means_the_same_at_any_resolution_and_for_sides_with_large_prime_factors():
    large = cv2.resize(CAMERA, (509, 383), interpolation=cv2.INTER_CUBIC)  # both prime
    small = cv2.resize(fourier.low_pass(large, 8), CAMERA.shape[::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(int) - fourier.low_pass(CAMERA, 8)).mean() < 1


def test_homomorphic_evens_out_a_shade_keeps_a_constant_and_does_nothing_at_gain_one():
    shade = np.linspace(0.15, 1, CAMERA.shape[1])
    shaded = (CAMERA * shade).astype(np.uint8)
    even = fourier.homomorphic(shaded, cutoff=2, low_gain=0.3, high_gain=1)
    half = CAMERA.shape[1] // 2
    assert even[:, half:].mean() / even[:, :half].mean() < 0.75 * shaded[:, half:].mean() / shaded[:, :half].mean()
    assert np.array_equal(fourier.homomorphic(EDGE_CASES["constant"]), EDGE_CASES["constant"])
    assert np.array_equal(fourier.homomorphic(CAMERA, low_gain=1, high_gain=1), CAMERA)


def test_spectrum_shows_the_frequency_of_a_wave_around_its_middle():
    wave = np.rint(127 + 100 * np.cos(2 * np.pi * 5 * np.arange(64) / 64)).astype(np.uint8)
    spectrum = fourier.spectrum(np.repeat(wave[:, None], 48, axis=1))
    assert spectrum.shape == (64, 48)
    strongest = {divmod(int(index), 48) for index in np.argsort(spectrum.ravel())[-3:]}
    assert strongest == {(32, 24), (27, 24), (37, 24)}


# --- segmentation ---


@pytest.mark.parametrize("segments", [2, 3, 4])
@pytest.mark.parametrize("picture", ["camera", "coins", "moon"])
def test_multi_otsu_is_scikit_images(picture, segments):
    gray = getattr(skimage.data, picture)()[::4, ::4]
    thresholds = threshold_multiotsu(gray, segments)
    assert np.array_equal(segmentation.multi_otsu(gray, segments), np.digitize(gray, thresholds, right=True))


def test_kmeans_segments_are_their_own_nearest_means_and_about_as_tight_as_opencvs():
    labels = segmentation.kmeans(CAMERA)
    means = np.array([CAMERA[labels == label].mean() for label in range(4)])
    assert np.all(np.diff(means) > 0)
    assert np.array_equal(labels, np.abs(CAMERA[..., None] - means).argmin(-1))
    cv2.setRNGSeed(1)
    samples = CAMERA.reshape(-1, 1).astype(np.float32)
    reference, _, _ = cv2.kmeans(samples, 4, None, (cv2.TERM_CRITERIA_MAX_ITER, 100, 0), 5, cv2.KMEANS_PP_CENTERS)
    spread = np.square(CAMERA - means[labels]).sum()
    assert spread < 1.02 * reference
    otsu = segmentation.multi_otsu(CAMERA)
    assert sum(CAMERA[otsu == label].var() * (otsu == label).sum() for label in range(4)) <= spread * (1 + 1e-9)


@pytest.mark.parametrize("segment", [segmentation.multi_otsu, segmentation.kmeans])
def test_a_picture_with_few_levels_gets_a_segment_for_each(segment):
    assert not segment(EDGE_CASES["constant"]).any()
    assert np.array_equal(segment(EDGE_CASES["two values"]), EDGE_CASES["two values"] == 240)
    four = np.array([[3, 100, 101, 255]], np.uint8)
    assert segment(four).tolist() == [[0, 1, 2, 3]]


@pytest.mark.parametrize("method", ["otsu", "kmeans"])
def test_segment_colors_are_the_mean_colors_of_the_segments(pairs, method):
    gray, color = pairs
    segment = {"otsu": segmentation.multi_otsu, "kmeans": segmentation.kmeans}[method]
    labels = np.stack([segment(picture, 3) for picture in gray])
    colorizer = segmentation.SegmentColors.fit(gray, color, method, segments=3)
    expected = np.stack([color[labels == label].mean(axis=0) for label in range(3)])
    assert np.abs(colorizer.palette - expected).max() <= 0.5
    assert np.array_equal(colorizer.map_image(gray[0]), colorizer.palette[labels[0]])


def test_segment_colors_with_luma_kept_change_no_light():
    palette = np.array([[40, 10, 90], [250, 20, 20], [20, 200, 255]], np.uint8)
    colorizer = segmentation.SegmentColors(palette, keep_luma=True)
    painted = colorizer.map_image(CAMERA)
    luma = painted @ np.array([0.299, 0.587, 0.114])
    assert np.abs(luma - CAMERA).max() <= 0.5
    assert colorfulness(to_tensor(painted)[None]).item() > 20
    own_light = np.rint(palette @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)[None]
    assert np.abs(colorizer.map_image(own_light)[0].astype(int) - palette).max() <= 1


# --- mapping ---


@pytest.mark.parametrize("name", color_maps.OPENCV_MAPS)
def test_opencv_maps_are_opencvs(name):
    expected = cv2.applyColorMap(CAMERA, getattr(cv2, f"COLORMAP_{name}"))[..., ::-1]
    assert np.array_equal(color_maps.opencv_map(name.lower()).map_image(CAMERA), expected)


def test_lookup_paints_every_level_with_its_row_of_the_table():
    table = np.random.default_rng(0).integers(0, 256, (256, 3), dtype=np.uint8)
    assert np.array_equal(color_maps.LookupColorizer(table).map_image(CAMERA), table[CAMERA])


def test_intensity_rules_read_as_an_if_else_chain():
    def chain(level):
        for bound, color, _ in color_maps.INTENSITY_RULES:
            if level < bound:
                return color

    table = color_maps.intensity_rules().table
    assert [tuple(row) for row in table.tolist()] == [chain(level) for level in range(256)]
    starts = [0, *(bound for bound, _, _ in color_maps.INTENSITY_RULES)]
    for start, (bound, color, _) in zip(starts, color_maps.INTENSITY_RULES, strict=False):
        assert start <= np.dot(color, [0.299, 0.587, 0.114]) < bound


@pytest.mark.parametrize("name", color_maps.GRADIENTS)
def test_hand_made_gradients_keep_the_light(name):
    luma = color_maps.gradient_map(color_maps.GRADIENTS[name]).table @ np.array([0.299, 0.587, 0.114])
    assert np.abs(luma - np.arange(256)).max() < 3


def test_gradient_map_takes_even_colors_and_placed_ones():
    even = color_maps.gradient_map(["black", "red", "white"]).table.astype(int)
    assert np.array_equal(even, color_maps.gradient_map([(0, "black"), (0.5, "red"), (1, "white")]).table)
    ramp = np.arange(256) / 255
    expected = 255 * np.stack([np.interp(ramp, [0, 0.5, 1], stop) for stop in ([0, 1, 1], [0, 0, 1], [0, 0, 1])], 1)
    assert np.abs(even - expected).max() <= 1


def test_intensity_map_is_the_mean_color_of_each_level_and_no_other_table_is_nearer(pairs):
    gray, color = pairs
    fitted = color_maps.fit_intensity_map(gray, color)
    for level in np.unique(gray):
        assert np.abs(fitted.table[level] - color[gray == level].mean(axis=0)).max() <= 0.5
    best = squared_error(fitted, pairs)
    rng = np.random.default_rng(0)
    for size in (1, 3, 20):
        other = np.clip(fitted.table.astype(int) + rng.integers(-size, size + 1, (256, 3)), 0, 255).astype(np.uint8)
        assert squared_error(color_maps.LookupColorizer(other), pairs) > best
    assert (
        squared_error(color_maps.LookupColorizer(np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, 1)), pairs)
        > best
    )


def test_intensity_map_fills_unseen_levels_between_their_neighbors_black_and_white():
    gray = np.array([[[100, 200]]], np.uint8)
    color = np.array([[[[50, 110, 150], [250, 180, 190]]]], np.uint8)
    table = color_maps.fit_intensity_map(gray, color).table
    assert table[[0, 50, 100, 150, 200, 255]].tolist() == [
        [0, 0, 0],
        [25, 55, 75],
        [50, 110, 150],
        [150, 145, 170],
        [250, 180, 190],
        [255, 255, 255],
    ]


def test_fitted_gradient_lies_between_the_best_table_and_fewer_stops(pairs):
    errors = [squared_error(color_maps.fit_gradient(*pairs, stops=stops), pairs) for stops in (2, 3, 5, 9, 17)]
    assert errors == sorted(errors, reverse=True)
    best = squared_error(color_maps.fit_intensity_map(*pairs), pairs)
    assert best < errors[-1] < 1.02 * best
    hand_made = color_maps.gradient_map(color_maps.GRADIENTS["landscape"])
    assert errors[0] < squared_error(hand_made, pairs)


def test_fitted_gradient_recovers_a_gradient_and_bridges_unseen_levels():
    truth = color_maps.gradient_map(["black", "#204060", "#80a040", "#e0c0a0", "white"])
    gray = np.concatenate([np.arange(0, 60), np.arange(180, 256)]).astype(np.uint8)[None, None]
    color = truth.map_image(gray[0])[None]
    fitted = color_maps.fit_gradient(gray, color, stops=5)
    assert np.abs(fitted.table.astype(int) - truth.table)[gray.ravel()].max() <= 2
    bridged = color_maps.fit_gradient(gray, color, stops=17).table  # several stops lie among the unseen levels
    assert np.abs(bridged.astype(int) - color_maps.fit_intensity_map(gray, color).table).max() <= 6


def test_preprocessed_filters_and_then_paints():
    viridis = color_maps.opencv_map("viridis")
    chain = color_maps.Preprocessed(fourier.low_pass, viridis)
    assert np.array_equal(chain.map_image(CAMERA), viridis.table[fourier.low_pass(CAMERA)])


def test_map_batch_filters_batches_too():
    filtered = color_maps.map_batch(filters.sobel, to_tensor(CAMERA)[None])
    assert torch.equal(filtered[0], to_tensor(filters.sobel(CAMERA)))


# --- the set for the tables ---


def test_the_set_has_the_names_of_the_table(colorizers):
    assert set(colorizers) <= set(TITLES)
    assert [Method(name).label for name in colorizers] == [
        "intensity rules",
        "JET",
        "TURBO",
        "VIRIDIS",
        "HOT",
        "BONE",
        "custom gradient (hand-made)",
        "custom gradient (fitted)",
        "multi-Otsu segments",
        "k-means segments",
        "multi-Otsu segments, luma kept",
        "low-pass + fitted gradient",
        "high-pass + fitted gradient",
        "homomorphic + fitted gradient",
    ]


def test_every_method_is_a_colorizer(colorizers, pairs):
    gray = to_tensor(pairs[0][..., None])
    for name, colorizer in colorizers.items():
        rgb = colorizer(gray)
        assert rgb.shape == (4, 3, 48, 64), name
        assert rgb.dtype == torch.float32, name
        assert 0 <= rgb.min() < rgb.max() <= 1, name
        assert torch.equal(rgb[2], to_tensor(colorizer.map_image(pairs[0][2]))), name


@pytest.mark.parametrize("case", EDGE_CASES)
def test_every_method_and_filter_survives(case, colorizers):
    gray = EDGE_CASES[case]
    for name, colorizer in colorizers.items():
        painted = colorizer.map_image(gray)
        assert painted.shape == (*gray.shape, 3), name
        assert painted.dtype == np.uint8, name
    for name, filter in FILTERS.items():
        assert filter(gray).shape == gray.shape, name
        assert filter(gray).dtype == np.uint8, name
    assert np.isfinite(fourier.spectrum(gray)).all()


def test_a_constant_picture_has_no_edges_and_survives_smoothing():
    gray = EDGE_CASES["constant"]
    for name in ("Sobel", "Canny"):
        assert not FILTERS[name](gray).any()
    for name in ("Gaussian", "bilateral", "low-pass", "homomorphic"):
        assert np.array_equal(FILTERS[name](gray), gray), name
    assert np.all(fourier.high_pass(gray) == fourier.MID_GRAY)


# --- errors ---


@pytest.mark.parametrize(
    ("bad", "error", "words"),
    [
        (CAMERA.astype(np.float32), TypeError, r"float32 of shape \(128, 171\)"),
        (skimage.data.coffee(), ValueError, r"uint8 of shape \(400, 600, 3\)"),
        (np.zeros((0, 4), np.uint8), ValueError, r"shape \(0, 4\)"),
        ([[1, 2]], TypeError, "list"),
    ],
)
def test_what_is_no_gray_picture_is_refused(bad, error, words, colorizers):
    functions = [*FILTERS.values(), fourier.spectrum, segmentation.multi_otsu, segmentation.kmeans]
    for function in functions + [colorizer.map_image for colorizer in colorizers.values()]:
        with pytest.raises(error, match=words):
            function(bad)


def test_wrong_values_are_refused_in_words(pairs):
    gray, color = pairs
    with pytest.raises(ValueError, match=r"no color map 'JETT'; it has AUTUMN, BONE"):
        color_maps.opencv_map("JETT")
    with pytest.raises(ValueError, match=r"shape \(255, 3\)"):
        color_maps.LookupColorizer(np.zeros((255, 3), np.uint8))
    with pytest.raises(ValueError, match=r"\(4, 3, 48, 64\)"):
        color_maps.intensity_rules()(torch.zeros(4, 3, 48, 64))
    with pytest.raises(ValueError, match="2 to 256 stops, got 1"):
        color_maps.fit_gradient(gray, color, stops=1)
    with pytest.raises(ValueError, match="2 to 256 segments, got 1"):
        segmentation.multi_otsu(CAMERA, 1)
    with pytest.raises(ValueError, match="unknown segmentation 'watershed'; there are otsu, kmeans"):
        segmentation.SegmentColors.fit(gray, color, "watershed")
    with pytest.raises(ValueError, match="4 gray levels"):
        segmentation.SegmentColors.fit(np.zeros((1, 2, 2), np.uint8), np.zeros((1, 2, 2, 3), np.uint8))
    with pytest.raises(ValueError, match=r"palette is uint8 \(segments, 3\), got uint8 of shape \(3,\)"):
        segmentation.SegmentColors(np.zeros(3, np.uint8))
    for cutoff in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="cycles per picture height"):
            fourier.low_pass(CAMERA, cutoff)
    with pytest.raises(ValueError, match="sigma"):
        filters.gaussian(CAMERA, 0)


def test_pairs_that_do_not_match_are_refused(pairs):
    gray, color = pairs
    fits = (color_maps.fit_intensity_map, color_maps.fit_gradient, segmentation.SegmentColors.fit, classical_colorizers)
    for fit in fits:
        with pytest.raises(ValueError, match=r"gray uint8 of shape \(3, 48, 64\) and color uint8 of shape \(4, 48"):
            fit(gray[:3], color)
        with pytest.raises(TypeError, match="color float64"):
            fit(gray, color / 255)
