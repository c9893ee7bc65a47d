"""The page's half of the canvas for hints in Chromium, on a page of its own: undo, the focus, and late pictures.

Python's half answers, without JupyterLab between them. It is skipped if there is no Chromium.
"""

import base64

import pytest
from in_chromium import CHROMIUM, needs_chromium, playwright
from PIL import Image
from skimage import data

from lib.networks.pretrained import load_colorizer
from lib.widgets.hints import HintsCanvas

pytestmark = needs_chromium
DOT = {"points": [[0.5, 0.5]], "radius": 0.02, "color": "#e68228"}
# A model as Jupyter's. `held` keeps the pictures back that are decoded while it is a list.
PAGE = """async ([source, state]) => {
  const bytes = (text) => new DataView(Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer);
  const valued = ([name, value]) => [name, value?.bytes === undefined ? value : bytes(value.bytes)];
  window.model = {
    state: Object.fromEntries(Object.entries(state).map(valued)), acts: {}, unsent: {}, asked: 0,
    get(name) { return this.state[name]; },
    on(event, act) { (this.acts[event] ??= []).push(act); },
    off() {},
    receive(name, value) { this.put(...valued([name, value])); },
    put(name, value) { this.state[name] = value; (this.acts[`change:${name}`] ?? []).forEach((act) => act()); },
    set(name, value) { this.unsent[name] = value; this.put(name, value); },
    async save_changes() {
      const changes = this.unsent;
      this.unsent = {};
      this.asked++;
      for (const answer of await window.python(changes)) this.receive(...answer);
      this.asked--;
    },
  };
  const decode = window.createImageBitmap;
  window.createImageBitmap = async (blob) => {
    if (window.held && blob.type === "image/png") await new Promise((ready) => window.held.push(ready));
    return decode(blob);
  };
  const module = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  document.body.innerHTML = "<div></div>";
  module.default.render({ model: window.model, el: document.querySelector("div") });
}"""


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def plain(value):
    return {"bytes": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


class Both:
    """The two halves: `canvas` in Python and `page` in Chromium. Places are fractions of the photograph."""

    def __init__(self, canvas, page):
        self.canvas, self.page = canvas, page
        page.expose_function("python", self.answer)
        state = {name: plain(getattr(canvas, name)) for name in canvas.trait_names(sync=True) if name[0] != "_"}
        page.evaluate(PAGE, [canvas.get_state()["_esm"], {**state, "layout": None}])
        page.add_style_tag(content=canvas.get_state()["_css"])
        self.photograph, self.plane = page.locator(".hints-photograph"), page.locator(".hints-plane")
        page.wait_for_function("document.querySelector('.hints-photograph').width > 400")

    def answer(self, changes):
        answers = []
        self.canvas.observe(note := lambda change: answers.append((change.name, plain(change.new))))
        for name, value in changes.items():
            setattr(self.canvas, name, value)
        self.canvas.unobserve(note)
        return [(name, value) for name, value in answers if name not in changes]

    def button(self, name):
        return self.page.get_by_role("button", name=name, exact=True)

    def at(self, x, y):
        box = self.photograph.bounding_box()
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def click(self, x, y):
        self.page.mouse.click(*self.at(x, y))
        self.settle()

    def drag(self, *places):
        self.page.mouse.move(*self.at(*places[0]))
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*self.at(*place), steps=3)
        self.page.mouse.up()
        self.settle()

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)
            self.settle()

    def settle(self):
        """Wait until Python has answered all, and what it sent is decoded."""
        self.page.wait_for_timeout(20)
        self.page.wait_for_function("!model.asked")
        self.page.wait_for_timeout(30)

    def undo(self):
        """Undo once; whether that was the last step."""
        before = self.canvas.hints
        self.button("Undo").click()
        self.settle()
        assert self.canvas.hints != before, "an undo that changes nothing"
        return self.button("Undo").is_disabled()

    def has_focus(self):
        """Of the element that has the focus: its class, and its color if it is a swatch."""
        return self.page.evaluate("[document.activeElement.className, document.activeElement.dataset.color ?? '']")

    def pixels(self, canvas):
        return canvas.evaluate("canvas => canvas.toDataURL()")


@pytest.fixture(scope="module")
def bundled():
    return load_colorizer(device="cpu")


@pytest.fixture
def both(bundled, chromium, tmp_path):
    Image.fromarray(data.coffee()).resize((300, 200)).save(tmp_path / "coffee.png")
    canvas = HintsCanvas(bundled, tmp_path / "coffee.png", tmp_path / "hints.json")
    page = chromium.new_page(viewport={"width": 1000, "height": 800})
    errors = []
    page.on("pageerror", lambda error: errors.append(error))
    yield Both(canvas, page)
    page.screenshot(path=tmp_path / "page.png")
    page.close()
    assert not errors


def test_one_undo_takes_back_one_press_drag_or_key(both):
    both.click(0.8, 0.2)
    both.drag((0.8, 0.2), (0.6, 0.6), (0.5, 0.4))
    moved = both.canvas.hints
    box = both.plane.bounding_box()
    both.page.mouse.move(box["x"] + 20, box["y"] + 20)
    both.page.mouse.down()
    both.page.mouse.move(box["x"] + 120, box["y"] + 120, steps=4)
    both.page.mouse.up()
    both.settle()
    assert both.canvas.hints[0]["color"] != moved[0]["color"]
    both.photograph.focus()
    both.press("]")
    assert [both.undo() for _ in range(4)] == [False, False, False, True]
    assert both.canvas.hints == []


def test_what_changes_nothing_is_no_step(both):
    states = [both.canvas.hints]
    both.canvas.observe(lambda change: states.append(change.new), "hints")
    both.click(0.8, 0.2)
    both.press("Escape")
    both.click(0.8, 0.2)
    both.press(*["ArrowRight"] * 12)  # at the border before the last
    both.press(*["]"] * 12)  # as large as can be before the last
    for _ in range(2):
        both.plane.click(position={"x": 20, "y": 20})
        both.settle()
    both.press(*["ArrowUp"] * 2)
    both.page.locator(".hints-used button").click()
    both.settle()
    states = states.copy()  # without those to come
    assert 20 < len(states) < 1 + 1 + 12 + 12 + 2 + 2
    for state in states[-2::-1]:
        was_last = both.undo()
        assert both.canvas.hints == state
    assert was_last


def test_a_drag_that_ends_where_it_began_is_no_step(both):
    both.click(0.8, 0.2)
    both.drag((0.8, 0.2), (0.6, 0.6), (0.8, 0.2))
    assert both.undo()


def test_hints_set_in_python_end_a_drag_and_can_be_undone(both):
    both.click(0.8, 0.2)
    (first,) = both.canvas.hints
    both.page.mouse.move(*both.at(0.8, 0.2))
    both.page.mouse.down()
    both.page.mouse.move(*both.at(0.7, 0.3), steps=2)
    both.settle()
    other = first | {"points": [[0.1, 0.1]]}
    both.canvas.hints = [other]
    both.page.evaluate("hints => model.put('hints', hints)", [other])
    both.page.mouse.move(*both.at(0.3, 0.8), steps=3)
    both.page.mouse.up()
    both.settle()
    assert both.canvas.hints == [other] and not both.canvas.is_dragging
    assert not both.undo() and both.canvas.hints == [first]


def test_the_focus_stays_at_the_swatch_that_was_taken(both):
    both.click(0.8, 0.2)
    likely = both.page.locator(".hints-swatches button")
    color = likely.nth(2).get_attribute("data-color")
    likely.nth(2).click()
    both.settle()
    assert both.canvas.hints[0]["color"] == color and both.has_focus() == ["hints-swatch", color]
    assert likely.nth(2).get_attribute("aria-pressed") == "true"
    likely.nth(1).focus()
    both.press("Enter")
    assert both.has_focus() == ["hints-swatch", both.canvas.hints[0]["color"]] != ["hints-swatch", color]

    both.click(0.2, 0.8)
    used = both.page.locator(".hints-used button")
    first = used.nth(0).get_attribute("data-color")
    used.nth(0).click()
    both.settle()
    assert used.count() == 1 and both.has_focus() == ["hints-swatch", first]


def test_the_focus_goes_to_the_photograph_where_its_button_is_gone(both):
    both.click(0.8, 0.2)
    both.page.locator(".hints-swatches button").nth(1).click()
    both.settle()
    both.click(0.2, 0.8)
    both.page.locator(".hints-used button").nth(1).focus()
    both.press("Delete")
    assert len(both.canvas.hints) == 1 and both.has_focus()[0] == "hints-photograph"
    both.press("n")
    both.button("Remove").click()
    both.settle()
    assert both.canvas.hints == [] and both.has_focus()[0] == "hints-photograph"
    both.press("Control+z")
    assert len(both.canvas.hints) == 1


@pytest.mark.parametrize("name", ["all_colors", "usefulness"])
def test_a_picture_that_is_decoded_late_does_not_replace_a_newer_one(both, name):
    both.button("Where a hint helps").click()
    both.settle()
    shown = {"all_colors": both.plane, "usefulness": both.photograph}[name]
    pictures = []
    for place in ([0.02, 0.02], [0.5, 0.5]):
        both.canvas.place, both.canvas.hints = place, [DOT | {"points": [place]}]
        pictures.append(plain(getattr(both.canvas, name)))

    def shown_after(order):
        """What is shown if the two are sent one after the other, and decoded in this order."""
        both.page.evaluate("window.held = []")
        both.page.evaluate("both => both.forEach((one) => model.receive(...one))", [[name, one] for one in pictures])
        for number in order:
            both.page.evaluate("number => window.held[number]()", number)
            both.settle()
        return both.pixels(shown)

    in_turn = shown_after([0, 1])
    assert shown_after([1, 0]) == in_turn
    pictures.reverse()
    assert shown_after([0, 1]) != in_turn, "the two look different"
