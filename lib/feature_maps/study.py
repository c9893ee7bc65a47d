"""What is known of networks and photographs, each thing computed once: activations, colors, effects of channels."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from torch import Tensor, nn

from lib.color.spaces import Colorizer
from lib.data.photographs import Photograph
from lib.evaluation.evaluate import device_of, predict
from lib.feature_maps.activations import Activation, capture, pick
from lib.feature_maps.interventions import channel_effects
from lib.feature_maps.measures import dead_channels
from lib.losses.vgg_features import GrayFeatures
from lib.networks.catalog import epochs_kept
from lib.networks.storage import load_network

_KEPT = 16  # activations of one picture take 7 MB at 128 px and width 64; the oldest are forgotten


class Study:
    """Networks looked at on photographs.

    Args:
        networks: by name, any colorizer, or the `Path` of a kept network, which is read when it is asked for. Only
            `nn.Module`s have layers, and only a path tells where the epochs before it are kept.
        photographs: to begin with; `add` takes more. Channels are counted as dead on all of these.
        device: where networks that are read are put.
    """

    def __init__(
        self, networks: Mapping[str, Colorizer | Path], photographs: Sequence[Photograph], device: str = "cpu"
    ):
        self.networks, self._device = dict(networks), device
        self.photographs = {photograph.name: photograph for photograph in photographs}
        self._given = list(self.photographs)
        self._read: dict[Path, nn.Module] = {}
        self._activations: OrderedDict[tuple[str, str], dict[str, Activation]] = OrderedDict()
        self._colors: dict[tuple[str, str], Tensor] = {}
        self._effects: dict[tuple[str, str, str], pd.DataFrame] = {}
        self._dead: dict[str, dict[str, int]] = {}

    def add(self, photograph: Photograph) -> str:
        """Take in a photograph, and return the name it goes by; one of a known name gets a number behind it."""
        name, number = photograph.name, 2
        while name in self.photographs:
            name, number = f"{photograph.name} ({number})", number + 1
        self.photographs[name] = photograph
        return name

    def photograph(self, name: str) -> Photograph:
        """A photograph by its name; an unknown one raises `ValueError`."""
        if name not in self.photographs:
            raise ValueError(f"no photograph is called {name!r} here; upload it again, or pick another")
        return self.photographs[name]

    def colorizer(self, name: str) -> Colorizer:
        """A colorizer by its name, read from its file where it is kept in one."""
        if name not in self.networks:
            raise ValueError(f"no network is called {name!r} here")
        source = self.networks[name]
        return self._kept(source) if isinstance(source, Path) else source

    def _kept(self, path: Path) -> nn.Module:
        if path not in self._read:
            self._read[path] = load_network(path, self._device)
        return self._read[path]

    def network(self, name: str) -> nn.Module:
        """A network by its name; a colorizer without layers raises `ValueError`."""
        colorizer = self.colorizer(name)
        if not isinstance(colorizer, nn.Module):
            raise ValueError(f"{name} is no network: there are no layers to show")
        return colorizer

    def activations(self, network: str, picture: str) -> dict[str, Activation]:
        """All layers of a network for one photograph, in execution order."""
        return self._captured_once(network, self.network(network), picture)

    def _captured_once(self, name: str, network: nn.Module, picture: str) -> dict[str, Activation]:
        key = (name, picture)
        if key not in self._activations:
            photograph = self.photograph(picture)
            with _in_our_words(name, photograph):
                self._activations[key] = capture(network, photograph.gray)
            if len(self._activations) > _KEPT:
                self._activations.popitem(last=False)
        self._activations.move_to_end(key)
        return self._activations[key]

    def layer(self, network: str, picture: str, layer: str) -> Activation:
        """One layer of a network for one photograph; a network without it raises `ValueError`."""
        activations = self.activations(network, picture)
        try:
            return pick(activations, layer)
        except ValueError as error:
            raise ValueError(f"{network}: {error}") from error

    def dead(self, network: str, layer: str) -> int:
        """How many channels of a layer are the same everywhere on each of the photographs given at first.

        They differ in size, so a channel is counted that is constant on every one of them, at whatever level.
        """
        if network not in self._dead:
            constant: dict[str, set[int]] = {}
            for name in self._given:
                for layer_name, activation in capture(self.network(network), self.photograph(name).gray).items():
                    found = set(dead_channels(activation.maps))
                    constant[layer_name] = constant.get(layer_name, found) & found
            self._dead[network] = {layer_name: len(channels) for layer_name, channels in constant.items()}
        return self._dead[network][layer]

    @property
    def counted_on(self) -> int:
        """On how many photographs dead channels are counted."""
        return len(self._given)

    def colors(self, network: str, picture: str) -> Tensor:
        """A network's colors of a photograph, `(1, 3, H, W)` on the CPU; one that gives none raises `ValueError`."""
        key = (network, picture)
        if key not in self._colors:
            colorizer, gray = self.colorizer(network), self.photograph(picture).gray
            if isinstance(colorizer, GrayFeatures):
                raise ValueError(f"{network} gives features and no colors")
            with _in_our_words(network, self.photograph(picture)):
                self._colors[key] = predict(colorizer, gray.to(device_of(colorizer)), network).cpu()
        return self._colors[key]

    def effects(
        self, network: str, picture: str, layer: str, tick: Callable[[int, int], None] = lambda done, of: None
    ) -> pd.DataFrame:
        """What each channel of a layer adds to the colors of a photograph (see `channel_effects`).

        `tick` is told how many channels are done, of how many.
        """
        key = (network, picture, layer)
        if key not in self._effects:
            self.colors(network, picture)  # says what is wrong with a network that gives no colors
            count, done = self.layer(network, picture, layer).maps.shape[1], 0

            def told(channels: int) -> None:
                nonlocal done
                done += channels
                tick(done, count)

            gray = self.photograph(picture).gray
            self._effects[key] = channel_effects(self.network(network), gray, layer, count, told)
        return self._effects[key]

    def through_training(self, network: str, picture: str, layer: str) -> dict[int, Tensor]:
        """A layer's maps `(C, h, w)` for one photograph after every epoch that was kept of a network's training."""
        source = self.networks.get(network)
        if not isinstance(source, Path):
            raise ValueError(f"no epochs were kept of {network}; pick a network that a training has kept")
        found = {}
        for epoch, path in epochs_kept(source.parent).items():
            found[epoch] = pick(self._captured_once(str(path), self._kept(path), picture), layer).maps[0]
        return found


@contextmanager
def _in_our_words(network: str, photograph: Photograph) -> Iterator[None]:
    """torch's own words, mostly about a picture that is too small, with what they are about before them."""
    try:
        yield
    except RuntimeError as error:
        height, width = photograph.gray.shape[-2:]
        reason = (str(error) or "it says not why").splitlines()[0]
        raise ValueError(f"{network} cannot take {photograph.name} of {width} x {height} px: {reason}") from error
