"""The blocks of a network, their shapes and who feeds whom, found by running it once.

Nothing is read from a network's source: every operation of one forward pass is watched, and with it which blocks'
outputs went into each tensor. So the result is true for any width, any encoder and any way of joining maps.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from lib.networks.operations import in_words, name_of_layer, name_of_operation, name_of_stage

Output = tuple[int, int]  # a tensor that flows from block to block: the block's place in the list, and which output


@dataclass(frozen=True)
class Block:
    """A part of a network, as a drawing shows it.

    Args:
        name: its name in the network, such as "encoder.0"; "input" and "output" for the ends.
        operation: what it does, in a few words: "convolution 3×3, stride 2, ReLU".
        outputs: the shape of each of its outputs, without the batch: `(C, H, W)` of a map.
        parameters: how many weights it has, frozen ones included.
        sources: the earlier blocks' outputs that feed it, each as the block's place in the list and which output.
    """

    name: str
    operation: str
    outputs: tuple[tuple[int, ...], ...]
    parameters: int = 0
    sources: tuple[Output, ...] = ()


def blocks_of(network: nn.Module, gray: Tensor) -> list[Block]:
    """The blocks of a network in the order in which they run, between its input and its output.

    The network runs once, in eval mode, on the first picture. Its weights and mode are left as they were, and so is
    the random state.

    Args:
        network: any module that takes a picture.
        gray: its input, `(B, C, H, W)`; one channel for a colorizer.

    Returns:
        The input, the blocks and the output.
    """
    modes = [(module, module.training) for module in network.modules()]
    weight = next(chain(network.parameters(), network.buffers()), gray)
    picture = gray[:1].to(weight.device).clone()
    watch = _Watch(picture)
    try:
        with torch.random.fork_rng(devices=[]), torch.inference_mode(), ExitStack() as hooks:
            network.eval()
            for name, parts in parts_of(network):
                watch.follow(name, parts, hooks)
            with watch:
                result = network(picture)
    finally:
        for module, training in modes:
            module.training = training
    return [*watch.blocks, Block("output", "", _shapes(result), sources=watch.sources(result))]


def parts_of(network: nn.Module) -> list[tuple[str, list[nn.Module]]]:
    """The modules that are blocks: name and, because a sequence of layers may hold several blocks, first to last."""
    prefix, children = "", dict(network.named_children())
    while len(children) == 1 and list(next(iter(children.values())).children()):  # a shell around the network proper
        ((name, network),) = children.items()
        prefix, children = f"{prefix}{name}.", dict(network.named_children())
    if not children:
        return [(prefix.rstrip(".") or "network", [network])]
    if type(network) is nn.Sequential and not any(list(child.children()) for child in children.values()):
        return _grouped(prefix, children)
    return [part for name, child in children.items() for part in _within(f"{prefix}{name}", child)]


def _within(name: str, module: nn.Module) -> list[tuple[str, list[nn.Module]]]:
    """The blocks of a child: those of its children where it is a plain container of larger things, else itself."""
    nested = any(list(child.children()) for child in module.children())
    if isinstance(module, nn.ModuleList) or (type(module) is nn.Sequential and nested):
        return [part for number, child in module.named_children() for part in _within(f"{name}.{number}", child)]
    return [(name, [module])]


def _grouped(prefix: str, layers: dict[str, nn.Module]) -> list[tuple[str, list[nn.Module]]]:
    """Layers as blocks: each convolution, pooling or linear layer with the norm and the activation after it."""
    groups = []
    for name, layer in layers.items():
        if not groups or isinstance(layer, nn.modules.conv._ConvNd | nn.Linear) or "Pool" in type(layer).__name__:
            groups.append((f"{prefix or 'layer '}{name}", []))
        groups[-1][1].append(layer)
    return groups


def _tensors(value: object) -> list[Tensor]:
    """All tensors in a value: itself, or those in lists, tuples and dictionaries."""
    if isinstance(value, Tensor):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [tensor for one in inner for tensor in _tensors(one)]


def _shapes(value: object) -> tuple[tuple[int, ...], ...]:
    """The shapes of the tensors in a value, without the batch; one empty shape for an object of another kind."""
    return tuple(tuple(tensor.shape[1:]) for tensor in _tensors(value)) or ((),)


def _memory(value: object) -> list[int]:
    """The addresses of the memory behind all tensors in a value; views of one tensor share theirs."""
    return [tensor.untyped_storage().data_ptr() for tensor in _tensors(value) if tensor.numel()]


def _count(modules: list[nn.Module]) -> int:
    """The weights of modules. A frozen feature network keeps its own as buffers, which count too."""
    count = 0
    for module in modules:
        count += sum(weight.numel() for weight in module.parameters())
        count += sum(b.numel() for name, b in module.named_buffers() if name.split(".")[-1] in ("weight", "bias"))
    return count


@dataclass
class _Call:
    """A module with parts of its own that is running: what it was given, and where its operations begin."""

    inputs: list[int]
    begin: int
    residual: bool = False


class _Watch(TorchFunctionMode):
    """Watches a forward pass: which outputs of blocks went into each tensor, and what happens inside each block."""

    def __init__(self, picture: Tensor):
        super().__init__()
        self.blocks = [Block("input", "", _shapes(picture))]
        self._flowed: dict[int, set[Output]] = {memory: {(0, 0)} for memory in _memory(picture)}
        self._alive: list[object] = [picture]  # the address of a tensor that is kept is not used again
        self._operations: list[str] | None = None  # of the block that is running, if one is
        self._fed: tuple[Output, ...] = ()
        self._calls: list[_Call] = []
        self._layer = False  # what happens inside a layer is its own affair

    def sources(self, value: object) -> tuple[Output, ...]:
        """The outputs that went into a value. Where they cannot be known (numpy was between), the block before."""
        return tuple(sorted(self._outputs(_memory(value)))) or ((len(self.blocks) - 1, 0),)

    def _outputs(self, memories: list[int]) -> set[Output]:
        return set().union(*(self._flowed.get(memory, ()) for memory in memories))

    def __torch_function__(self, function, types, args=(), kwargs=None):
        given = _memory([args, kwargs or {}])
        result = function(*args, **(kwargs or {}))
        flowed = self._outputs(given)
        # The result may lie where an input does (a view, or a change in place); x[...] = y gives no result at all.
        for memory in _memory(result) or given[:1]:
            self._flowed[memory] = self._flowed.get(memory, set()) | flowed
        self._alive.append(result)
        if self._operations is not None and not self._layer:
            self._note(name_of_operation(function.__name__, _tensors([args, kwargs or {}]), _tensors(result)), given)
        return result

    def _note(self, name: str, given: list[int]) -> None:
        """Keep what happened between layers. A module that adds its only input to what it made of it is residual."""
        own = self._calls[-1] if self._calls else None
        if name == "addition" and own and len(own.inputs) == 1 and own.inputs[0] in given:
            own.residual = True
        elif name:
            self._operations.append(name)

    def follow(self, name: str, modules: list[nn.Module], hooks: ExitStack) -> None:
        """Make modules, run one after the other, a block of that name, until `hooks` are closed."""

        def begin(_module: nn.Module, args: tuple, kwargs: dict) -> None:
            self._operations, self._fed = [], self.sources([args, kwargs])

        def end(_module: nn.Module, _args: tuple, result: object) -> None:
            names = [block.name for block in self.blocks]
            if name not in names:  # its first call
                operation = (len(modules) == 1 and name_of_stage(modules[0])) or in_words(self._operations)
                self.blocks.append(Block(name, operation, _shapes(result), _count(modules), self._fed))
            place = names.index(name) if name in names else len(names)
            self._flowed |= {memory: {(place, number)} for number, memory in enumerate(_memory(result))}
            self._operations = None

        hooks.enter_context(modules[0].register_forward_pre_hook(begin, with_kwargs=True))
        for part in (part for module in modules for part in module.modules()):
            self._look_into(part, hooks)
        hooks.enter_context(modules[-1].register_forward_hook(end))

    def _look_into(self, module: nn.Module, hooks: ExitStack) -> None:
        """Keep what a part of a block is called, at each of its calls inside the block."""
        is_layer = not list(module.children())

        def begin(_module: nn.Module, args: tuple) -> None:
            self._layer = is_layer
            if not is_layer and self._operations is not None:
                self._calls.append(_Call(_memory(args), len(self._operations)))

        def end(_module: nn.Module, _args: tuple, _result: object) -> None:
            self._layer = False
            if self._operations is None:
                return
            if is_layer:
                self._operations += name_of_layer(module)
            elif (call := self._calls.pop()).residual:
                self._operations[call.begin :] = ["residual block"]

        hooks.enter_context(module.register_forward_pre_hook(begin))
        hooks.enter_context(module.register_forward_hook(end))
