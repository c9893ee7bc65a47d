"""One photograph in, the same photograph in color out."""

from typing import TYPE_CHECKING

import numpy as np
from PIL import ExifTags, Image

from lib.data.images import as_seen

if TYPE_CHECKING:
    from torch import Tensor

    from lib.colorize.reference import Reference
    from lib.data.hints import Hints
    from lib.networks.chroma_net import ChromaNet

# EXIF that is about the photograph. The rest is about how its pixels were stored, which is no longer true.
_KEPT = """DocumentName ImageDescription Make Model Software DateTime Artist HostComputer Copyright Rating RatingPercent
    XResolution YResolution ResolutionUnit XPTitle XPComment XPAuthor XPKeywords XPSubject ExifOffset GPSInfo"""
_KEPT_TAGS = {ExifTags.Base[name] for name in _KEPT.split()}
_MOST_EXIF = 65533  # bytes that a JPEG marker holds


def _kept_exif(image: Image.Image) -> bytes:
    """The part of a decoded picture's EXIF that is still true of its colored version; empty if none, or if damaged."""
    try:
        kept = Image.Exif()
        kept.load(image.getexif().tobytes())
        for tag in set(kept) - _KEPT_TAGS:
            del kept[tag]
        found = kept.tobytes() if kept else b""
    except Exception:  # EXIF is damaged in many ways, and PIL raises as many errors; none shall cost the picture
        return b""
    return found if len(found) <= _MOST_EXIF else b""


def _metadata(image: Image.Image, seen: Image.Image) -> dict:
    """The metadata that a colored picture keeps (EXIF, sRGB profile, dpi), as options of PIL's `save`.

    Args:
        image: the picture as it was opened.
        seen: what `as_seen` makes of it. Only its profile is true of the result: any other one has been applied.
    """
    exif = _kept_exif(image)
    metadata = {"exif": exif} if exif else {}
    if "icc_profile" in seen.info:
        metadata["icc_profile"] = seen.info["icc_profile"]
    match image.info.get("dpi"):
        case (x, y) if 1 <= x < 2**16 and 1 <= y < 2**16:  # there are files with 0 and with infinity
            metadata["dpi"] = float(x), float(y)
    return metadata


def colorize_photograph(
    image: Image.Image,
    network: "ChromaNet",
    vividness: float = 0.5,
    versions: int = 1,
    hints: "Hints | None" = None,
    reference: "Reference | None" = None,
) -> list[Image.Image]:
    """A photograph in color, in one or more plausible versions.

    Args:
        image: a picture of 16 px or more each way, in any of PIL's modes but floating point. Its EXIF rotation is
            applied; the picture itself is left as it is.
        network: see `load_colorizer`.
        vividness: 0 for the safest colors to 1 for the most vivid.
        versions: 1 to 9; the first is the plain one.
        hints: what a person says about its colors; they hold in all versions.
        reference: a color photograph whose colors it follows (`Reference.of`); hints count for more.

    Returns:
        The versions at the picture's own size, "RGB", or "RGBA" where it has transparency. Their gray version is that
        of the picture as seen, exactly. Their `info` (EXIF, an sRGB profile, dots per inch) may be passed to `save`.

    Raises:
        ValueError: the picture is too small or has floating-point pixels, or the hints are on another one.
    """
    import torch

    from lib.color.composition import paint

    image.load()  # some formats turn a picture here; its EXIF is to be read after that
    seen = as_seen(image)
    metadata = _metadata(image, seen)
    gray, alpha = seen.convert("L"), seen.getchannel("A") if seen.mode == "RGBA" else None
    with torch.inference_mode():
        inputs = view_of(gray, network)
        if hints:
            hints.check(gray)
        if hints or reference:
            chromas = _guided_chromas(network, inputs, vividness, versions, hints, reference)
        else:
            chromas = network.distribution(inputs).versions(versions, vividness)
    levels = np.asarray(gray)
    results = []
    for chroma in chromas:
        results.append(Image.fromarray(paint(levels, chroma[0])))
        if alpha:
            results[-1].putalpha(alpha)
        results[-1].info |= metadata
    return results


def _guided_chromas(
    network: "ChromaNet",
    view: "Tensor",
    vividness: float,
    versions: int,
    hints: "Hints | None",
    reference: "Reference | None",
) -> "list[Tensor]":
    """The chroma of each version, `(1, 2, h, w)`: what the network expects, then the reference, then the hints."""
    from lib.colorize.hints import Evidence, Seen, posterior
    from lib.colorize.reference import Shown, correction

    shown = Shown.of(network, view) if reference else None
    seen = shown.seen if shown else Seen.of(network, view)
    chromas = seen.distribution.versions(versions, vividness)
    if shown:
        added = correction(shown, reference.shown, reference.truth, vividness)
        chromas = [chroma + added for chroma in chromas]
    if hints:
        evidence = Evidence.of(hints.hints, seen)
        chromas = [posterior(seen, chroma[0], evidence)[None] for chroma in chromas]
    return chromas


def view_of(gray: Image.Image, network: "ChromaNet") -> "Tensor":
    """What the network sees of a photograph's luma, mode "L": `(1, 1, H, W)` in [0, 1], on its device.

    `ValueError` where the photograph is too small. The network would do the same itself, by the same filter, but in
    floats: 12 megapixels take 0.2 s and 100 MB more.
    """
    import torch

    from lib.networks.chroma_net import seen_size

    height, width = seen_size(gray.height, gray.width, network.side)
    small = torch.from_numpy(np.array(gray.resize((width, height), Image.Resampling.BILINEAR)))
    return small.to(next(network.parameters()).device).float()[None, None] / 255
