"""Which parts of a network are listed as its layers: all of them, or the blocks of a large network."""

from torch import nn

from lib.networks.anatomy import parts_of
from lib.networks.operations import in_words, name_of_layer, name_of_stage

MANY = 48  # layers; a network with more is listed by its blocks
_SHORT = 48  # characters of a phrase that fits into a list


def listed_layers(network: nn.Module) -> dict[str, str]:
    """The names of the layers that a list shows, each with what it does.

    A network of up to `MANY` layers is listed layer by layer; the type of a layer says what it does, so the text is
    empty. A larger one is listed by its blocks (see `anatomy`): "encoder.3" is "2 × inverted residual 5×5, stride 2".
    The layers inside a block can still be captured by their names.
    """
    parts = dict(network.named_modules())
    layers = [name for name, part in parts.items() if is_layer(part) and not isinstance(part, nn.Identity)]
    if len(layers) <= MANY:
        return dict.fromkeys(layers, "")
    names = {part: name for name, part in parts.items()}
    return {names[block[-1]]: in_brief(block) for _, block in parts_of(network)}


def is_layer(module: nn.Module) -> bool:
    """Whether a module has no parts of its own."""
    return not list(module.children())


def opened(network: nn.Module, name: str) -> dict[str, str]:
    """The parts of a block, as `listed_layers` lists them: for a block whose output is no feature map."""
    prefix = f"{name}." if name else ""
    return {f"{prefix}{part}": in_brief([module]) for part, module in network.get_submodule(name).named_children()}


def in_brief(block: list[nn.Module]) -> str:
    """What a block does, in one short phrase; empty for a single layer, whose type says it.

    >>> in_brief([nn.Sequential(nn.Conv2d(1, 8, 3, stride=2), nn.ReLU6())])
    'convolution 3×3, stride 2, ReLU6'
    """
    if len(block) == 1 and is_layer(block[0]):
        return ""
    if len(block) == 1 and (stage := name_of_stage(block[0])):
        return stage
    layers = [layer for module in block for layer in module.modules() if is_layer(layer)]
    operations = [name for layer in layers for name in name_of_layer(layer)]
    words = in_words(operations)
    convolutions = [layer for layer in layers if isinstance(layer, nn.modules.conv._ConvNd)]
    if len(words) <= _SHORT or not convolutions:
        return words
    size = max(max(layer.kernel_size) for layer in convolutions)
    return f"{len(convolutions)} convolutions up to {size}×{size}, {operations[-1]} last"
