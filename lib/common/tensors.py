"""Tensors in safetensors files, written whole, with a checksum by which a damaged file is noticed when it is read."""

import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from lib.common.files import atomic_write, printable

_CHECKSUM = "checksum"  # of tensors and metadata, kept among the metadata; files of older versions have none


def damaged(path: str | Path, reason: object) -> ValueError:
    """The error for a file whose content cannot be used: it names the file, the reason and what to do."""
    text = " ".join(str(reason).split())[:200]
    return ValueError(
        f"{printable(path)}: is no whole safetensors file ({text}); copy it again, or remove it and train again"
    )


@contextmanager
def open_tensors(path: str | Path) -> Iterator[safe_open]:
    """A safetensors file, open for reading; its tensors are read when they are asked for.

    Raises:
        ValueError: the file is damaged, or no file but a folder; also raised by what the block reads of the file.
        OSError: there is no such file, or it may not be read.
    """
    path = Path(path)
    if path.exists() and not path.is_file():
        raise ValueError(f"{printable(path)}: is {'a folder' if path.is_dir() else 'no file'}; name a safetensors file")
    with path.open("rb") as raw:  # raises Python's own errors, which name the file
        # safetensors takes no names that are not UTF-8; the file has another one where it is open.
        name = path if printable(path) == str(path) else f"/dev/fd/{raw.fileno()}"
        try:
            with safe_open(name, "pt") as file:
                yield file
        # What a header with a wrong type, name or number brings about, in safetensors itself and in torch.
        except (SafetensorError, RuntimeError, AttributeError, TypeError, KeyError, MemoryError, UnicodeError) as error:
            raise damaged(path, error) from error


def read_metadata(path: str | Path) -> dict[str, str]:
    """The metadata of a safetensors file by name; no tensor is read. Errors as in `open_tensors`."""
    with open_tensors(path) as file:
        return file.metadata() or {}


def read_tensors(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors and the metadata of a safetensors file, both by name, on the CPU.

    Raises:
        ValueError: the file is damaged: its structure, or a single bit of a file of `write_tensors`.
        OSError: there is no such file, or it may not be read.
    """
    with open_tensors(path) as file:
        tensors, metadata = {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    checksum = metadata.pop(_CHECKSUM, None)
    if checksum is not None and checksum != _checksum(tensors, metadata):
        raise damaged(path, "its content does not match its checksum")
    return tensors, metadata


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> None:
    """Write tensors and metadata to a safetensors file, whole or not at all, with their checksum."""
    own = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    metadata = dict(metadata or {})
    # Not by save_file: it writes into a temporary file of its own, which nobody would find where it is killed.
    with atomic_write(path) as temporary:
        temporary.write_bytes(save(own, metadata | {_CHECKSUM: _checksum(own, metadata)}))


def _checksum(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> str:
    """8 hex digits for names, types, shapes and bytes; 3 GB a second."""
    shapes = [(name, str(tensor.dtype), list(tensor.shape)) for name, tensor in sorted(tensors.items())]
    value = zlib.crc32(json.dumps([sorted(metadata.items()), shapes]).encode())
    for _, tensor in sorted(tensors.items()):
        value = zlib.crc32(tensor.flatten().view(torch.uint8).numpy(), value)
    return f"{value:08x}"
