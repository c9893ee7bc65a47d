"""A browser of feature maps: every picture shown here can be drawn without a widget by the function it calls."""

import html
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import ipywidgets as widgets

from lib.common.files import atomic_write, read_json, write_json
from lib.data.photographs import uploaded_photograph
from lib.feature_maps.activations import parse_address
from lib.feature_maps.measures import RANKINGS
from lib.feature_maps.study import Study
from lib.feature_maps.views import KINDS, View, draw, draw_colors, pages_of
from lib.figures.tiles import png_of

# The controls that a view has a use for; the others are hidden.
_USED = {
    "channels": ("layer", "ranking", "page", "shared", "colors"),
    "one channel": ("layer", "channel"),
    "compare": ("layer", "ranking", "page", "shared", "against", "against_layer", "colors"),
    "switch off": ("layer", "channel", "factor"),
    "kernels": ("colors",),
    "training": ("layer", "channel", "ranking", "colors"),
}
_SOMETIMES = sorted({name for names in _USED.values() for name in names})
_SAME = ("of the same name", "")
_SETTINGS = ("network", "picture", "kind", "layer", "channel", "ranking", "page", "shared", "factor", "against",
             "against_layer")  # fmt: skip


class FeatureMapBrowser:
    """Choose a network, a photograph, a view, a layer, a channel; see, compare, switch off, save.

    Args:
        study: the networks and photographs to choose from.
        first: what to begin with.
        folder: where saved pictures and their settings go.
        side: to how many pixels the longer side of an upload is shrunk.

    `widget` is what to display. What fails is said in one line of `message`, and the browser goes on.
    """

    def __init__(self, study: Study, first: View, folder: Path, side: int = 128):
        self._study, self._folder, self._side = study, folder, side
        self._shown: View | None = None  # what stands in `maps`
        self._colored: tuple[str, str] | None = None  # and of what in `colors`
        self._waiting = False
        self._make_controls()
        self.widget = widgets.VBox(
            [
                widgets.HBox([self.network, self.picture, self.upload]),
                self.kind,
                widgets.HBox([self.layer, self.ranking]),
                widgets.HBox([self.page, self.shared, self.channel, self.factor]),
                widgets.HBox([self.against, self.against_layer]),
                widgets.HBox([self.address, self.open_button, self.save_button]),
                self.message,
                self.note,
                self.colors,
                self.maps,
            ]
        )
        self._show(lambda: self._set(first), *self._steps)
        for name in _SETTINGS:
            getattr(self, name).observe(lambda _change: self._changed(), "value")
        self.upload.observe(lambda _change: self._show(self._take_upload, *self._steps), "value")
        self.open_button.on_click(lambda _button: self.open(self.address.value))
        self.save_button.on_click(lambda _button: self._show(self._save))

    def _make_controls(self) -> None:
        wide, middle, narrow = (widgets.Layout(width=width) for width in ("36em", "22em", "13em"))
        networks, photographs = list(self._study.networks), list(self._study.photographs)
        self.network = widgets.Dropdown(options=networks, description="network", layout=wide)
        self.picture = widgets.Dropdown(options=photographs, description="photograph", layout=middle)
        self.upload = widgets.FileUpload(accept="image/*", description="your own")
        self.kind = widgets.ToggleButtons(options=KINDS, style={"button_width": "8em"})
        # Each hides on its own, so each has a layout of its own.
        self.layer = widgets.Dropdown(description="layer", layout={"width": "36em"})
        self.ranking = widgets.Dropdown(options=RANKINGS, description="ranking", layout={"width": "22em"})
        self.page = widgets.BoundedIntText(1, min=1, max=1, description="page", layout={"width": "13em"})
        self.shared = widgets.Checkbox(description="one scale for all", indent=False, layout={"width": "13em"})
        self.channel = widgets.BoundedIntText(0, min=0, max=0, description="channel", layout={"width": "13em"})
        self.factor = widgets.FloatSlider(
            0, min=0, max=3, step=0.25, description="times", continuous_update=False, layout={"width": "22em"}
        )
        self.against = widgets.Dropdown(options=["", *networks], description="against", layout={"width": "36em"})
        self.against_layer = widgets.Dropdown(options=[_SAME], description="its layer", layout={"width": "22em"})
        self.address = widgets.Text(placeholder="layer:channel, or a saved .json", description="address", layout=wide)
        self.open_button = widgets.Button(description="open", layout=narrow)
        self.save_button = widgets.Button(description="save PNG and JSON", layout=narrow)
        self.message, self.note = widgets.HTML(), widgets.HTML()
        # Never stretched to the page's width: pixels of a small map are telling as they are.
        self.colors = widgets.Image(format="png", layout={"max_width": "34em", "align_self": "flex-start"})
        self.maps = widgets.Image(format="png", layout={"max_width": "100%", "align_self": "flex-start"})

    @property
    def view(self) -> View:
        """What the controls say."""
        settings = {name: getattr(self, name).value for name in _SETTINGS}
        return View(**settings | {"layer": self.layer.value or "", "against_layer": self.against_layer.value or ""})

    @property
    def _steps(self) -> tuple[Callable[[], None], ...]:
        return self._fill, self._draw_colors, self._draw

    def open(self, what: str) -> None:
        """Open the view of an address (`layer:channel`) or of a saved JSON, seen from where the browser saves."""
        self._show(lambda: self._set(self._view_of(what)), *self._steps)

    def _view_of(self, what: str) -> View:
        if what.strip().endswith(".json"):
            path = self._folder / what.strip()
            if not path.exists():
                raise ValueError(f"{path}: no such file")
            return View.from_json(read_json(path))
        layer, channel = parse_address(what)
        kind = self.kind.value if "channel" in _USED[self.kind.value] else "one channel"
        return replace(self.view, kind=kind, layer=layer, channel=channel)

    @contextmanager
    def _without_drawing(self) -> Iterator[None]:
        """While several controls are set, nothing is drawn."""
        before, self._waiting = self._waiting, True
        try:
            yield
        finally:
            self._waiting = before

    def _changed(self) -> None:
        if not self._waiting:
            self._show(*self._steps)

    def _set(self, view: View) -> None:
        """Put a view into the controls; one that names what is not here raises, and nothing is changed."""
        if view.against:
            self._study.colorizer(view.against)
        if view.layer:
            maps = self._study.layer(view.network, view.picture, view.layer).maps
            if not 0 <= view.channel < maps.shape[1]:
                raise ValueError(f"{view.layer} has the channels 0 to {maps.shape[1] - 1}, not {view.channel}")
        with self._without_drawing():
            for name in ("network", "picture", "kind", "ranking", "shared", "factor", "against"):
                getattr(self, name).value = getattr(view, name)
            self._fill()
            if view.layer:
                self.layer.value = view.layer
            if view.kind == "compare":  # elsewhere the layers of `against` are not listed
                self.against_layer.value = view.against_layer
            self._fill()  # now the limits are those of the layer
            self.channel.value, self.page.value = view.channel, view.page

    def _show(self, *steps: Callable[[], None]) -> None:
        """Take the steps; what cannot be shown is said in one line each, and the browser goes on.

        Whatever is raised is caught: in a widget's callback nobody would see it.
        """
        self.note.value, problems = "", []
        for step in steps:
            try:
                step()
            except Exception as error:
                problems.append((str(error) or type(error).__name__).splitlines()[0])
        self.message.value = "<br>".join(f"<b>{html.escape(line)}</b>" for line in dict.fromkeys(problems))

    def _fill(self) -> None:
        """Show the controls that the view uses, with the layers, channels and pages that there are."""
        used = _USED[self.kind.value]
        for name in _SOMETIMES:
            getattr(self, name).layout.display = None if name in used else "none"
        with self._without_drawing():
            if "layer" in used:
                self._offer(self.layer, self.network.value)
                maps = self._study.layer(self.network.value, self.picture.value, self.layer.value).maps
                self.channel.max = maps.shape[1] - 1
            if "against" in used and self.against.value:
                self._offer(self.against_layer, self.against.value, (_SAME,))
            if "page" in used:
                self.page.max = pages_of(self._study, self.view)

    def _offer(self, control: widgets.Dropdown, network: str, options: tuple = ()) -> None:
        """The network's layers as the control's options; the layer chosen before stays where it is among them."""
        try:
            activations = self._study.activations(network, self.picture.value)
        except Exception:
            control.options = ()  # another network's layers must not pass for this one's
            raise
        offered = (*options, *((str(activation), name) for name, activation in activations.items()))
        if offered != control.options:
            before, names = control.value, [name for _, name in offered]
            control.options = offered
            control.value = before if before in names else names[0]

    def _draw_colors(self) -> None:
        chosen = self.network.value, self.picture.value
        if "colors" in _USED[self.kind.value] and chosen != self._colored:
            self.colors.value, self._colored = b"", None  # the last one's must not pass for this one's
            self.colors.value, self._colored = png_of(draw_colors(self._study, *chosen)), chosen

    def _draw(self) -> None:
        try:
            self.maps.value, self._shown = png_of(draw(self._study, self.view, self._tell)), self.view
        except Exception:
            self.maps.value, self._shown = b"", None
            raise
        finally:
            self.note.value = ""
        if "layer" in _USED[self.kind.value]:
            self.address.value = self.view.address

    def _tell(self, done: int, total: int) -> None:
        self.note.value = f"effect on color: {done} of {total} channels"

    def _take_upload(self) -> None:
        names = []
        for file in self.upload.value:
            photograph = uploaded_photograph(file["name"], bytes(file["content"]), self._side)
            names.append(self._study.add(photograph))
        if names:
            with self._without_drawing():
                self.picture.options = list(self._study.photographs)
                self.picture.value = names[-1]

    def _save(self) -> None:
        if self._shown is None:
            raise ValueError("nothing is shown that could be saved")
        picture = self._folder / f"{self._shown.stem}.png"
        with atomic_write(picture) as temporary:
            temporary.write_bytes(self.maps.value)
        write_json(picture.with_suffix(".json"), self._shown.as_json())
        self.note.value = f"saved {html.escape(picture.name)} and its settings in {html.escape(str(self._folder))}"
