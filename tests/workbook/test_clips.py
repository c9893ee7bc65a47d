"""Films in a page: small files that a browser plays, and the first frames of a user's."""

import base64
import io
import re
import shutil

import films_by_hand
import numpy as np
import pytest

from lib.common.usage import UsageError
from lib.data import formats
from lib.data.scenes.films import rendered_film
from lib.workbook import clips
from lib.workbook.clips import encoded, first_frames, player, why_no_films

av = pytest.importorskip("av", reason="PyAV is not installed; it is among dev's packages")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="module")
def frames():
    return rendered_film(0, 64, 6).frames


def test_a_film_comes_back_as_it_was(frames, tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(encoded(frames))
    again = first_frames(path, 99, 64)
    assert again.shape == frames.shape
    assert np.abs(again.astype(int) - frames).mean() < 8
    assert first_frames(path, 2, 32).shape == (2, 32, 32, 3)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_film_is_shown_upright(tmp_path, turn):
    """As phones write them; the display matrix turns counterclockwise."""
    plain = first_frames(films_by_hand.make_film(tmp_path / "plain.mkv"), 3, 48)
    again = first_frames(films_by_hand.make_film(tmp_path / "turned.mkv", turn=turn), 3, 48)
    np.testing.assert_array_equal(again, np.rot90(plain, turn // 90, axes=(1, 2)))


def test_odd_sizes_lose_a_line(frames):
    with av.open(io.BytesIO(encoded(frames[:, :63, :61]))) as film:
        assert (film.streams.video[0].height, film.streams.video[0].width) == (62, 60)
        assert film.streams.video[0].codec_context.name == "h264"


def test_a_large_film_is_made_to_fit(monkeypatch):
    noise = np.random.default_rng(0).integers(0, 256, (8, 96, 96, 3), np.uint8)
    large = len(encoded(noise))
    monkeypatch.setattr(clips, "LARGEST", large // 2)
    assert len(encoded(noise)) < large // 2
    monkeypatch.setattr(clips, "LARGEST", 100)
    with pytest.raises(UsageError, match="a film of 8 frames does not fit into 100 bytes; show fewer"):
        encoded(noise)


@pytest.mark.parametrize("content", [b"", b"no film", b"\x00" * 5000])
def test_what_is_no_film_is_named(tmp_path, content):
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"film\.mp4: not readable as a film .*; replace or remove it"):
        first_frames(path, 5, 64)


def test_a_sound_without_pictures_is_named(tmp_path):
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        sound.rate = 8000
        container.mux(stream.encode(sound))
    with pytest.raises(UsageError, match=r"sound\.wav: there is no film in it, only audio; name a film"):
        first_frames(path, 5, 64)


def test_without_pyav_a_sentence_says_what_to_do(monkeypatch, tmp_path):
    assert why_no_films() == ""
    monkeypatch.setattr(formats, "find_spec", lambda name: None)
    assert why_no_films().startswith("films need PyAV; ")
    with pytest.raises(UsageError, match=r"film\.mp4: films need PyAV; .* installs it"):
        first_frames(tmp_path / "film.mp4", 5, 64)


def test_the_player_holds_the_film_and_names_its_parts(frames):
    page = player([("<gray>", frames), ("truth", frames)])
    assert "&lt;gray&gt;" in page and ">truth<" in page and "http" not in page
    film = base64.b64decode(re.search(r"data:video/mp4;base64,([^\"]+)", page)[1])
    with av.open(io.BytesIO(film)) as container:
        assert container.streams.video[0].width == 2 * 64 and container.streams.video[0].frames == 6


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed; apt-get install chromium")
def test_a_browser_plays_it_offline(frames, tmp_path):
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = tmp_path / "page.html"
    path.write_text(f"<!doctype html><meta charset=utf-8>{player([('a', frames), ('b', frames)])}", encoding="utf-8")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(offline=True)
        page = context.new_page()
        page.goto(path.as_uri())
        page.wait_for_function("document.querySelector('video').currentTime > 0.2")
        seen = page.evaluate("(v => [v.videoWidth, v.videoHeight, v.error])(document.querySelector('video'))")
        assert seen == [128, 64, None]
        browser.close()
