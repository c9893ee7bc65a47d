"""ipywidgets, thin over figures.py: every picture shown here can be drawn without a widget by the function it calls."""

import html
import io
import math
from collections.abc import Callable
from pathlib import Path

import ipywidgets as widgets
import numpy as np
from matplotlib.figure import Figure
from torch import Tensor, nn

from lib import figures
from lib.activations import RANKINGS, Activation, capture, dead_channels, display_range, page_of, pick
from lib.chroma import COLORS, ChromaDistribution, enlarge, paint
from lib.color import Colorizer, to_uint8
from lib.evaluation import device_of, predict
from lib.networks import ChromaNet
from lib.pairs import PhotographError, read_photograph


def feature_map_figure(
    activation: Activation, picture: int = 0, ranking: str = "variance", page: int = 1, shared: bool = False
) -> Figure:
    """One page of a layer's channels for one of the captured pictures, as the browser shows it."""
    maps, channels, pages = page_of(activation.maps[picture], ranking, page)
    low, high = display_range(maps, shared)
    dead = len(dead_channels(activation.maps))
    scale = "one scale" if shared else "own scale a channel"
    title = f"{activation} · by {ranking} · page {page} of {pages} · {dead} dead · {scale}, [low, high] shown"
    return figures.feature_maps(maps.numpy(), channels, (low.numpy(), high.numpy()), title)


class FeatureMapBrowser:
    """Choose a colorizer, a picture, a layer, a ranking and a page; see the colours and the feature maps.

    Args:
        colorizers: by name; only those that are networks have layers to show.
        gray: `(N, 1, H, W)` in [0, 1].
        truth: `(N, 3, H, W)` in [0, 1].
        names: N names of the pictures.

    `widget` is what to display. Activations are computed once a network for all pictures, not at every choice.
    """

    def __init__(self, colorizers: dict[str, Colorizer], gray: Tensor, truth: Tensor, names: list[str]):
        self._colorizers, self._gray, self._truth, self._captured = colorizers, gray, truth, {}
        self.network = widgets.Dropdown(options=list(colorizers), description="network")
        self.picture = widgets.Dropdown(options=[(n, i) for i, n in enumerate(names)], description="picture")
        self.layer = widgets.Dropdown(description="layer", layout=widgets.Layout(width="28em"))
        self.ranking = widgets.Dropdown(options=RANKINGS, value="variance", description="ranking")
        self.page = widgets.BoundedIntText(value=1, min=1, max=1, description="page")
        self.shared = widgets.Checkbox(description="one scale for all channels")
        self.message = widgets.HTML()
        self.colors = widgets.Image(format="png", layout=widgets.Layout(max_width="36em"))
        self.maps = widgets.Image(format="png", layout=widgets.Layout(max_width="100%"))
        controls = widgets.VBox(
            [
                widgets.HBox([self.network, self.picture]),
                widgets.HBox([self.layer, self.ranking]),
                widgets.HBox([self.page, self.shared]),
            ]
        )
        self.widget = widgets.VBox([controls, self.message, self.colors, self.maps])
        self._show_network()
        self.network.observe(lambda _change: self._show_network(), "value")
        self.picture.observe(lambda _change: self._show(self._draw_colors, self._draw), "value")
        for control in (self.layer, self.ranking, self.page, self.shared):
            control.observe(lambda _change: self._show(self._draw), "value")

    def _activations(self) -> dict[str, Activation]:
        name = self.network.value
        if name not in self._captured:
            network = self._colorizers[name]
            if not isinstance(network, nn.Module):
                raise ValueError(f"{name} is no network: there are no layers to show")
            self._captured[name] = capture(network, self._gray)
        return self._captured[name]

    def _show_network(self) -> None:
        self.colors.value = self.maps.value = b""  # the last one's pictures must not pass for this one's
        # Drawn also where the layer's name stays the same, of which no control tells.
        self._show(self._draw_colors, self._list_layers, self._draw)

    def _show(self, *steps: Callable[[], None]) -> None:
        """Take the steps; what cannot be shown is said in one line each, and the browser goes on.

        Whatever is raised is caught: in a widget's callback nobody would see it.
        """
        problems = []
        for step in steps:
            try:
                step()
            except Exception as error:
                problems.append((str(error) or type(error).__name__).splitlines()[0])
        self.message.value = "<br>".join(f"<b>{html.escape(line)}</b>" for line in dict.fromkeys(problems))

    def _list_layers(self) -> None:
        activations, before = self._activations(), self.layer.value
        options = tuple((str(activation), name) for name, activation in activations.items())
        if options != self.layer.options:  # new options choose a layer of their own, and draw it
            self.layer.options = options
            self.layer.value = before if before in activations else next(iter(activations))

    def _draw_colors(self) -> None:
        chosen, name = slice(self.picture.value, self.picture.value + 1), self.network.value
        colorizer = self._colorizers[name]
        rgb = predict(colorizer, self._gray[chosen].to(device_of(colorizer)), name)
        panel = {"gray": self._gray[chosen], name: rgb, "truth": self._truth[chosen]}
        self.colors.value = png_of(figures.picture_table({title: list(to_uint8(p)) for title, p in panel.items()}))

    def _draw(self) -> None:
        activation = pick(self._activations(), self.layer.value)
        self.page.max = page_of(activation.maps[0], "index", 1)[2]
        chosen = (self.picture.value, self.ranking.value, self.page.value, self.shared.value)
        self.maps.value = png_of(feature_map_figure(activation, *chosen))


VIEWS = ("colours", "three versions", "ambiguity")
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
        shown["ambiguity (bits): dark is certain"] = figures.colored(bits, 0, math.log2(len(COLORS)))
    return shown


class ColorizerBrowser:
    """Choose or upload a photograph and turn the vividness knob; see colours, versions and ambiguity.

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
            try:
                photograph = read_photograph(io.BytesIO(source) if isinstance(source, bytes) else source)
            except PhotographError as error:
                raise PhotographError(f"{name}: not readable as a picture; choose another") from error
            photograph.thumbnail((LARGEST_SHOWN, LARGEST_SHOWN))
            self._gray = np.asarray(photograph.convert("L"))
            self._distribution = self._network.look_at(self._gray)
            self._draw()

        self._attempt(see)

    def _draw(self) -> None:
        pictures = colorizer_view(self.view.value, self._distribution, self._gray, self.vividness.value)
        self.shown.value = png_of(figures.picture_table({title: [p] for title, p in pictures.items()}, side=4.5))


def png_of(figure: Figure) -> bytes:
    """A figure as the bytes of a PNG file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
