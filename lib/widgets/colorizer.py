"""A Jupyter widget that colorizes photographs with our network and shows its versions and its ambiguity."""

import html
from collections.abc import Callable
from pathlib import Path

import ipywidgets as widgets
import numpy as np

from lib.colorize.views import VIEWS, colorizer_view
from lib.data.images import read_photograph
from lib.figures.tiles import png_of, sheet
from lib.networks.chroma_net import ChromaNet

LONGER_SIDE = 640  # px to which larger photographs are reduced


class ColorizerBrowser:
    """A widget to choose or upload a photograph, set the vividness, and see colors, versions and ambiguity.

    Display the attribute `widget`. The network runs once per photograph: the vividness only selects from its
    distribution.

    Args:
        network: the colorizer.
        photographs: files by name.
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
        self._open_photograph(self.photograph.value)
        self.photograph.observe(lambda change: self._open_photograph(change.new), "value")
        self.upload.observe(lambda _change: self._add_upload(), "value")
        self.vividness.observe(lambda _change: self._run(self._draw), "value")
        self.view.observe(lambda _change: self._run(self._draw), "value")

    def _run(self, step: Callable[[], None]) -> None:
        """Run a step and show its error, if any, as one line of `message`.

        Jupyter does not show the exceptions of a widget's callbacks.
        """
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

    def _open_photograph(self, name: str) -> None:
        self.shown.value = b""  # if this photograph fails, the previous one must not stay under its name

        def predict() -> None:
            source = self._photographs[name]
            photograph = read_photograph(name, source) if isinstance(source, bytes) else read_photograph(source)
            photograph.thumbnail((LONGER_SIDE, LONGER_SIDE))
            self._gray = np.asarray(photograph.convert("L"))
            self._distribution = self._network.look_at(self._gray)
            self._draw()

        self._run(predict)

    def _draw(self) -> None:
        pictures = colorizer_view(self.view.value, self._distribution, self._gray, self.vividness.value)
        self.shown.value = png_of(sheet(list(pictures.values()), list(pictures), columns=3, side=400))
