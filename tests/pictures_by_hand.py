"""Pictures and files of every kind, made by hand, for the tests of the reader, of `colorize` and of filters."""

import functools
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import skimage.data
import torch
from PIL import ExifTags, Image, ImageCms

CAMERA = skimage.data.camera()[::4, ::3].copy()  # 128 x 171: not square, an odd side
EDGE_CASES = {
    "constant": np.full((9, 7), 90, np.uint8),
    "one row": np.arange(0, 250, 5, dtype=np.uint8)[None],
    "one column": np.arange(0, 250, 5, dtype=np.uint8)[:, None],
    "one pixel": np.array([[255]], np.uint8),
    "two values": np.where(np.indices((8, 8)).sum(0) % 2, 10, 240).astype(np.uint8),
}
MAKE, ORIENTATION, GPS_LATITUDE = ExifTags.Base.Make, ExifTags.Base.Orientation, ExifTags.GPS.GPSLatitudeRef
TAKEN = ExifTags.Base.DateTimeOriginal
TURNED = {  # how a photograph is stored that is shown upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def truncated(path: Path, image: Image.Image) -> None:
    """The first half of a picture's file."""
    image.save(path, **({"compression": "tiff_lzw"} if path.suffix == ".tif" else {}))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def opened(path: Path) -> Image.Image:
    """The decoded picture of a file, which is closed again."""
    with Image.open(path) as image:
        image.load()
        return image


def luma(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("L")).astype(int)


def written(folder: Path) -> list[str]:
    """Names of all files below a folder, hidden ones too."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def sixteen_bits(gray: Image.Image) -> np.ndarray:
    """Levels that are nearest to those of 8 bits: at them and, in every second row, somewhat above or below."""
    levels = np.asarray(gray).astype(np.uint16) * 257
    beside = np.where(levels < 32_768, 100, -100)
    beside[::2] = 0
    return (levels + beside).astype(np.uint16)


def made_exif(orientation: int = 1, description: str = "") -> bytes:
    exif = Image.Exif()
    exif[MAKE], exif[ORIENTATION] = "Kodak", orientation
    exif.get_ifd(ExifTags.IFD.Exif)[TAKEN] = "1936:03:01 12:00:00"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[GPS_LATITUDE] = "N"
    exif[ExifTags.Base.ImageDescription] = description
    return exif.tobytes()


def damaged_exif(orientation: int) -> bytes:
    """A maker that is a fraction: PIL reads it, and raises an `AttributeError` where it would write it again."""
    tags = struct.pack("<HHIIHHII", ORIENTATION, 3, 1, orientation, MAKE, 5, 1, 8)
    return b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + tags + bytes(4)


@functools.cache  # it holds the second in which it is made
def profile(space: bytes = b"RGB ") -> bytes:
    """An sRGB profile that says it is about the channels `space`."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return made[:16] + space + made[20:]


def random_chroma(*shape: int, largest: float = 0.5, seed: int = 0) -> torch.Tensor:
    return largest * (2 * torch.rand(shape, generator=torch.Generator().manual_seed(seed)) - 1)


def random_pair(size: tuple[int, ...] = (2, 3, 16, 16), dtype: torch.dtype = torch.float32) -> tuple:
    """Two tensors of noise in [0, 1], the same every time."""
    generator = torch.Generator().manual_seed(3)
    return torch.rand(size, generator=generator, dtype=dtype), torch.rand(size, generator=generator, dtype=dtype)


def failing_save(error: BaseException) -> Callable:
    """A method of saving pictures that writes half of one and raises."""

    def save(image, path, **_):
        path.write_bytes(b"half of a pict")
        raise error

    return save
