"""The canvas for hints in JupyterLab in Chromium, with the clicks and keys of a new user.

It is skipped if there is no Chromium. Screenshots are in pytest's temporary folder.
"""

import nbformat
import numpy as np
import pytest
from in_chromium import WAIT, needs_chromium, page_of, playwright
from PIL import Image
from skimage import data

from lib.data.hints import read_hints

pytestmark = needs_chromium
CELL = """
from lib.networks.pretrained import load_colorizer
from lib.widgets.hints import HintsCanvas

canvas = HintsCanvas(load_colorizer(device="cpu"), "coffee.png", "out/hints.json")
display(canvas)
print("the canvas is", "there")
"""


@pytest.fixture
def folder(tmp_path):
    """A photograph, and a notebook with a canvas on it between two other cells."""
    Image.fromarray(data.coffee()).resize((300, 200)).save(tmp_path / "coffee.png")
    cells = [nbformat.v4.new_code_cell(source) for source in ("1 + 1", CELL.strip(), "2 + 2")]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), tmp_path / "hints.ipynb")
    return tmp_path


@pytest.fixture
def page(folder):
    with page_of(folder, "hints", "the canvas is there") as page:
        yield page


class Canvas:
    """The canvas on the page. Places are fractions of the photograph."""

    def __init__(self, page, folder):
        self.page, self.folder = page, folder
        self.photograph = page.locator("canvas.hints-photograph")
        self.photograph.wait_for()
        page.wait_for_function("canvas => canvas.width > 400", arg=self.photograph.element_handle())
        self.photograph.scroll_into_view_if_needed()
        self.shots = 0

    def at(self, x, y):
        box = self.photograph.bounding_box()
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).click()

    def drag(self, *places):
        self.page.mouse.move(*self.at(*places[0]))
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*self.at(*place), steps=4)
        self.page.mouse.up()

    def colors(self):
        """RGB of 60 x 40 pixels, as drawn."""
        read = """canvas => { const small = new OffscreenCanvas(60, 40).getContext("2d");
            small.drawImage(canvas, 0, 0, 60, 40);
            return Array.from(small.getImageData(0, 0, 60, 40).data) }"""
        return np.array(self.photograph.evaluate(read), int).reshape(40, 60, 4)[..., :3]

    def colors_after(self, act):
        """The pixels that Python drew after `act`: far from hints, too, they differ from those before."""
        before = self.colors()
        act()
        for _ in range(200):
            self.page.wait_for_timeout(50)
            if (np.abs(self.colors() - before).max(-1) > 3).mean() > 0.02:
                break
        else:
            raise AssertionError("nothing was drawn within 10 s")
        self.page.wait_for_timeout(300)
        self.shots += 1
        self.page.screenshot(path=self.folder / f"hints-{self.shots}.png")
        return self.colors()

    def saved(self):
        """The hints in the file after pressing Save."""
        self.press("Save")
        playwright.expect(self.page.locator(".hints-message")).to_contain_text("saved", timeout=WAIT)
        found = read_hints(self.folder / "out" / "hints.json").hints
        self.press("Dot")  # the next save says the same: wait for a change of hints first
        return found


def test_a_new_user_gives_hints(page, folder):
    canvas = Canvas(page, folder)
    plain = canvas.colors()
    likely = page.locator(".hints-swatches button")

    page.mouse.click(*canvas.at(0.8, 0.2))
    playwright.expect(likely.first).to_be_visible()
    assert likely.count() > 1 and page.locator(".hints-used button").count() == 1
    chosen = likely.nth(2).get_attribute("data-color")
    recolored = canvas.colors_after(lambda: likely.nth(2).click())
    (dot,) = canvas.saved()
    assert f"#{bytes(dot.color).hex()}" == chosen and dot.points[0] == pytest.approx((0.8, 0.2), abs=0.01)

    canvas.colors_after(lambda: page.locator(".hints-plane").click(position={"x": 20, "y": 20}))
    canvas.colors_after(lambda: canvas.drag((0.8, 0.2), (0.6, 0.6)))
    canvas.drag((0.2, 0.2), (0.2, 0.2))
    page.keyboard.press("Escape")
    (moved, second) = canvas.saved()
    assert moved.points[0] == pytest.approx((0.6, 0.6), abs=0.01)
    assert moved.color[0] > max(moved.color[1:]) + 30, "the upper left of the plane is red"

    canvas.press("Brush")
    canvas.drag((0.1, 0.8), (0.3, 0.85), (0.5, 0.9))
    stroke = canvas.saved()[2]
    assert len(stroke.points) > 4 and stroke.points[0] == pytest.approx((0.1, 0.8), abs=0.01)
    assert stroke.points[-1] == pytest.approx((0.5, 0.9), abs=0.02)

    canvas.colors_after(lambda: page.mouse.click(*canvas.at(0.6, 0.6), button="right"))
    assert page.locator(".lm-Menu:visible").count() == 0, "JupyterLab's own menu stays away"
    assert canvas.saved() == (second, stroke)
    canvas.photograph.focus()
    canvas.colors_after(lambda: page.keyboard.press("Control+z"))
    assert canvas.saved() == (moved, second, stroke)

    canvas.colors_after(lambda: canvas.press("Where a hint helps"))
    canvas.colors_after(lambda: canvas.press("Where a hint helps"))
    colored = np.asarray(Image.open(folder / "out" / "hints-colored.png"))
    assert (np.asarray(Image.fromarray(colored).convert("L")) == np.asarray(gray(folder))).all()
    assert np.abs(recolored - plain).max() > 20
    for noise in ("stderr", "error"):
        assert page.locator(f'[data-mime-type="application/vnd.jupyter.{noise}"]').count() == 0


def gray(folder):
    return Image.open(folder / "coffee.png").convert("L")


def test_all_of_it_by_keys_and_jupyterlab_keeps_its_cells(page, folder):
    canvas = Canvas(page, folder)
    canvas.photograph.focus()
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowUp", "Enter"):
        page.keyboard.press(key)
    playwright.expect(page.locator(".hints-swatches button").first).to_be_visible()
    canvas.colors_after(lambda: page.keyboard.press("4"))
    (hint,) = canvas.saved()
    assert hint.points[0] == pytest.approx((0.5 + 0.04 * 200 / 300, 0.5 - 0.004), abs=1e-6)
    canvas.photograph.focus()
    for key in ("ArrowDown", "b", "d", "d", "x", "z", "]", "n"):  # letters that do things to cells elsewhere
        page.keyboard.press(key)
    (moved,) = canvas.saved()
    assert moved.points[0][1] == pytest.approx(hint.points[0][1] + 0.02) and moved.radius > hint.radius
    canvas.photograph.focus()
    page.keyboard.press("Delete")
    playwright.expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    assert page.locator(".jp-Cell").count() == 3

    page.set_viewport_size({"width": 640, "height": 900})  # a narrow cell
    page.wait_for_timeout(500)
    box, outer = canvas.photograph.bounding_box(), page.locator(".hints").bounding_box()
    assert box["width"] <= outer["width"] <= 640
    page.screenshot(path=folder / "narrow.png")
