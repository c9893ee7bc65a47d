"""A Jupyter widget that browses feature maps. Its pictures can also be drawn without it, by `feature_maps.views`."""

import html
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, fields, replace
from pathlib import Path

import ipywidgets as widgets

from lib.common.files import atomic_write, read_json, write_json
from lib.data.formats import ACCEPTED
from lib.data.photographs import uploaded_photograph
from lib.feature_maps.activations import parse_address
from lib.feature_maps.measures import RANKINGS
from lib.feature_maps.study import Study
from lib.feature_maps.views import KINDS, View, channel_map, draw, draw_colors, page_count
from lib.figures.tiles import png_of

# The controls that each kind of view uses; the others are hidden.
_USED = {
    "channels": ("layer", "ranking", "page", "shared", "colors"),
    "one channel": ("layer", "channel"),
    "compare": ("layer", "ranking", "page", "shared", "against", "against_layer", "colors"),
    "switch off": ("layer", "channel", "factor"),
    "kernels": ("colors",),
    "training": ("layer", "channel", "ranking", "colors"),
}
_HIDEABLE = sorted({name for names in _USED.values() for name in names})
_SAME_NAME = ("of the same name", "")
_SETTINGS = [field.name for field in fields(View)]  # each has a control of that name


class FeatureMapBrowser:
    """A widget to choose a network, a photograph, a layer and a channel, and to view, compare, switch off and save.

    Display the attribute `widget`. An error is shown as one line of `message`, and the browser stays usable.

    Args:
        study: the networks and photographs to choose from.
        first: the view to begin with.
        folder: where pictures and their settings are saved.
        side: the longer side in pixels to which uploads are reduced.
    """

    def __init__(self, study: Study, first: View, folder: Path, side: int = 128):
        self._study, self._folder, self._side = study, folder, side
        self._drawn: View | None = None  # the view that `maps` shows
        self._colored: tuple[str, str] | None = None  # the network and photograph that `colors` shows
        self._opened: tuple[str, ...] = ()  # layers inside blocks that were opened by address: listed, too
        self._paused = False
        self._make_controls()
        rows = (
            [self.network, self.picture, self.upload],
            [self.kind],
            [self.layer, self.ranking],
            [self.page, self.shared, self.channel, self.factor],
            [self.against, self.against_layer],
            [self.address, self.open_button, self.save_button],
        )
        self.widget = widgets.VBox([*map(widgets.HBox, rows), self.message, self.note, self.colors, self.maps])
        self._run(lambda: self._set_view(first), *self._update_steps)
        for name in _SETTINGS:
            getattr(self, name).observe(lambda _change: self._on_change(), "value")
        self.upload.observe(lambda _change: self._run(self._add_upload, *self._update_steps), "value")
        self.open_button.on_click(lambda _button: self.open(self.address.value))
        self.save_button.on_click(lambda _button: self._run(self._save))

    def _make_controls(self) -> None:
        wide, middle, narrow = (widgets.Layout(width=width) for width in ("36em", "22em", "13em"))
        networks, photographs = list(self._study.networks), list(self._study.photographs)
        self.network = widgets.Dropdown(options=networks, description="network", layout=wide)
        self.picture = widgets.Dropdown(options=photographs, description="photograph", layout=middle)
        self.upload = widgets.FileUpload(accept=ACCEPTED, description="your own")
        self.kind = widgets.ToggleButtons(options=KINDS, style={"button_width": "8em"})
        # Each of these controls is hidden separately, so each needs its own layout.
        self.layer = widgets.Dropdown(description="layer", layout={"width": "36em"})
        self.ranking = widgets.Dropdown(options=RANKINGS, description="ranking", layout={"width": "22em"})
        self.page = widgets.BoundedIntText(1, min=1, max=1, description="page", layout={"width": "13em"})
        self.shared = widgets.Checkbox(description="one scale for all", indent=False, layout={"width": "13em"})
        self.channel = widgets.BoundedIntText(0, min=0, max=0, description="channel", layout={"width": "13em"})
        self.factor = widgets.FloatSlider(
            0, min=0, max=3, step=0.25, description="times", continuous_update=False, layout={"width": "22em"}
        )
        self.against = widgets.Dropdown(options=["", *networks], description="against", layout={"width": "36em"})
        self.against_layer = widgets.Dropdown(options=[_SAME_NAME], description="its layer", layout={"width": "22em"})
        self.address = widgets.Text(placeholder="layer:channel, or a saved .json", description="address", layout=wide)
        self.open_button = widgets.Button(description="open", layout=narrow)
        self.save_button = widgets.Button(description="save PNG and JSON", layout=narrow)
        self.message, self.note = widgets.HTML(), widgets.HTML()
        # Not stretched to the page's width, so that the pixels of small maps stay sharp.
        self.colors = widgets.Image(format="png", layout={"max_width": "34em", "align_self": "flex-start"})
        self.maps = widgets.Image(format="png", layout={"max_width": "100%", "align_self": "flex-start"})

    @property
    def view(self) -> View:
        """The view that the controls describe."""
        settings = {name: getattr(self, name).value for name in _SETTINGS}
        return View(**settings | {"layer": self.layer.value or "", "against_layer": self.against_layer.value or ""})

    @property
    def _update_steps(self) -> tuple[Callable[[], None], ...]:
        return self._update_controls, self._draw_colors, self._draw

    def open(self, address: str) -> None:
        """Open a view.

        Args:
            address: `layer:channel`, or the name of a saved JSON file in the browser's folder.
        """
        self._run(lambda: self._set_view(self._view_of(address)), *self._update_steps)

    def _view_of(self, address: str) -> View:
        if address.strip().endswith(".json"):
            path = self._folder / address.strip()
            if not path.exists():
                raise ValueError(f"{path}: no such file")
            return View.from_json(read_json(path))
        layer, channel = parse_address(address)
        kind = self.kind.value if "channel" in _USED[self.kind.value] else "one channel"
        return replace(self.view, kind=kind, layer=layer, channel=channel)

    @contextmanager
    def _without_drawing(self) -> Iterator[None]:
        """Draw nothing inside the block, because several controls are being set."""
        before, self._paused = self._paused, True
        try:
            yield
        finally:
            self._paused = before

    def _on_change(self) -> None:
        if not self._paused:
            self._run(*self._update_steps)

    def _set_view(self, view: View) -> None:
        """Set the controls to a view. If it names something unknown, raise and change nothing."""
        if view.against:
            self._study.colorizer(view.against)
        if view.layer:
            channel_map(self._study, view)  # raises if there is no such layer or channel
        self._opened = view.layer, view.against_layer
        with self._without_drawing():
            for name in ("network", "picture", "kind", "ranking", "shared", "factor", "against"):
                getattr(self, name).value = getattr(view, name)
            self._update_controls()
            if view.layer:
                self.layer.value = view.layer
            if view.kind == "compare":  # only this view lists the layers of the other network
                self.against_layer.value = view.against_layer
            self._update_controls()  # again, for the limits of the layer just set
            self.channel.value, self.page.value = view.channel, view.page

    def _run(self, *steps: Callable[[], None]) -> None:
        """Run the steps and show the error of each, if any, as one line of `message`.

        Every exception is caught, because Jupyter does not show those of a widget's callbacks.
        """
        self.note.value, problems = "", []
        for step in steps:
            try:
                step()
            except Exception as error:
                problems.append((str(error) or type(error).__name__).splitlines()[0])
        self.message.value = "<br>".join(f"<b>{html.escape(line)}</b>" for line in dict.fromkeys(problems))

    def _update_controls(self) -> None:
        """Show the controls that the view uses, and set their options and limits."""
        used = _USED[self.kind.value]
        for name in _HIDEABLE:
            getattr(self, name).layout.display = None if name in used else "none"
        with self._without_drawing():
            if "layer" in used:
                self._list_layers(self.layer, self.network.value)
                maps = self._study.layer(self.network.value, self.picture.value, self.layer.value).maps
                self.channel.max = maps.shape[1] - 1
            if "against" in used and self.against.value:
                self._list_layers(self.against_layer, self.against.value, (_SAME_NAME,))
            if "page" in used:
                self.page.max = page_count(self._study, self.view)

    def _list_layers(self, control: widgets.Dropdown, network: str, first: tuple = ()) -> None:
        """Set the options of a dropdown to `first` and the network's layers. Keep the chosen layer if it is listed.

        Layers inside blocks that were opened by address are among them, where the network has them.
        """
        try:
            activations = self._study.activations(network, self.picture.value)
            for name in self._opened:
                with suppress(ValueError):  # the network has no such layer
                    activations = activations | {name: self._study.layer(network, self.picture.value, name)}
        except Exception:
            control.options = ()  # layers of the previous network must not stay
            raise
        options = (*first, *((str(activation), name) for name, activation in activations.items()))
        if options != control.options:
            before, names = control.value, [name for _, name in options]
            control.options = options
            control.value = before if before in names else names[0]

    def _draw_colors(self) -> None:
        chosen = self.network.value, self.picture.value
        if "colors" in _USED[self.kind.value] and chosen != self._colored:
            self.colors.value, self._colored = b"", None  # if drawing fails, the previous colors must not stay
            self.colors.value, self._colored = png_of(draw_colors(self._study, *chosen)), chosen

    def _draw(self) -> None:
        try:
            self.maps.value, self._drawn = png_of(draw(self._study, self.view, self._show_progress)), self.view
        except Exception:
            self.maps.value, self._drawn = b"", None
            raise
        finally:
            self.note.value = ""
        if "layer" in _USED[self.kind.value]:
            self.address.value = self.view.address

    def _show_progress(self, done: int, total: int) -> None:
        self.note.value = f"effect on color: {done} of {total} channels"

    def _add_upload(self) -> None:
        names = []
        for file in self.upload.value:
            photograph = uploaded_photograph(file["name"], bytes(file["content"]), self._side)
            names.append(self._study.add(photograph))
        if names:
            with self._without_drawing():
                self.picture.options = list(self._study.photographs)
                self.picture.value = names[-1]

    def _save(self) -> None:
        if self._drawn is None:
            raise ValueError("there is no picture to save")
        picture = self._folder / f"{self._drawn.stem}.png"
        with atomic_write(picture) as temporary:
            temporary.write_bytes(self.maps.value)
        write_json(picture.with_suffix(".json"), asdict(self._drawn))
        self.note.value = f"saved {html.escape(picture.name)} and its settings in {html.escape(str(self._folder))}"
