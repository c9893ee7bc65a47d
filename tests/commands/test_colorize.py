"""The command line of `colorize`: help, mistakes, the terminal."""

import io
import sys

import pytest
from pictures_by_hand import failing_save, written
from PIL import Image

from lib.common import devices
from lib.networks import pretrained, storage
from lib.networks.registry import build_network
from lib.networks.storage import save_network
from lib.training.config import TrainingConfig


@pytest.mark.filterwarnings("error")
def test_a_large_photograph_is_no_warning(album, colorize, gray, monkeypatch):
    gray.save(album / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", gray.width * gray.height - 1)  # PIL refuses from twice as many
    assert colorize() == (0, [f"1 written to {album.parent / 'out'}"], [])


def test_ctrl_c_ends_quietly(album, colorize, gray, monkeypatch):
    gray.save(album / "a.png")
    monkeypatch.setattr(Image.Image, "save", failing_save(KeyboardInterrupt()))
    assert colorize() == (130, [], [])
    assert written(album.parent / "out") == []


def test_a_network_that_cannot_be_used_is_one_sentence(album, colorize, gray, tmp_path):
    gray.save(album / "a.png")
    (tmp_path / "text").write_text("no network")
    other = TrainingConfig(options={"width": 2})
    save_network(tmp_path / "other", build_network("ColorizationNet", width=2), other)
    for name, reason in (
        ("nowhere", "no such network"),
        ("text", "no whole safetensors"),
        ("other", "not a ChromaNet"),
    ):
        code, lines, errors = colorize("--weights", tmp_path / name)
        assert (code, lines, len(errors)) == (2, [], 1) and reason in errors[0] and str(tmp_path / name) in errors[0]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        *(("--vividness", value) for value in ("1.1", "nan", "much")),
        *(("--versions", value) for value in ("0", "10")),
        ("--format", "gif"),
        ("-o", "a.png"),
        ("-o", "a.mp4"),
    ],
)
def test_mistakes_in_options(album, colorize, gray, arguments):
    gray.save(album / "a.png")
    code, lines, errors = colorize(*arguments)
    assert (code, lines) == (2, []) and errors[-1].startswith("colorize: error: ") and arguments[1] in errors[-1]
    assert written(album.parent) == ["in/a.png"]


def test_the_device_can_be_chosen(album, colorize, gray, monkeypatch):
    gray.save(album / "a.png")
    asked = []
    load = storage.load_network
    monkeypatch.setattr(storage, "load_network", lambda path, device: asked.append(device) or load(path, "cpu"))
    monkeypatch.setattr(pretrained, "best_device", lambda: "the best")
    assert colorize("--device", "cpu")[0] == colorize("--force")[0] == 0
    assert asked == ["cpu", "the best"]


def test_a_gpu_that_is_not_there_is_one_sentence(album, colorize, gray, monkeypatch):
    gray.save(album / "a.png")
    monkeypatch.setattr(devices, "has_gpu_driver", lambda: False)
    asked = "colorize: error: --device cuda: there is no GPU here; leave --device out to compute on the CPU."
    assert colorize("--device", "cuda") == (2, [], [asked])
    assert colorize("--device", "gpu")[0] == 2
    assert written(album.parent) == ["in/a.png"]


def test_a_file_is_no_folder_for_results(album, colorize, gray):
    gray.save(album / "a.png")
    (album.parent / "out").write_text("a file")
    assert colorize()[0] == 2 and (album.parent / "out").read_text() == "a file"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_and_problems_on_a_terminal(album, colorize, gray, monkeypatch):
    gray.save(album / "a.png")
    (album / "b.png").write_bytes(b"")
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    assert colorize()[1] == [f"1 written to {album.parent / 'out'}, 1 not done"]
    assert "0/2" in terminal.getvalue() and "photo" in terminal.getvalue()
    assert f"\r{album / 'b.png'}: not readable" in terminal.getvalue().replace("\r\r", "\r").replace(" ", " ")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--from", "2", "--to", "1"), "--to 1 is not after --from 2"),
        (("--from", "1:60"), "must be seconds, m:s or h:m:s, not '1:60'"),
        (("--to", "-1"), "must be seconds"),
        (("--to", "soon"), "must be seconds"),
        (("--frames",), "--frames needs --fps"),
        (("--fps", "25"), "--fps is for the numbered pictures of --frames"),
        (("--frames", "--fps", "0"), "must be a number from 0.01 to 1000, not '0'"),
        (("--frames", "--fps", "0.0001"), "must be a number from 0.01 to 1000"),
        (("--frames", "--fps", "25", "--from", "1"), "--from and --to are for films"),
    ],
)
def test_mistakes_in_options_on_films(album, colorize, arguments, reason):
    code, lines, errors = colorize(*arguments)
    assert (code, lines) == (2, []) and errors[-1].startswith("colorize: error: ") and reason in errors[-1]
