"""Reading photographs: one file in, an 8-bit RGB picture as a person sees it out."""

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"}


class PhotographError(ValueError):
    """A picture that cannot be used; the message names the file and says why."""


def read_photograph(path: str | Path, content: bytes | None = None) -> Image.Image:
    """Read any picture PIL reads as 8-bit RGB, as a person sees it; from `content` where its bytes are at hand.

    EXIF rotation is applied, transparency is laid on white, 16-bit gray is scaled to 8 bits. Raises `PhotographError`
    for a file that is missing, empty, truncated, no picture, or larger than PIL's limit against decompression bombs.
    """
    try:
        # Opened by path, PIL maps an uncompressed TIFF into memory, and turns a rotated one into noise.
        with Image.open(io.BytesIO(Path(path).read_bytes() if content is None else content)) as opened:
            image = ImageOps.exif_transpose(opened)  # decodes: a truncated file fails here, not later
    except FileNotFoundError as error:
        raise PhotographError(f"{path}: no such file") from error
    except UnidentifiedImageError as error:
        raise PhotographError(f"{path}: not readable as a picture; replace or remove it") from error
    except Exception as error:  # PIL raises errors of all kinds on damaged files and damaged EXIF
        raise PhotographError(f"{path}: not readable as a picture ({error}); replace or remove it") from error
    if image.mode.startswith("I"):  # 16 bits a pixel, which PIL's own conversion would clip to 255
        levels = np.asarray(image)
        return Image.fromarray((levels.clip(0, 65535) / 257).round().astype(np.uint8)).convert("RGB")
    if image.mode == "F":
        raise PhotographError(f"{path}: floating-point pixels have no agreed range; save it with 8 or 16 bits")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def squared(image: Image.Image, size: int) -> Image.Image:
    """The picture's center square, antialiased to `size` x `size`."""
    return ImageOps.fit(image, (size, size), Image.Resampling.BICUBIC)


def list_pictures(folder: str | Path) -> dict[str, Path]:
    """The pictures directly in `folder` by stem, sorted. Two files of one stem raise `PhotographError`."""
    found: dict[str, Path] = {}
    for path in sorted(Path(folder).iterdir()):
        if path.suffix.lower() not in SUFFIXES or path.name.startswith("."):
            continue
        if path.stem in found:
            raise PhotographError(f"{path} and {found[path.stem].name} have the same stem; rename one")
        found[path.stem] = path
    return found
