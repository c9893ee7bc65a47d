"""What notebook 04 concludes about the feature maps of a network."""

from collections.abc import Mapping

import pandas as pd
from torch import Tensor

from lib.feature_maps.measures import correlation, rectified_layers


def layers_in_words(summary: pd.DataFrame) -> list[str]:
    """Whether layers follow edges, textures and regions in this order, and how many channels are dead.

    `summary` is what `layer_summary` returns. The order is judged on the layers behind a nonlinearity, from the first
    down to the smallest maps.
    """
    layers = rectified_layers(summary)
    inward = layers[: 1 + list(layers["height"]).index(layers["height"].min())]
    edges, texture, reach = (inward[column] for column in ("edges", "texture", "reach"))
    places = [list(inward.index).index(values.idxmax()) for values in (edges, texture, reach)]
    holds = "holds" if places == sorted(places) and places[0] < places[-1] else "does not hold"
    dead, channels = layers["dead"].sum(), layers["channels"].sum()
    most = f", most in {layers['dead'].idxmax()} ({layers['dead'].max()})" if layers["dead"].any() else ""
    return [
        f"Down to the smallest maps, edges are followed best by {edges.idxmax()} ({edges.max():.2f}), texture by "
        f"{texture.idxmax()} ({texture.max():.2f}), and the maps of {reach.idxmax()} reach farthest "
        f"({reach.max():.2f}): the textbook's order, edges, textures, regions, {holds} on these pictures.",
        f"Dead on these pictures: {dead} of {channels} channels behind a nonlinearity{most}.",
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
