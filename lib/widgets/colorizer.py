"""A browser of colors: our network on photographs, with its knob, its versions and its ambiguity."""

import html
import math
from collections.abc import Callable
from pathlib import Path

import ipywidgets as widgets
import numpy as np

from lib.color.composition import enlarge, paint
from lib.color.distribution import COLORS, ChromaDistribution
from lib.data.images import read_photograph
from lib.figures.tiles import heat, png_of, sheet
from lib.networks.chroma_net import ChromaNet

VIEWS = ("colors", "three versions", "ambiguity")
LARGEST_SHOWN = 640  # px of a photograph's longer side in the browser


def colorizer_view(
    view: str, distribution: ChromaDistribution, gray: np.ndarray, vividness: float
) -> dict[str, np.ndarray]:
    """What the colorizer's browser shows of a photograph, uint8 `(H, W)`, by title; `distribution` is of it alone."""
    if view == "three versions":
        versions = distribution.versions(3, vividness)
        return {f"version {number}": paint(gray, small[0]) for number, small in enumerate(versions, start=1)}
    shown = {"gray": gray, f"vividness {vividness:.2f}": paint(gray, distribution.chroma(vividness)[0])}
    if view == "ambiguity":
        bits = enlarge(distribution.ambiguity(), gray.shape)[0, 0].cpu().numpy()
        shown["ambiguity (bits): dark is certain"] = heat(bits[None], 0, math.log2(len(COLORS)))[0]
    return shown


class ColorizerBrowser:
    """Choose or upload a photograph and turn the vividness knob; see colors, versions and ambiguity.

    Args:
        network: a `ChromaNet`; it sees a photograph once, the knob only chooses anew from its distribution.
        photographs: files by name.

    `widget` is what to display.
    """

    def __init__(self, network: ChromaNet, photographs: dict[str, Path]):
        self._network, self._photographs = network, dict(photographs)
        self.photograph = widgets.Dropdown(options=list(photographs), description="photograph")
        self.upload = widgets.FileUpload(accept="image/*", description="your own")
        self.vividness = widgets.FloatSlider(value=0.5, min=0, max=1, step=0.05, description="vividness")
        self.view = widgets.ToggleButtons(options=VIEWS)
        self.message = widgets.HTML()
        self.shown = widgets.Image(format="png", layout=widgets.Layout(max_width="100%"))
        controls = [widgets.HBox([self.photograph, self.upload]), widgets.HBox([self.vividness, self.view])]
        self.widget = widgets.VBox([*controls, self.message, self.shown])
        self._take(self.photograph.value)
        self.photograph.observe(lambda change: self._take(change.new), "value")
        self.upload.observe(lambda _change: self._add_upload(), "value")
        self.vividness.observe(lambda _change: self._attempt(self._draw), "value")
        self.view.observe(lambda _change: self._attempt(self._draw), "value")

    def _attempt(self, step: Callable[[], None]) -> None:
        """Take a step; what cannot be done is said in one line: nobody would see an exception in a callback."""
        try:
            step()
            self.message.value = ""
        except Exception as error:
            self.message.value = f"<b>{html.escape((str(error) or type(error).__name__).splitlines()[0])}</b>"

    def _add_upload(self) -> None:
        for file in self.upload.value:
            name = file["name"]
            self._photographs[name] = bytes(file["content"])
            if name not in self.photograph.options:
                self.photograph.options = [*self.photograph.options, name]
            self.photograph.value = name

    def _take(self, name: str) -> None:
        self.shown.value = b""  # the last photograph must not pass for this one

        def see() -> None:
            source = self._photographs[name]
            photograph = read_photograph(name, source) if isinstance(source, bytes) else read_photograph(source)
            photograph.thumbnail((LARGEST_SHOWN, LARGEST_SHOWN))
            self._gray = np.asarray(photograph.convert("L"))
            self._distribution = self._network.look_at(self._gray)
            self._draw()

        self._attempt(see)

    def _draw(self) -> None:
        pictures = colorizer_view(self.view.value, self._distribution, self._gray, self.vividness.value)
        self.shown.value = png_of(sheet(list(pictures.values()), list(pictures), columns=3, side=400))
