"""Optical flow between two frames of a film, and where it can be relied on.

A flow is float32 `(H, W, 2)`, in pixels, x before y: what a frame shows at `(x, y)`, the other frame shows at
`(x + flow[y, x, 0], y + flow[y, x, 1])`. So warping the *other* frame along it gives the first one again.
"""

import cv2
import numpy as np

# Of Lai et al. (2018): how far the way there and back may miss its start, by its length, and in any case; squared.
_BY_LENGTH, _AT_LEAST = 0.01, 0.5


def optical_flow(luma: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The flow from one frame to another one, estimated from their luma.

    Kroeger et al., Fast Optical Flow using Dense Inverse Search (2016): OpenCV's DIS with its fast preset.

    Args:
        luma: uint8 `(H, W)`, at least 12 px each way.
        other: of the same size.

    Returns:
        float32 `(H, W, 2)`, see above.
    """
    estimator = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    return estimator.calc(np.ascontiguousarray(luma), np.ascontiguousarray(other), None)


def warp(planes: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """Planes of the other frame as the first frame sees them, bilinear. Beyond the borders the border goes on.

    Args:
        planes: float32 `(C, H, W)`.
        flow: from the first frame to the other one, `(H, W, 2)`.

    Returns:
        float32 `(C, H, W)`.
    """
    x, y = _ends(flow)
    look = dict(interpolation=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.stack([cv2.remap(plane, x, y, **look) for plane in np.asarray(planes, np.float32)])


def consistent(forward: np.ndarray, backward: np.ndarray) -> np.ndarray:
    """Where a flow can be relied on: bool `(H, W)`, False where a thing is covered in the other frame or outside it.

    The way there and back must end where it began. With f the flow and b the other flow at its end, a pixel is left
    out where |f + b|² > 0.01 (|f|² + |b|²) + 0.5 (Lai et al., Learning Blind Video Temporal Consistency, 2018, after
    Ruder et al. 2016). Their program leaves out the edges of moving things as well; here they count.

    Args:
        forward: from this frame to the other one, `(H, W, 2)`.
        backward: from the other frame to this one.
    """
    height, width = forward.shape[:2]
    x, y = _ends(forward)
    is_inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    back = warp(np.moveaxis(backward, -1, 0), forward)
    there = np.moveaxis(forward, -1, 0)
    missed, length = ((there + back) ** 2).sum(0), (there**2 + back**2).sum(0)
    return is_inside & (missed <= _BY_LENGTH * length + _AT_LEAST)


def _ends(flow: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each pixel of a flow is in the other frame: x and y, float32 `(H, W)` each."""
    height, width = flow.shape[:2]
    x = flow[..., 0] + np.arange(width, dtype=np.float32)
    y = flow[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    return x.astype(np.float32), y.astype(np.float32)
