"""Results of a run written by hand, in the shape that notebooks record them, and what pages must not contain."""

import json
import re

from lib.evaluation.names import GRAY_COPY, Method

# Anything that a page would load from the network.
EXTERNAL = re.compile(r"""(src|href)\s*=\s*["']?\s*(https?:)?//|@import|url\(\s*["']?(https?:)?//""")


def row(method, metric, value, low=None, high=None, n=20):
    return Method.of(method).row(metric, n, value, low, high)


PRINTED = Method("paper", {"method": "CNN"})
ROWS = [
    row(PRINTED, "psnr", 30.0, n=None),
    row(GRAY_COPY, "psnr", 23.021, 22.8, 23.25),
    row(GRAY_COPY, "colorfulness_ratio", 0.0),
    row("net", "psnr", 22.3, 22.0, 22.6),
    row("net", "colorfulness_ratio", 1.4),
    row("net", "ciede2000", None),
    row("net", "mse", 0.01),
    row("truth", "psnr", 100.0),
    row("net", "home_made", 0.5),
]
CLAIM = {"claim": "The CNN <beats> all", "paper": "23.14 dB", "measured": "22.30 dB", "verdict": "not supported"}


def write_results(run, stem, **values):
    (run / stem).mkdir(parents=True, exist_ok=True)
    results = {"notebook": stem, "title": "A title", "question": "Why?", "rows": [], "claims": [], "figures": []}
    (run / stem / "results.json").write_text(json.dumps(results | values))
