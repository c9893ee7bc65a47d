"""What notebook 04 concludes about the feature maps of a network."""

from collections.abc import Mapping

import pandas as pd
from torch import Tensor

from lib.evaluation.intervals import verdict, with_interval
from lib.evaluation.size import counted, too_few
from lib.feature_maps.color_cells import COLORS, Cells
from lib.feature_maps.knowledge import Knowledge, Survey
from lib.feature_maps.measures import correlation, layers_to_read
from lib.feature_maps.without_channel import Loss


def layers_in_words(summary: pd.DataFrame) -> list[str]:
    """Whether layers follow edges, textures and regions in this order, and how many channels are dead.

    `summary` is what `layer_summary` returns. The order is judged on `layers_to_read`, from the first down to the
    smallest maps.
    """
    layers, by_block = layers_to_read(summary), "does" in summary
    smallest = [place for place, height in enumerate(layers["height"]) if height == layers["height"].min()]
    inward = layers[: 1 + smallest[-1 if by_block else 0]]
    edges, texture, reach = (inward[column] for column in ("edges", "texture", "reach"))
    places = [list(inward.index).index(values.idxmax()) for values in (edges, texture, reach)]
    holds = "holds" if places == sorted(places) and places[0] < places[-1] else "does not hold"
    dead, channels = layers["dead"].sum(), layers["channels"].sum()
    most = f", most in {layers['dead'].idxmax()} ({layers['dead'].max()})" if layers["dead"].any() else ""
    return [
        f"Down to the smallest maps, edges are followed best by {edges.idxmax()} ({edges.max():.2f}), texture by "
        f"{texture.idxmax()} ({texture.max():.2f}), and the maps of {reach.idxmax()} reach farthest "
        f"({reach.max():.2f}): the textbook's order, edges, textures, regions, {holds} on these pictures.",
        f"Dead on these pictures: {dead} of {channels} channels "
        f"{'that blocks hand on' if by_block else 'behind a nonlinearity'}{most}.",
    ]


def strongest_in_words(effects: pd.DataFrame, layer: str, picture: str) -> str:
    """Which channel moves the colors of a picture most, and how many do half of the work. See `channel_effects`."""
    moved = effects["moved"].sort_values(ascending=False)
    half = int((moved.cumsum() < moved.sum() / 2).sum()) + 1
    return (
        f"In {layer}, channel {moved.idxmax()} moves the colors of {picture} most: by {moved.max():.2f} of 255 on "
        f"average. Half of what all {len(moved)} channels move, added up, is moved by {half} of them."
    )


def sky_in_words(effects: pd.DataFrame, picture: str, others: list[pd.DataFrame]) -> str:
    """Which channel adds most blue to the upper third of a picture, and on how many other pictures it does so too.

    Args:
        effects: what `channel_effects` returns for the picture.
        picture: its name.
        others: the effects of the same layer's channels on the first photographs.
    """
    above = effects["cb_above"]
    if above.max() <= 0:
        return f"In the upper third of {picture} no channel of this layer adds blue."
    again = [other["cb_above"].idxmax() for other in others].count(above.idxmax())
    return (
        f"In the upper third of {picture}, channel {above.idxmax()} adds most blue: {above.max():.2f} of 255 to Cb. It "
        f"adds most blue there on {again} of the first {len(others)} photographs."
    )


def partners_in_words(
    partners: Mapping[int, tuple[int, float]], networks: tuple[str, str], layer: str, picture: str
) -> str:
    """How alike the matched channels of a layer are in two networks, on one picture. See `matched_channels`."""
    same = sum(channel == partner for channel, (partner, _) in partners.items())
    alike = pd.Series([correlation for _, correlation in partners.values()])
    return (
        f"Between {networks[0]} and {networks[1]}, {same} of {len(partners)} matched channels of {layer} keep their "
        f"number; the correlation of the partners' maps on {picture} is {alike.median():.2f} in the median, "
        f"{alike.min():.2f} at least."
    )


def similarity_in_words(similarities: Mapping[str, float], layers: pd.Index) -> list[str]:
    """Which of the layers differ most and least between two networks: no sentence if none has the same shape in both.

    Args:
        similarities: what `similarity` returns, by layer.
        layers: the names of the layers to compare.
    """
    alike = pd.Series(similarities, dtype=float).reindex(layers).dropna()
    if alike.empty:
        return []
    return [
        f"Channel by channel, {alike.idxmin()} differs most: its maps' cosine similarity in the two networks is "
        f"{alike.min():.2f}; {alike.idxmax()} differs least, {alike.max():.2f}."
    ]


def training_in_words(strip: Mapping[int, Tensor], channel: int, address: str) -> str:
    """How much a channel's map resembled its last one after each epoch that was kept.

    Args:
        strip: the layer's maps `(C, h, w)` by epoch, the last one last (see `Study.through_training`).
        channel: the number of the channel.
        address: how the sentence calls it.
    """
    *earlier, last = ((epoch, maps[channel]) for epoch, maps in strip.items())
    words = ", ".join(f"{correlation(maps, last[1]):.2f} after epoch {epoch}" for epoch, maps in earlier)
    return f"The map of {address} correlates with its last one: {words or 'only one epoch was kept'}."


def knowledge_in_words(found: Survey | None, cells: Cells, layer: str) -> list[str]:
    """Whether a channel of a layer knows a color, beside the controls.

    Args:
        found: what `survey` returns; None where the pictures have too little of the color to ask.
        cells: where the pictures have the color.
        layer: the layer, one of `found`.
    """
    things = f"{cells.color} ({COLORS[cells.color][1]})"
    if found is None:
        return [
            f"The pictures have too little {things} beside other things of the same luma to ask what a channel knows."
        ]
    known, random, first = found.trained[layer], found.random[layer], found.trained[found.first]
    controls = {f"the best channel of {layer} with random weights": random}
    if layer != found.first:
        controls[f"the best of the first stage, {found.first}"] = first
    values = "; ".join(f"{name} {control.auc[0]:.2f}" for name, control in controls.items())
    leads = {name: known.lead(control) for name, control in controls.items()}
    ahead = all(verdict(*lead[1:]) == "supported" for lead in leads.values())
    by = "; ".join(f"{with_interval(lead, '+.2f')} over {name}" for name, lead in leads.items())
    return [
        f"{layer}:{known.channel} is {'higher' if known.high else 'lower'} where the truth is {things} than at other "
        f"places of the same luma in {with_interval(known.auc, '.2f')} of the pairs, on {len(cells.judging)} pictures "
        f"on which it was not chosen, {known.pictures} of which have the color{too_few(known.pictures)}.",
        f"Controls there, chosen likewise: {values}; the luma itself {found.luma.auc[0]:.2f}; chance 0.50.",
        f"It is ahead of them by {by}: {_verdict(known, cells.color, ahead)}",
    ]


def _verdict(known: Knowledge, color: str, ahead: bool) -> str:
    if not ahead:
        return f"these pictures do not show that it knows more of {color} things than its controls."
    other, auc = max(known.other_colors.items(), key=lambda item: abs(item[1] - 0.5), default=("", 0.5))
    if abs(auc - 0.5) > abs(known.auc[0] - 0.5):
        side = "same" if auc > 0.5 else "other"
        return (
            f"it tells {color} things from others. But it tells {other} ones ({COLORS[other][1]}) more surely, on the "
            f"{side} side ({max(auc, 1 - auc):.2f}): it is they that it knows."
        )
    return f"this channel knows {color} things, beyond brightness and beyond what untrained filters find."


def loss_in_words(loss: Loss, color: str, address: str) -> str:
    """How the colors move without a channel, negative where they lose a color. See `loss_without`."""
    others = (
        f"; without one of {counted(loss.channels, 'other channel')} of the layer, drawn at random, by "
        f"{loss.others:.2f} there, up or down"
        if loss.channels
        else ""
    )
    return (
        f"Without {address} the colors move by {-loss.own:+z.2f} of 255 toward {color} where the truth is {color} and "
        f"by {-loss.elsewhere:+z.2f} elsewhere, mean of {counted(loss.pictures, 'picture')}{others}."
    )
