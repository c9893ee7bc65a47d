"""Notebook 04 in JupyterLab in Chromium, with the clicks of a new user.

The test uses a copy of the notebook with tiny parameters and a free port of this machine. It is skipped if there is no
Chromium. Screenshots are in pytest's temporary folder.
"""

import io
import re

import nbformat
import numpy as np
import pandas as pd
import pytest
from in_chromium import WAIT, needs_chromium, page_of, playwright
from PIL import Image

from lib.common.files import NOTEBOOKS, read_json

STEM = "04_feature_maps"
pytestmark = needs_chromium
TINY = {"size": 32, "pairs_trained": 12, "epochs": 2, "batch_size": 4, "width": 4, "layer": "encoder.1.0"}


@pytest.fixture
def folder(tmp_path, pairs):
    """A folder with photographs and a copy of the notebook with tiny parameters."""
    (tmp_path / "color").mkdir()
    for name, picture in zip(pairs.names, pairs.color, strict=True):
        Image.fromarray(picture).save(tmp_path / "color" / f"{name}.png")
    pd.DataFrame({"name": pairs.names, "split": pairs.splits}).to_csv(tmp_path / "split.csv", index=False)
    given = TINY | {"data": str(tmp_path / "color"), "run": str(tmp_path / "outputs" / "run")}
    notebook = nbformat.read(NOTEBOOKS / f"{STEM}.ipynb", 4)
    cell = next(cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    for name, value in given.items():
        cell.source, found = re.subn(rf"^({name}: \w+) = .*$", rf"\1 = {value!r}", cell.source, flags=re.MULTILINE)
        assert found == 1
    nbformat.write(notebook, tmp_path / f"{STEM}.ipynb")
    return tmp_path


@pytest.fixture
def page(folder):
    with page_of(folder, STEM, re.compile(r"^Recorded \d+ rows in")) as page:
        yield page


class Controls:
    """The widgets on the page, found by their labels."""

    def __init__(self, page):
        self.page = page
        self.maps = page.locator("img.widget-image").last

    def labeled(self, name):
        label = self.page.locator("label.widget-label", has_text=re.compile(rf"^{name}$"))
        return self.page.locator(".widget-inline-hbox", has=label).locator("select, input").first

    def choose(self, name, option):
        self.drawn_after(lambda: self.labeled(name).select_option(**option))

    def drawn_after(self, act):
        """Call `act` and wait until another picture is loaded."""
        before = self.maps.get_attribute("src")
        act()
        playwright.expect(self.maps).not_to_have_attribute("src", before, timeout=WAIT)
        self.page.wait_for_function(
            "image => image.complete && image.naturalWidth > 100", arg=self.maps.element_handle()
        )

    def pixels(self):
        """The pixels of the shown picture as the browser received them."""
        read = "async image => Array.from(new Uint8Array(await (await fetch(image.src)).arrayBuffer()))"
        return np.asarray(Image.open(io.BytesIO(bytes(self.maps.evaluate(read)))))

    def text(self):
        return " ".join(self.page.locator(".widget-html-content").all_inner_texts()).strip()


def test_a_new_user_explores_feature_maps(page, folder):
    controls, seen = Controls(page), []

    def look(name):
        assert controls.text() == "" or controls.text().startswith("saved "), controls.text()
        seen.append(controls.pixels())
        controls.maps.scroll_into_view_if_needed()
        page.screenshot(path=folder / f"{len(seen)}-{name}.png")

    look("channels")
    controls.choose("layer", {"label": "encoder.2.2 · ReLU · 16 x 4 x 4"})
    look("layer")
    controls.choose("photograph", {"label": "coffee"})
    look("photograph")
    controls.choose("ranking", {"label": "effect on color"})
    look("ranking")
    controls.drawn_after(lambda: page.get_by_role("button", name="switch off", exact=True).click())
    look("switched off")
    channel = controls.labeled("channel")
    other = "1" if channel.input_value() != "1" else "2"
    controls.drawn_after(lambda: (channel.fill(other), channel.press("Enter")))
    look("another channel")
    for position, one in enumerate(seen):
        assert not any(one.shape == two.shape and (one == two).all() for two in seen[:position]), position

    page.get_by_role("button", name="save PNG and JSON").click()
    playwright.expect(page.get_by_text(re.compile(r"^saved switch-off-CNN-coffee-"))).to_be_visible()
    (saved,) = (folder / "outputs" / "run" / STEM).glob("switch-off-*.png")
    np.testing.assert_array_equal(np.asarray(Image.open(saved)), seen[-1])
    settings = read_json(saved.with_suffix(".json"))
    assert settings["layer"] == "encoder.2.2" and settings["picture"] == "coffee" and settings["channel"] == int(other)

    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=re.compile("your own")).click()
    wide = io.BytesIO()
    Image.fromarray(seen[0]).resize((90, 40)).save(wide, "PNG")
    upload = {"name": "mine.png", "mimeType": "image/png", "buffer": wide.getvalue()}
    controls.drawn_after(lambda: chooser.value.set_files(upload))
    assert controls.labeled("photograph").input_value() and page.locator("option", has_text="mine.png").count() == 1
    look("upload")

    address = controls.labeled("address")
    address.fill(saved.with_suffix(".json").name)
    address.press("Tab")  # the kernel receives the text when the field loses focus
    controls.drawn_after(lambda: page.get_by_role("button", name="open", exact=True).click())
    np.testing.assert_array_equal(controls.pixels(), seen[5])

    controls.labeled("network").select_option(label="VGG11")
    playwright.expect(page.get_by_text("VGG11 gives features and no colors").last).to_be_visible()
    controls.choose("network", {"label": "CNN"})
    look("network")

    for noise in ("stderr", "error"):
        assert page.locator(f'[data-mime-type="application/vnd.jupyter.{noise}"]').count() == 0
    assert read_json(folder / "outputs" / "run" / STEM / "results.json")["status"] == "done"
