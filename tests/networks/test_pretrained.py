"""The colorizer that is ready to use: how it is loaded, and from where."""

import inspect
import subprocess
import sys

import pytest
import torch

import lib
from lib.common.files import ROOT
from lib.networks.chroma_net import ChromaNet
from lib.networks.pretrained import BUNDLED_COLORIZER, load_colorizer
from lib.networks.registry import build_network
from lib.networks.storage import save_network
from lib.training.config import TrainingConfig

OPTIONS = {"width": 4, "side": 32}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A file of an untrained network."""
    path = tmp_path_factory.mktemp("networks") / "own.safetensors"
    save_network(path, build_network("ChromaNet", 3, **OPTIONS), TrainingConfig(network="ChromaNet", options=OPTIONS))
    return path


@pytest.mark.parametrize("kind", [str, lambda path: path], ids=["text", "path"])
def test_a_colorizer_of_ones_own(pairs, saved, kind):
    colorizer = load_colorizer(kind(saved), device="cpu")
    gray, _ = pairs.tensors(slice(0, 2))
    assert isinstance(colorizer, ChromaNet) and not colorizer.training and colorizer.side == OPTIONS["side"]
    expected = build_network("ChromaNet", 3, **OPTIONS).eval()(gray)
    torch.testing.assert_close(colorizer(gray), expected, atol=1e-5, rtol=0)  # convolutions add in another order


def test_it_is_as_vivid_as_one_asks(pairs, saved):
    gray, _ = pairs.tensors(slice(0, 2))
    safest, vivid = (load_colorizer(saved, vividness, "cpu") for vividness in (0.0, 1.0))
    assert safest.vividness == load_colorizer(saved).vividness == 0
    assert not torch.equal(vivid(gray), safest(gray))
    safest.vividness = 1.0
    assert torch.equal(vivid(gray), safest(gray))


def test_the_bundled_one_is_the_one_meant():
    assert inspect.signature(load_colorizer).parameters["path"].default == BUNDLED_COLORIZER
    assert BUNDLED_COLORIZER.relative_to(ROOT).as_posix() == "data/models/colorizer.safetensors"


def test_what_is_no_colorizer_is_named(tmp_path):
    config = TrainingConfig(options={"width": 8})
    save_network(tmp_path / "paper.safetensors", build_network(config.network, **config.options), config)
    with pytest.raises(ValueError, match=r"paper\.safetensors: holds a ColorizationNet, not a ChromaNet"):
        load_colorizer(tmp_path / "paper.safetensors")
    with pytest.raises(FileNotFoundError, match=r"none\.safetensors: no such network"):
        load_colorizer(tmp_path / "none.safetensors")


# --- from the package itself


def run(code):
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)


def test_the_package_alone_is_light():
    done = run(
        "import sys, lib; print(sorted({'torch', 'numpy', 'PIL', 'lib.networks.pretrained'} & set(sys.modules)))"
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_the_package_has_the_colorizer():
    assert lib.load_colorizer is load_colorizer
    from lib import load_colorizer as found

    assert found is load_colorizer


def test_the_package_has_nothing_else():
    with pytest.raises(AttributeError, match="module 'lib' has no attribute 'load_painter'"):
        lib.load_painter  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'nothing' from 'lib'"):
        from lib import nothing  # noqa: F401
