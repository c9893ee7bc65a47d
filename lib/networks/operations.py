"""What layers and operations are called in a drawing: "convolution 3×3, stride 2", "batch norm", "upsampling ×2"."""

import re
from collections import Counter

from torch import Tensor, nn

_NORMS = {
    "BatchNorm": "batch norm",
    "GroupNorm": "group norm",
    "LayerNorm": "layer norm",
    "InstanceNorm": "instance norm",
}
_FUNCTIONS = {  # of torch, torch.nn.functional and Tensor
    "add": "addition",
    "cat": "concatenation",
    "relu": "ReLU",
    "gelu": "GELU",
    "silu": "SiLU",
    "leaky_relu": "leaky ReLU",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "max_pool2d": "max pooling",
    "avg_pool2d": "average pooling",
}
_CLASSES = {"ReLU": "ReLU", "ReLU6": "ReLU6", "GELU": "GELU", "SiLU": "SiLU", "LeakyReLU": "leaky ReLU"}
_SILENT = (nn.Identity, nn.Dropout, nn.Dropout2d)  # they do nothing in a finished network
_MANY = 6  # operations; more are counted instead of listed


def name_of_layer(layer: nn.Module) -> list[str]:
    """The name of a module that has no parts of its own; none for a layer that does nothing.

    >>> name_of_layer(nn.Conv2d(1, 8, 3, stride=2)), name_of_layer(nn.MaxPool2d(2)), name_of_layer(nn.Identity())
    (['convolution 3×3, stride 2'], ['max pooling 2×2'], [])
    """
    name = type(layer).__name__
    if isinstance(layer, _SILENT):
        return []
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        kind = "transposed convolution" if layer.transposed else "convolution"
        if layer.groups == layer.in_channels > 1:
            kind = f"depthwise {kind}"
        stride = "" if layer.stride == (1, 1) else f", stride {_one(layer.stride)}"
        return [f"{kind} {_by(layer.kernel_size)}{stride}"]
    if isinstance(layer, nn.MaxPool2d | nn.AvgPool2d):
        return [f"{'max' if isinstance(layer, nn.MaxPool2d) else 'average'} pooling {_by(layer.kernel_size)}"]
    for norm, words in _NORMS.items():
        if name.startswith(norm):
            return [words]
    return [_CLASSES.get(name) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()]


def name_of_stage(module: nn.Module) -> str:
    """What a sequence of parts of one kind, each of several layers, is called by the name of their class; else "".

    >>> class _Residual(nn.Module):
    ...     def __init__(self, stride):
    ...         super().__init__()
    ...         self.layer = nn.Conv2d(8, 8, 3, stride)
    >>> name_of_stage(nn.Sequential(_Residual(2), _Residual(1))), name_of_stage(nn.Sequential(nn.ReLU()))
    ('2 × residual 3×3, stride 2', '')
    """
    parts = list(module.children())
    kinds = {type(part) for part in parts}
    plain = kinds & {nn.Sequential, nn.ModuleList}
    if not isinstance(module, nn.Sequential) or len(kinds) != 1 or plain or not list(parts[0].children()):
        return ""
    convolutions = [layer for layer in module.modules() if isinstance(layer, nn.modules.conv._ConvNd)]
    size, stride = (
        max((max(getattr(layer, name)) for layer in convolutions), default=0) for name in ("kernel_size", "stride")
    )
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kinds.pop().__name__.lstrip("_")).lower()
    times = f"{len(parts)} × " if len(parts) > 1 else ""
    return f"{times}{name}{f' {size}×{size}' if size else ''}{f', stride {stride}' if stride > 1 else ''}"


def _by(size: int | tuple[int, int]) -> str:
    return f"{size}×{size}" if isinstance(size, int) else "×".join(map(str, size))


def _one(stride: tuple[int, int]) -> str:
    return str(stride[0]) if len(set(stride)) == 1 else _by(stride)


def name_of_operation(name: str, given: list[Tensor], made: list[Tensor]) -> str:
    """The name of a function of PyTorch's that is worth a word in a drawing, else "".

    Args:
        name: what the function is called in PyTorch, such as "interpolate" or "__add__".
        given: its inputs.
        made: its outputs.
    """
    name = name.strip("_")
    if name == "interpolate":
        ratio = made[0].shape[-1] / given[0].shape[-1]
        return f"{'upsampling' if ratio >= 1 else 'downsampling'} ×{ratio:.3g}"
    if name == "add" and len(given) < 2:
        return ""  # a number was added
    return _FUNCTIONS.get(name, "")


def in_words(operations: list[str]) -> str:
    """Operations in their order, in a few words.

    >>> in_words(["convolution 3×3", "ReLU"] * 2)
    '2 × (convolution 3×3, ReLU)'
    """
    for length in range(1, len(operations) // 2 + 1):
        times = len(operations) // length
        if operations == operations[:length] * times:
            once = ", ".join(operations[:length])
            return f"{times} × {once}" if length == 1 else f"{times} × ({once})"
    if len(operations) > _MANY:
        operations = [f"{n} × {name}" if n > 1 else name for name, n in Counter(operations).items()]
    return ", ".join(operations)
