"""One photograph in, the same photograph in color out."""

from typing import TYPE_CHECKING

import numpy as np
from PIL import ExifTags, Image

if TYPE_CHECKING:
    from lib.networks.chroma_net import ChromaNet

# EXIF that is about the photograph. The rest is about how its pixels were stored, which is true no more.
_KEPT = """DocumentName ImageDescription Make Model Software DateTime Artist HostComputer Copyright Rating RatingPercent
    XResolution YResolution ResolutionUnit XPTitle XPComment XPAuthor XPKeywords XPSubject ExifOffset GPSInfo"""
_KEPT_TAGS = {ExifTags.Base[name] for name in _KEPT.split()}
_MOST_EXIF = 65533  # bytes that a JPEG marker holds
_TURNS = "FLIP_LEFT_RIGHT ROTATE_180 FLIP_TOP_BOTTOM TRANSPOSE ROTATE_270 TRANSVERSE ROTATE_90"
_TURN_OF = {orientation: Image.Transpose[name] for orientation, name in enumerate(_TURNS.split(), 2)}  # 1 is upright


def _read_exif(image: Image.Image) -> tuple[int, bytes]:
    """The orientation that EXIF gives a decoded picture (1 to 8), and what is to be kept of its EXIF."""
    orientation = 1
    try:
        exif, kept = image.getexif(), Image.Exif()
        orientation = exif.get(ExifTags.Base.Orientation, 1)
        kept.load(exif.tobytes())
        for tag in set(kept) - _KEPT_TAGS:
            del kept[tag]
        found = kept.tobytes() if kept else b""
    except Exception:  # EXIF is damaged in many ways, and PIL raises as many errors; none shall cost the picture
        return orientation, b""
    return orientation, found if len(found) <= _MOST_EXIF else b""


def _about(image: Image.Image, exif: bytes) -> dict:
    """What a picture says of itself besides its pixels, as PIL's options of saving."""
    about = {"exif": exif} if exif else {}
    icc = image.info.get("icc_profile") or b""
    if icc[16:20] == b"RGB ":  # the profile of a gray or CMYK scan is about channels that are no more
        about["icc_profile"] = icc
    match image.info.get("dpi"):
        case (x, y) if 1 <= x < 2**16 and 1 <= y < 2**16:  # there are files with 0 and with infinity
            about["dpi"] = float(x), float(y)
    return about


def _gray_and_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Luma and alpha of a picture in any of PIL's modes, both "L"; without transparency there is no alpha.

    Gray pictures keep their levels, those of 16 bits are rounded to 8; of anything else it is the luma of its RGB.
    """
    if image.mode == "F":
        raise ValueError("floating-point pixels have no agreed range; save it with 8 or 16 bits")
    if image.mode.startswith("I"):  # 16 bits a pixel, which PIL's own conversion would clip to 255
        levels = np.asarray(image).clip(0, 65535).astype(np.uint32)
        return Image.fromarray(((levels + 128) // 257).astype(np.uint8)), None
    alpha = None
    if image.has_transparency_data:
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
    return image if image.mode == "L" else image.convert("RGB").convert("L"), alpha


def colorize_photograph(
    image: Image.Image, network: "ChromaNet", vividness: float = 0.5, versions: int = 1
) -> list[Image.Image]:
    """A photograph in color, as a person sees it (EXIF rotation applied), in as many plausible versions as asked for.

    Args:
        image: any picture of PIL's but one with floating-point pixels, from 16 px up; another raises `ValueError`.
        network: see `load_colorizer`.
        vividness: 0 for the safest colors to 1 for the most vivid.
        versions: 1 to 9; the first is the plain one.

    Each result is "RGB", or "RGBA" where the picture has transparency, at the picture's own size; its "L" is that of
    the picture. What the results' `info` holds (EXIF, an RGB profile, dots per inch) may be passed on to `save`.
    """
    import torch

    from lib.color.composition import paint
    from lib.networks.chroma_net import seen_size

    image.load()  # some formats turn a picture here; its EXIF is to be read after that
    orientation, exif = _read_exif(image)
    about = _about(image, exif)
    if orientation in _TURN_OF:
        image = image.transpose(_TURN_OF[orientation])
    gray, alpha = _gray_and_alpha(image)
    # The network would do this itself, by the same filter, but in floats: 12 megapixels take 0.2 s and 100 MB more.
    height, width = seen_size(gray.height, gray.width, network.side)
    small = torch.from_numpy(np.array(gray.resize((width, height), Image.Resampling.BILINEAR)))
    with torch.inference_mode():
        seen = small.to(next(network.parameters()).device).float()[None, None] / 255
        chromas = network.distribution(seen).versions(versions, vividness)
    levels = np.array(gray)  # a copy: torch warns of arrays that it must not write to
    results = []
    for chroma in chromas:
        results.append(Image.fromarray(paint(levels, chroma[0])))
        if alpha:
            results[-1].putalpha(alpha)
        results[-1].info |= about
    return results
