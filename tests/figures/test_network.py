"""The drawing of a network: no text over another, each map as large as it should be, an arc for each skip."""

from itertools import combinations
from types import SimpleNamespace

import pytest
from figures_by_hand import drawn
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle

from lib.figures.network import network_diagram

UP = "convolution 1×1, upsampling ×2, addition, convolution 3×3, batch norm, ReLU"
DOWN = "convolution 3×3, stride 2, batch norm, ReLU, residual block"


def block(name, operation, *outputs, parameters=0, sources=()):
    return SimpleNamespace(name=name, operation=operation, outputs=outputs, parameters=parameters, sources=sources)


def u_net(width):
    """Ten blocks, as `blocks_of` gives them for `ChromaNet`."""
    return [
        block("input", "", (1, 128, 128)),
        block("stem", "convolution 3×3, batch norm, ReLU", (width, 32, 32), parameters=4672, sources=((0, 0),)),
        *(
            block(f"encoder.{i}", DOWN, (width << (i + 1), 16 >> i, 16 >> i), parameters=2305920, sources=((i + 1, 0),))
            for i in range(3)
        ),
        block("decoder.0", UP, (4 * width, 8, 8), parameters=281920, sources=((3, 0), (4, 0))),
        block("decoder.1", UP, (2 * width, 16, 16), parameters=84224, sources=((2, 0), (5, 0))),
        block("colors", "convolution 1×1", (169, 16, 16), parameters=21801, sources=((6, 0),)),
        block("mixing", "convolution 1×1", (36, 16, 16), parameters=4644, sources=((6, 0),)),
        block("output", "", (3, 128, 128), sources=((0, 0), (7, 0), (8, 0))),
    ]


SEVERAL = [
    block("input", "", (1, 64, 64)),
    block("encoder", "3 × (convolution 3×3, stride 2, ReLU)", (4, 32, 32), (8, 16, 16), (16, 8, 8), sources=((0, 0),)),
    block("decoder.0", UP, (8, 16, 16), sources=((1, 1), (1, 2))),
    block("decoder.1", UP, (4, 32, 32), sources=((1, 0), (2, 0))),
    block("output", "", (3, 64, 64), sources=((3, 0),)),
]
VECTOR = [block("input", "", (1, 8, 8)), block("linear", "linear", (10,), sources=((0, 0),)), block("output", "", ())]
ONE = [block("input", "", (1, 8, 8)), block("output", "", (1, 8, 8), sources=((0, 0),))]


def patches(figure, kind):
    return [patch for patch in figure.axes[0].patches if type(patch) is kind]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("blocks", [u_net(16), u_net(64), SEVERAL, VECTOR, ONE, u_net(32)[:-1] * 2])
def test_no_text_lies_over_another_or_outside(blocks):
    figure = network_diagram(blocks)
    assert drawn(figure).std() > 5
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [text.get_window_extent(renderer) for text in figure.axes[0].texts if text.get_text()]
    assert not [(a, b) for a, b in combinations(boxes, 2) if a.overlaps(b)]
    maps = [patch.get_window_extent(renderer) for patch in patches(figure, Rectangle)]
    assert not [(a, b) for a, b in combinations([*boxes, *maps], 2) if a.overlaps(b)]
    width, height = figure.get_size_inches() * figure.dpi
    assert all(box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height for box in boxes)


def test_it_fits_a_page():
    assert max(network_diagram(u_net(64)).get_size_inches() * 120) <= 1000


def test_boxes_are_as_high_as_their_resolution_and_as_wide_as_their_channels():
    boxes = patches(network_diagram(u_net(32)), Rectangle)
    heights, widths = [box.get_height() for box in boxes], [box.get_width() for box in boxes]
    assert heights[0] == heights[-1] == max(heights) and min(heights) == heights[4]
    assert heights[2] - heights[3] == pytest.approx(heights[3] - heights[4])  # halvings are equal steps
    assert min(widths) == widths[0] and max(widths) == widths[4]


def test_texts_say_shape_operation_and_parameters():
    figure = network_diagram(SEVERAL[:2] + u_net(32)[2:4])
    texts = " ".join(text.get_text() for text in figure.axes[0].texts).replace("\N{NO-BREAK SPACE}", " ")
    for words in ("16×8×8", "3 × (convolution 3×3, stride 2, ReLU)", "encoder.1", "4,611,840 parameters"):
        assert words in texts


def test_neighbors_have_arrows_and_skips_have_arcs():
    arrows = patches(network_diagram(u_net(32)), FancyArrowPatch)
    # All but colors -> mixing are neighbors that feed; past others go two skips, two branches and the luma.
    assert len(arrows) == 8 + 5


def test_outputs_of_one_block_share_a_frame():
    figure = network_diagram(SEVERAL)
    assert len(patches(figure, FancyBboxPatch)) == 1 and len(patches(figure, Rectangle)) == 7
    assert len(patches(figure, FancyArrowPatch)) == 4 + 2
