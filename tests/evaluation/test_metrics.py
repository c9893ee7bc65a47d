"""Metrics against scikit-image and torchmetrics, and at their edges."""

import numpy as np
import pytest
import torch
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torchmetrics import R2Score
from torchmetrics.functional.image import structural_similarity_index_measure
from torchmetrics.image import PeakSignalNoiseRatio

from lib.color.spaces import gray_to_rgb, luma, rgb_to_ycbcr, to_tensor
from lib.evaluation.metrics import MAX_PSNR, ciede2000, psnr_of, quick_metrics, r2, ssim


@pytest.fixture(scope="module")
def truth(pairs):
    return to_tensor(pairs.color[10:18])


@pytest.fixture(scope="module")
def prediction(truth):
    noise = torch.randn(truth.shape, generator=torch.Generator().manual_seed(0))
    return (0.8 * truth + 0.05 + 0.05 * noise).clamp(0, 1)


def channels_last(batch):
    return batch.movedim(1, -1).numpy()


def flat(batch):  # (pixels, channels)
    return batch.movedim(1, -1).reshape(-1, batch.shape[1])


def test_psnr_of_each_picture_is_scikit_images(prediction, truth):
    both = zip(channels_last(truth), channels_last(prediction), strict=True)
    expected = [peak_signal_noise_ratio(one, other, data_range=1.0) for one, other in both]
    np.testing.assert_allclose(quick_metrics(prediction, truth)["psnr"], expected, rtol=1e-5)


def test_a_pictures_psnr_is_that_of_its_mse_up_to_the_cap(prediction, truth):
    nearly = truth[:1] + 1e-6  # 120 dB
    table = quick_metrics(torch.cat([prediction, nearly]), torch.cat([truth, truth[:1]]))
    np.testing.assert_allclose(table["psnr"], psnr_of(table["mse"]), atol=1e-4)
    assert table["psnr"].iloc[-1] == MAX_PSNR


def test_pooled_psnr_is_torchmetrics_default_and_not_the_mean(prediction, truth):
    prediction = torch.cat([prediction[:4], truth[4:] * 0.2])
    table = quick_metrics(prediction, truth)
    expected = PeakSignalNoiseRatio(data_range=1.0)(prediction, truth).item()
    assert psnr_of(table["mse"].mean()) == pytest.approx(expected, abs=1e-4)
    assert abs(table["psnr"].mean() - expected) > 0.5


def test_ssim_is_scikit_images(prediction, truth):
    # torchmetrics mirrors the border by the window's 5 px, scikit-image leaves those pixels out of the mean.
    pad = ((0, 0), (5, 5), (5, 5), (0, 0))
    both = zip(*(np.pad(channels_last(x), pad, "reflect") for x in (truth, prediction)), strict=True)
    options = dict(data_range=1.0, channel_axis=-1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False)
    expected = [structural_similarity(one, other, **options) for one, other in both]
    np.testing.assert_allclose(ssim(prediction, truth), expected, atol=1e-4)


def test_a_pictures_scores_do_not_depend_on_its_batch(prediction, truth):
    dim = 0.1 * truth[:1]
    alone = quick_metrics(0.9 * dim, dim)
    together = quick_metrics(torch.cat([0.9 * dim, prediction]), torch.cat([dim, truth]))
    for metric in ("ssim", "psnr"):
        assert together[metric][0] == pytest.approx(alone[metric][0], abs=1e-6)


@pytest.mark.parametrize("space", ["rgb", "chroma"])
def test_r2_from_sums_is_torchmetrics(prediction, truth, space):
    sides = [flat(x if space == "rgb" else rgb_to_ycbcr(x)[:, 1:]).double() for x in (prediction, truth)]
    expected = R2Score(multioutput="variance_weighted")(*sides).item()
    assert r2(quick_metrics(prediction, truth), space) == pytest.approx(expected, abs=1e-4)


def test_r2_over_chroma_is_that_of_cb_and_cr(prediction, truth):
    sides = [flat(rgb_to_ycbcr(x)[:, 1:]).double() for x in (prediction, truth)]
    residual = (sides[0] - sides[1]).square().sum()
    expected = 1 - residual / (sides[1] - sides[1].mean(0)).square().sum()
    assert r2(quick_metrics(prediction, truth), "chroma") == pytest.approx(float(expected), abs=1e-4)


def test_r2_rewards_luminance_over_rgb_and_not_over_chroma(truth):
    table = quick_metrics(gray_to_rgb(luma(truth)), truth)
    assert r2(table, "rgb") > 0.3
    assert r2(table, "chroma") <= 1e-6


def test_r2_of_the_mean_is_zero_and_of_the_truth_one(truth):
    mean = truth.mean((0, 2, 3), keepdim=True).expand_as(truth)
    for space in ("rgb", "chroma"):
        assert r2(quick_metrics(mean, truth), space) == pytest.approx(0, abs=1e-3)
        assert r2(quick_metrics(truth, truth), space) == pytest.approx(1)


def test_r2_of_a_truth_without_variance_is_undefined():
    assert np.isnan(r2(quick_metrics(torch.ones(2, 3, 16, 16), torch.zeros(2, 3, 16, 16)), "rgb"))


def test_a_perfect_picture_has_finite_scores(truth):
    table = quick_metrics(truth, truth)
    assert (table["psnr"] == MAX_PSNR).all()
    assert np.isfinite(table.to_numpy()).all()
    np.testing.assert_allclose(table["ssim"], 1, atol=1e-6)
    np.testing.assert_allclose(ciede2000(truth, truth), 0, atol=1e-6)


def test_ciede2000_is_scikit_images_on_every_second_pixel(prediction, truth):
    labs = [rgb2lab(channels_last(x)[:, ::2, ::2]) for x in (truth, prediction)]
    np.testing.assert_allclose(ciede2000(prediction, truth), deltaE_ciede2000(*labs).mean((1, 2)), atol=1e-3)
    every = [rgb2lab(channels_last(x)) for x in (truth, prediction)]
    np.testing.assert_allclose(ciede2000(prediction, truth, 1), deltaE_ciede2000(*every).mean((1, 2)), atol=1e-3)


def test_one_row_a_picture_with_the_sums_of_r2(prediction, truth):
    table = quick_metrics(prediction, truth)
    assert len(table) == 8
    assert {"mse", "psnr", "ssim", "colorfulness", "colorfulness_truth", "pixels", "chroma_square1"} <= set(table)
    assert (table["pixels"] == 32 * 32).all()
    assert table.to_numpy().dtype == float


def test_ssim_is_torchmetrics_in_either_memory_format(prediction, truth):
    expected = structural_similarity_index_measure(prediction, truth, data_range=1.0, reduction="none")
    torch.testing.assert_close(ssim(prediction, truth), expected, atol=1e-6, rtol=0)
