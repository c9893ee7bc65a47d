"""A Jupyter widget that colorizes photographs with our network and shows its versions and its ambiguity."""

import html
from collections.abc import Callable
from pathlib import Path

import ipywidgets as widgets
import numpy as np
from PIL import Image

from lib.color.distribution import ChromaDistribution
from lib.colorize.views import VIEWS, colorizer_view
from lib.common.usage import free_name
from lib.data.formats import ACCEPTED
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
        self._network = network
        self._photographs: dict[str, Path | Image.Image] = dict(photographs)
        self.photograph = widgets.Dropdown(options=list(photographs), description="photograph")
        self.upload = widgets.FileUpload(accept=ACCEPTED, description="your own")
        self.vividness = widgets.FloatSlider(value=0.5, min=0, max=1, step=0.05, description="vividness")
        self.view = widgets.ToggleButtons(options=VIEWS)
        self.message = widgets.HTML()
        self.shown = widgets.Image(format="png", layout=widgets.Layout(max_width="100%"))
        controls = [widgets.HBox([self.photograph, self.upload]), widgets.HBox([self.vividness, self.view])]
        self.widget = widgets.VBox([*controls, self.message, self.shown])
        self._seen: tuple[np.ndarray, ChromaDistribution] | None = None  # the photograph in gray, and its prediction
        self._open_photograph(self.photograph.value)
        self.photograph.observe(lambda change: self._open_photograph(change.new), "value")
        self.upload.observe(lambda _change: self._add_uploads(), "value")
        self.vividness.observe(lambda _change: self._redraw(), "value")
        self.view.observe(lambda _change: self._redraw(), "value")

    def _run(self, step: Callable[[], None]) -> None:
        """Run a step and show its error, if any, as one line of `message`.

        Jupyter does not show the exceptions of a widget's callbacks.
        """
        try:
            step()
            self.message.value = ""
        except Exception as error:
            self.message.value = f"<b>{html.escape((str(error) or type(error).__name__).splitlines()[0])}</b>"

    def _add_uploads(self) -> None:
        """Offer the uploaded photographs and choose the last. One that cannot be read changes only the message."""
        added = []

        def read() -> None:
            for file in self.upload.value:
                photograph = _reduced(read_photograph(file["name"], bytes(file["content"])))
                added.append(free_name(file["name"], self._photographs))
                self._photographs[added[-1]] = photograph

        self._run(read)
        if added:
            self.photograph.options = [*self.photograph.options, *added]
            self.photograph.value = added[-1]

    def _open_photograph(self, name: str) -> None:
        self.shown.value, self._seen = b"", None  # if this one fails, the previous must not be shown under its name

        def predict() -> None:
            source = self._photographs[name]
            photograph = _reduced(read_photograph(source)) if isinstance(source, Path) else source
            gray = np.asarray(photograph.convert("L"))
            try:
                self._seen = gray, self._network.look_at(gray)
            except ValueError as error:  # too small
                raise ValueError(f"{name}: {error}") from error
            self._draw()

        self._run(predict)

    def _redraw(self) -> None:
        if self._seen is not None:
            self._run(self._draw)

    def _draw(self) -> None:
        gray, distribution = self._seen
        pictures = colorizer_view(self.view.value, distribution, gray, self.vividness.value)
        self.shown.value = png_of(sheet(list(pictures.values()), list(pictures), columns=3, side=400))


def _reduced(photograph: Image.Image) -> Image.Image:
    photograph.thumbnail((LONGER_SIDE, LONGER_SIDE))
    return photograph
