"""Caches what is computed from networks and photographs: activations, colors and effects of channels."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache, partial
from pathlib import Path

import pandas as pd
from torch import Tensor, nn

from lib.color.spaces import Colorizer
from lib.common.usage import free_name
from lib.data.photographs import Photograph
from lib.evaluation.evaluate import device_of, predict
from lib.evaluation.methods_file import in_words
from lib.feature_maps.activations import Activation, capture, pick
from lib.feature_maps.interventions import channel_effects
from lib.feature_maps.measures import dead_channels
from lib.losses.vgg_features import GrayFeatures
from lib.networks.catalog import epochs_kept
from lib.networks.storage import load_network

_MAX_CACHED = 16  # the activations of one picture take 7 MB at 128 px and width 64


class Study:
    """Networks applied to photographs, with every result computed once.

    Args:
        networks: by name, any colorizer, or the `Path` of a saved network, which is loaded when it is first used. Only
            an `nn.Module` has layers. Only for a path are the earlier epochs of its training known.
        photographs: the initial photographs; `add` adds more. Dead channels are counted on the initial ones.
        device: where loaded networks are placed.
    """

    def __init__(
        self, networks: Mapping[str, Colorizer | Path], photographs: Sequence[Photograph], device: str = "cpu"
    ):
        self.networks = dict(networks)
        self.photographs = {photograph.name: photograph for photograph in photographs}
        self.initial = list(self.photographs)  # names
        self._effects: dict[tuple[str, str, str], pd.DataFrame] = {}
        # From here on, each of these computes a result once for its arguments.
        self._load = cache(partial(load_network, device=device))
        self._capture = lru_cache(_MAX_CACHED)(self._capture)
        self._constant_channels = cache(self._constant_channels)
        self.colors = cache(self.colors)

    def add(self, photograph: Photograph) -> str:
        """Add a photograph and return its name here. If the name is in use, a number is appended to it."""
        name = free_name(photograph.name, self.photographs)
        self.photographs[name] = photograph
        return name

    def photograph(self, name: str) -> Photograph:
        """The photograph of a name. An unknown name raises `ValueError`."""
        if name not in self.photographs:
            raise ValueError(f"no photograph is called {name!r} here; upload it again, or pick another")
        return self.photographs[name]

    def colorizer(self, name: str) -> Colorizer:
        """The colorizer of a name, loaded from its file if it is a saved one. An unknown name raises `ValueError`."""
        if name not in self.networks:
            raise ValueError(f"no network is called {name!r} here")
        source = self.networks[name]
        return self._load(source) if isinstance(source, Path) else source

    def network(self, name: str) -> nn.Module:
        """The network of a name. A colorizer that is not an `nn.Module` raises `ValueError`."""
        colorizer = self.colorizer(name)
        if not isinstance(colorizer, nn.Module):
            raise ValueError(f"{name} is not a network: it has no layers to show")
        return colorizer

    def activations(self, network: str, picture: str) -> dict[str, Activation]:
        """The activations of all layers of a network for one photograph, in execution order."""
        return self._capture(network, self.network(network), picture)

    def _capture(
        self, name: str, network: nn.Module, picture: str, layers: tuple[str, ...] | None = None
    ) -> dict[str, Activation]:
        photograph = self.photograph(picture)
        with _naming_errors(name, photograph):
            return capture(network, photograph.gray, layers)

    def layer(self, network: str, picture: str, layer: str) -> Activation:
        """The activation of one layer of a network for one photograph: a listed one, or any other by its name.

        Raises:
            ValueError: there is no such layer, or its output is no feature map. The message lists the layers.
        """
        return self._layer(network, self.network(network), picture, layer)

    def _layer(self, name: str, network: nn.Module, picture: str, layer: str) -> Activation:
        listed = self._capture(name, network, picture)
        inner = layer not in listed and layer != "" and layer in dict(network.named_modules())
        activations = self._capture(name, network, picture, (layer,)) if inner else listed
        try:
            return pick(activations, layer)
        except ValueError as error:
            raise ValueError(f"{name}: {f'{layer} has no feature maps' if inner else error}") from error

    def dead(self, network: str, layer: str) -> int:
        """The number of dead channels of a layer: those that are constant on each of the initial photographs.

        The photographs may differ in size, and a dead channel may have another constant value on each.
        """
        listed = self._constant_channels(network)
        return len(listed[layer] if layer in listed else self._constant_channels(network, (layer,))[layer])

    def _constant_channels(self, network: str, layers: tuple[str, ...] | None = None) -> dict[str, set[int]]:
        constant: dict[str, set[int]] = {}
        for name in self.initial:
            for layer, activation in capture(self.network(network), self.photograph(name).gray, layers).items():
                channels = set(dead_channels(activation.maps))
                constant[layer] = constant.get(layer, channels) & channels
        return constant

    def colors(self, network: str, picture: str) -> Tensor:
        """A network's colors of a photograph, RGB `(1, 3, H, W)` in [0, 1] on the CPU.

        A network that gives no colors raises `ValueError`.
        """
        colorizer, photograph = self.colorizer(network), self.photograph(picture)
        if isinstance(colorizer, GrayFeatures):
            raise ValueError(f"{network} gives features and no colors")
        with _naming_errors(network, photograph):
            return predict(colorizer, photograph.gray.to(device_of(colorizer)), network).cpu()

    def effects(
        self, network: str, picture: str, layer: str, tick: Callable[[int, int], None] | None = None
    ) -> pd.DataFrame:
        """What each channel of a layer contributes to the colors of a photograph (see `channel_effects`).

        `tick` is called after each batch of channels with the number of channels done and their total.
        """
        key = (network, picture, layer)
        if key not in self._effects:
            self.colors(network, picture)  # raises with the reason if the network gives no colors
            channels = self.layer(network, picture, layer).maps.shape[1]
            gray = self.photograph(picture).gray
            self._effects[key] = channel_effects(self.network(network), gray, layer, channels, tick)
        return self._effects[key]

    def keeps_epochs(self, network: str) -> bool:
        """Whether earlier epochs of a network's training are known: it was given as the path of a saved network."""
        return isinstance(self.networks.get(network), Path)

    def through_training(self, network: str, picture: str, layer: str) -> dict[int, Tensor]:
        """A layer's maps `(C, h, w)` for one photograph after each saved epoch of a network's training, by epoch."""
        if not self.keeps_epochs(network):
            raise ValueError(f"no epochs of {network} were saved; pick a network that a training has saved")
        return {
            epoch: self._layer(str(path), self._load(path), picture, layer).maps[0]
            for epoch, path in epochs_kept(self.networks[network].parent).items()
        }


@contextmanager
def _naming_errors(network: str, photograph: Photograph) -> Iterator[None]:
    """Re-raise what a network or a method raises as `ValueError` with it and the photograph named first.

    Most errors of torch say that the picture is too small.
    """
    try:
        yield
    except RuntimeError as error:
        height, width = photograph.gray.shape[-2:]
        cause = error.__cause__ or error  # `predict` names the network, too
        if isinstance(cause, ValueError):  # a sentence, such as on a picture that is too small
            raise cause from None
        reason = in_words(cause) if type(cause) is not RuntimeError or not str(cause) else str(cause).splitlines()[0]
        raise ValueError(f"{network} cannot take {photograph.name} of {width} x {height} px: {reason}") from error
