"""A sweep's folder written by hand, in the shape that `workbook sweep` leaves: known scores, no training."""

import json
from pathlib import Path

from lib.evaluation.names import Method

NOTEBOOK = "02_net"


def results(scores, parameters, pictures="p", **more):
    """A results.json: `scores` is {method or identifier: {metric: value}}; 16 pictures, intervals do not matter."""
    rows = [
        Method.of(method).row(metric, 16, value)
        for method, values in scores.items()
        for metric, value in values.items()
    ]
    data = {"fingerprint": pictures, "tested": "t", "description": "tiles"}
    own = {"notebook": NOTEBOOK, "parameters": parameters, "seed": parameters["seed"], "data": data, "rows": rows}
    return own | {"code": "c1", "device": "CPU", "packages": {"torch": "2"}, "finished": "2026-01-01"} | more


def write_point(folder: Path, kept: dict | str | None, state: str | None = "done", error=()):
    """One point's folder; `kept` as text stands for a file that is not whole, state None for a point to go."""
    place = folder / NOTEBOOK
    place.mkdir(parents=True, exist_ok=True)
    if kept is not None:
        (place / "results.json").write_text(kept if isinstance(kept, str) else json.dumps(kept))
    if state is not None:
        (folder / "point.json").write_text(json.dumps({"state": state, "seconds": 61.0, "error": list(error)}))


def write_sweep(folder: Path, varied: dict[str, list], scores, **record) -> Path:
    """A sweep over the grid of `varied`, every point done; `scores(**values)` gives {method: {metric: value}}."""
    import itertools

    points = []
    for values in (dict(zip(varied, row, strict=True)) for row in itertools.product(*varied.values())):
        name = ",".join(f"{key}={value}" for key, value in values.items())
        parameters = {"size": 32, "seed": 0, **values}
        points.append({"folder": name, "parameters": parameters, "varied": values})
        write_point(folder / name, results(scores(**values), parameters | {"run": str(folder / name)}))
    head = {"name": folder.name, "question": "Does it help?", "notebook": NOTEBOOK, "profile": "quick", "data": "auto"}
    head |= {
        "varied": list(varied),
        "metrics": ["psnr", "ssim"],
        "baseline": {},
        "methods": [],
        "claims": [],
        "workers": "1",
    }
    head |= {"started": "2026-01-02T03:04:05+00:00", "finished": None, "points": points}
    (folder / "sweep.json").write_text(json.dumps(head | record))
    return folder
