"""What the critics see: patches of the size that the paper names, gray beside colors, no other picture."""

import pytest
import torch

from lib.networks.critics import ChromaCritic, PatchCritic


@pytest.mark.parametrize(("side", "patch"), [(256, 70), (128, 34), (64, 16), (32, 16)])
def test_a_judgment_of_pix2pix_sees_a_patch_of_its_size(side, patch):
    critic = PatchCritic(side, 4)
    for module in critic.modules():
        if isinstance(module, torch.nn.InstanceNorm2d):
            module.forward = lambda x: x  # it lets each judgment depend a little on the whole picture
    gray, color = torch.rand(1, 1, 256, 256), torch.rand(1, 3, 256, 256, requires_grad=True)
    judgments = critic(gray, color)
    judgments[0, 0, judgments.shape[2] // 2, judgments.shape[3] // 2].backward()
    seen = color.grad.abs().sum((0, 1)).nonzero()
    assert ((seen.amax(0) - seen.amin(0)) + 1).tolist() == [patch, patch]


def test_a_judgment_of_chroma_sees_80_px():
    chroma = torch.rand(1, 2, 64, 64, requires_grad=True)
    judgments = ChromaCritic(4)(torch.rand(1, 1, 256, 256), chroma)
    judgments[0, 0, 8, 8].backward()
    seen = chroma.grad.abs().sum((0, 1)).nonzero()
    assert (4 * (seen.amax(0) - seen.amin(0) + 1)).tolist() == [80, 80]


@pytest.mark.parametrize("critic", [PatchCritic(64, 4), ChromaCritic(4)], ids=["pix2pix", "chroma"])
def test_gray_counts_and_pictures_do_not_mix(critic):
    gray, color = torch.rand(3, 1, 64, 64), torch.rand(3, 3, 64, 64)
    judged = critic.eval()(gray, critic.true_colors(color))
    assert judged.shape[:2] == (3, 1) and judged.std() > 0
    torch.testing.assert_close(critic(gray[1:2], critic.true_colors(color[1:2])), judged[1:2])
    assert not torch.allclose(critic(gray.flip(0), critic.true_colors(color)), judged)


def test_spectral_norm_bounds_each_layer():
    critic = ChromaCritic(4).train()
    with torch.no_grad():
        for module in critic.layers:
            if isinstance(module, torch.nn.Conv2d):
                module.parametrizations.weight.original.mul_(100)
        for _ in range(30):  # power iteration goes on with every call
            critic(torch.rand(1, 1, 32, 32), torch.rand(1, 2, 8, 8))
        norms = [
            torch.linalg.matrix_norm(module.weight.flatten(1), 2).item()
            for module in critic.layers
            if isinstance(module, torch.nn.Conv2d)
        ]
    assert norms == pytest.approx([1] * 4, rel=0.05)
