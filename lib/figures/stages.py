"""A figure of one score by the stages of a network."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from lib.figures.style import CONTROL, MUTED, PALETTE, new_axes, plain

Interval = tuple[float, float, float]  # value, low, high


def score_by_stage(
    lines: Mapping[str, Mapping[str, Interval]], control: tuple[str, float], chance: float, label: str
) -> Figure:
    """A score of several networks by their stages, in the order in which they run.

    Args:
        lines: (value, low, high) by stage and network. The first line is the subject, the others are controls and
            have no intervals drawn. Ends that are NaN are not drawn either.
        control: name and value of a method without stages.
        chance: the score of a guess.
        label: what the score is called.
    """
    stages = list(next(iter(lines.values())))
    figure, axes = new_axes(max(6.0, 0.75 * len(stages)), 3.4)
    for number, (name, line) in enumerate(lines.items()):
        values = [line[stage][0] for stage in stages]
        style, color = ("o-", PALETTE[0]) if number == 0 else ("s--", MUTED)
        axes.plot(range(len(stages)), values, style, color=color, markersize=5, label=plain(name))
        if number == 0:
            axes.vlines(range(len(stages)), *zip(*(line[stage][1:] for stage in stages), strict=True), color=color)
    axes.axhline(control[1], color=PALETTE[3], linewidth=1, label=plain(control[0]))
    axes.axhline(chance, color=CONTROL, linestyle=":", linewidth=1, label="chance")
    axes.set_xticks(range(len(stages)), [plain(stage) for stage in stages], rotation=30, ha="right")
    axes.set(ylabel=label)
    figure.legend(loc="outside upper left", ncols=4)
    return figure
