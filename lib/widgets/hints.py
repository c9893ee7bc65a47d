"""A canvas in JupyterLab on which a person tells the colorizer the colors of a photograph; JavaScript draws it."""

import re
from collections.abc import Callable
from pathlib import Path

import anywidget
import cv2
import numpy as np
import traitlets

from lib.colorize.hinting import HintedPhotograph
from lib.common.files import printable
from lib.data.hints import Hint, hint_of, plain_hint
from lib.evaluation.size import counted
from lib.figures.tiles import apply_colormap, png_of
from lib.networks.chroma_net import ChromaNet

_HERE = Path(__file__).parent
# Of the page's half, each before those that import from it.
_PARTS = ("hints_page.js", "hints_photograph.js", "hints_colors.js", "hints_state.js", "hints.js")
_QUALITY = 92  # of the JPEG that is sent for each change


def page_source() -> str:
    """The page's half of the canvas as one module, because a widget has only one and loads nothing from elsewhere.

    It is the text of the parts, one after the other, without the lines by which they import from each other.
    """
    text = "\n".join((_HERE / name).read_text(encoding="utf-8") for name in _PARTS)
    return re.sub(r'^import \{.*\} from "\./hints_\w+\.js";\n', "", text, flags=re.MULTILINE)


class HintsCanvas(anywidget.AnyWidget):
    """A widget that shows a photograph in color and takes hints: click, drag, paint strokes, pick colors, save.

    Its state can be set and read from Python, too: `hints` is a list as in the file of hints. An error is shown as
    one line of `message`, and the canvas stays usable.

    Args:
        network: the colorizer. It looks at the photograph once.
        photograph: its file.
        file: where the hints are saved, and from where they are loaded if it is there. The colored photograph is
            saved beside it.
        vividness: from 0 (the safest colors) to 1 (the most vivid), for the places that no hint reaches.

    Raises:
        PhotographError: the photograph cannot be used.
        HintsError: the file holds no hints, or hints on another photograph.
    """

    _esm, _css = page_source(), _HERE / "hints.css"

    # Both sides set these.
    hints = traitlets.List().tag(sync=True)
    place = traitlets.List(default_value=None, allow_none=True).tag(sync=True)  # x, y: for which colors are asked
    is_dragging = traitlets.Bool(False).tag(sync=True)
    shows_usefulness = traitlets.Bool(False).tag(sync=True)
    # Python answers with these.
    picture = traitlets.Bytes(b"").tag(sync=True)  # JPEG
    drawn = traitlets.Int(0).tag(sync=True)  # how many changes of `hints` are answered
    suggested = traitlets.List().tag(sync=True)  # {"color", "probability"}, most likely first
    all_colors = traitlets.Bytes(b"").tag(sync=True)  # PNG, clear where RGB has no color of that luma
    usefulness = traitlets.Bytes(b"").tag(sync=True)  # PNG, one pixel a cell
    best_place = traitlets.Dict().tag(sync=True)  # "x", "y", and the "share" of what is open that a hint there settles
    message = traitlets.Unicode("").tag(sync=True)
    name = traitlets.Unicode("").tag(sync=True)

    def __init__(self, network: ChromaNet, photograph: str | Path, file: str | Path, vividness: float = 0.5):
        self._photograph, self._file = HintedPhotograph(network, Path(photograph), vividness), Path(file)
        self._useful_for: list[Hint] | None = None  # the hints for which `usefulness` holds
        self._problem = ""  # the error that `message` shows, if it shows one
        loaded = self._photograph.read(self._file)
        super().__init__(hints=[plain_hint(hint) for hint in loaded], name=self._photograph.path.name)
        self._run(self._draw)
        if loaded:
            self.message = f"{counted(len(loaded), 'hint')} loaded from {printable(self._file)}"
        self.observe(lambda _change: self._on_hints(), "hints")
        self.observe(lambda _change: self._run(self._suggest), "place")
        self.observe(lambda _change: self._run(self._show_usefulness), ["is_dragging", "shows_usefulness"])
        self.on_msg(lambda _widget, content, _buffers: self.save() if content == "save" else None)

    def save(self) -> None:
        """Write the hints and the colored photograph at its full size; `message` says where, or why not."""
        self.message = ""  # so that the page hears of it also where the same is said again
        self._run(self._save)

    def _run(self, *steps: Callable[[], None]) -> None:
        """Run the steps and show an error, if any, as `message`. Jupyter does not show those of callbacks.

        An older error goes; what was said about a save stays, because the page may ask for colors right after it.
        """
        problem = ""
        for step in steps:
            try:
                step()
            except Exception as error:
                problem = (str(error) or type(error).__name__).splitlines()[0]
        if problem or self.message == self._problem:
            self.message = problem
        self._problem = problem

    def _on_hints(self) -> None:
        self.message = ""
        self._run(self._draw, self._answer, self._show_usefulness)

    def _answer(self) -> None:
        self.drawn += 1  # also where drawing failed, because the page waits for it

    @property
    def _given(self) -> list[Hint]:
        return [hint_of(plain, number) for number, plain in enumerate(self.hints, start=1)]

    def _draw(self) -> None:
        picture = self._photograph.draw(self._given)
        _, encoded = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        self.picture = encoded.tobytes()

    def _suggest(self) -> None:
        if self.place is None:
            return
        colors = self._photograph.suggested_colors(*self.place)
        self.all_colors = png_of(self._photograph.all_colors(*self.place))
        self.suggested = [{"color": f"#{bytes(color).hex()}", "probability": share} for color, share in colors]

    def _show_usefulness(self) -> None:
        """Show where one more hint helps most. It takes too long to be done while a hint is dragged."""
        if not self.shows_usefulness:
            self.best_place, self._useful_for = {}, None
            return
        given = self._given
        if self.is_dragging or given == self._useful_for:
            return
        useful = self._photograph.usefulness(given)
        row, column = np.unravel_index(useful.argmax(), useful.shape)
        x, y = (column + 0.5) / useful.shape[1], (row + 0.5) / useful.shape[0]
        self.usefulness, self._useful_for = png_of(apply_colormap(useful[None], 0, useful.max())[0]), given
        self.best_place = {"x": float(x), "y": float(y), "share": float(useful.max())}

    def _save(self) -> None:
        target = printable(self._photograph.save(self._given, self._file))
        self.message = f"saved {counted(len(self.hints), 'hint')} to {printable(self._file)}, the picture to {target}"
