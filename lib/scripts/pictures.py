"""The pictures that stand in notebooks/images: the head of each notebook, and two of the README.

    python -m lib.scripts.pictures [RUN_FOLDER]

They are made again from the figures that a finished run has left. They are committed, so they must show nothing but
rendered scenes and photographs that scikit-image ships: a run on any other data is refused.
"""

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from lib.color.spaces import to_uint8
from lib.colorize.photograph import colorize_photograph
from lib.colorize.views import vividness_table
from lib.common.files import NOTEBOOKS, OUTPUTS, atomic_write, resolve
from lib.common.usage import UsageError
from lib.data.hints import Hint, Hints
from lib.data.images import read_photograph
from lib.data.locations import describe_source
from lib.data.sources import load_pairs, sample_photographs
from lib.evaluation.evaluate import predict
from lib.figures.pictures import contact_sheet, picture_table
from lib.networks.pretrained import load_colorizer
from lib.networks.storage import load_network
from lib.workbook.records.reader import RunFiles, load_run

IMAGES = NOTEBOOKS / "images"
HEADS = {
    "00_dataset": "samples.png",
    "01_classical_mapping": "fig3.png",
    "02_baseline_cnn": "fig4.png",
    "03_perceptual_loss": "fig5.png",
    "04_feature_maps": "one-channel.png",
    "05_comparison": "trade_off.png",
    "06_better_colorizer": "samples.png",
    "07_hints_and_feedback": "photograph.png",
    "08_films": "strip.png",
    "09_adversarial_training": "failure_pictures.png",
    "10_more_data": "pictures.png",
}
BASELINE = "02_baseline_cnn"  # its network paints the README's scenes
SCENES_SHOWN = 9
PHOTOGRAPHS_SHOWN = {  # with the places of three hints, x and y in fractions of the picture
    "coffee": ((0.48, 0.36), (0.3, 0.75), (0.1, 0.1)),
    "chelsea": ((0.55, 0.72), (0.17, 0.6), (0.32, 0.42)),
    "rocket": ((0.5, 0.5), (0.35, 0.93), (0.9, 0.3)),
}
HINT = 0.02  # radius, of the shorter side
WIDTH, HEIGHT = 1000, 450  # px, at most
LARGEST = 80_000  # bytes
WHITE = 250  # the darkest gray value of a row that counts as white


def latest_run(outputs: Path) -> Path:
    """The run under `outputs` that finished last with every notebook done. `UsageError` where there is none."""
    finished = {}
    for record in outputs.glob("*/run.json"):
        run = load_run(record.parent)
        states = {stem: entry.get("state") for stem, entry in run.record.get("notebooks", {}).items()}
        if run.record.get("finished") and all(states.get(stem) == "done" for stem in HEADS):
            finished[run.record["finished"]] = run.folder
    if not finished:
        raise UsageError(f"{outputs} holds no finished run of all notebooks; `make workbook DATA=scenes` makes one")
    return finished[max(finished)]


def check_publishable(run: RunFiles) -> None:
    """Raise `UsageError` unless every notebook of the run has left its figure, and used rendered scenes alone."""
    for stem, figure in HEADS.items():
        if stem not in run.results or not (run.folder / stem / figure).exists():
            raise UsageError(f"{run.folder}: {stem} has left no figure {figure}; run the notebook again")
        # Not by the name of the data, which a folder of photographs may have as well.
        data = run.results[stem]["data"].get("description")
        if data != describe_source("scenes"):
            raise UsageError(
                f"{run.folder}: {stem} shows {data}, which may not be published; name a run of rendered scenes "
                "(`make workbook DATA=scenes`)"
            )


def banner(image: Image.Image) -> Image.Image:
    """A figure as the head of a page, at most `WIDTH` x `HEIGHT` px: cut between two rows of pictures, else reduced."""
    image = image.convert("RGB")
    highest = round(HEIGHT * max(1, image.width / WIDTH))
    if image.height > highest:
        white = np.flatnonzero(np.asarray(image.convert("L")).min(1) >= WHITE)
        gaps = white[(white >= highest / 2) & (white < highest)]
        if len(gaps):
            image = image.crop((0, 0, image.width, int(gaps[-1]) + 1))
    return reduced(image, HEIGHT)


def reduced(image: Image.Image, height: float = float("inf")) -> Image.Image:
    """An image no wider than `WIDTH` and no higher than `height` px."""
    scale = min(1, WIDTH / image.width, height / image.height)
    size = round(image.width * scale), round(image.height * scale)
    return image.resize(size, Image.Resampling.LANCZOS) if scale < 1 else image


def webp(image: Image.Image) -> bytes:
    """A WebP file of less than `LARGEST` bytes, of the best quality that allows it."""
    for quality in range(90, 0, -10):
        buffer = io.BytesIO()
        image.save(buffer, "WEBP", quality=quality, method=6)
        if buffer.tell() < LARGEST:
            return buffer.getvalue()
    raise UsageError(f"a picture of {image.width} x {image.height} px does not fit into {LARGEST:,} bytes")


def drawn(figure: Figure) -> Image.Image:
    """A matplotlib figure as an RGB image."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return Image.open(buffer).convert("RGB")


def painted_scenes(run: RunFiles) -> Image.Image:
    """Test scenes of different kinds, one per column: gray input, the paper's network of this run, truth."""
    results = run.results[BASELINE]
    most = max(results["parameters"]["pair_counts"])
    network = load_network(run.folder / BASELINE / results["artifacts"][f"CNN, {most} pairs"])
    test = load_pairs("scenes", results["parameters"]["size"]).split("test")
    kinds = {}
    for position, name in enumerate(test.names):
        kinds.setdefault(name.split("-")[0], position)
    chosen = list(kinds.values())[:SCENES_SHOWN]
    predictions = to_uint8(predict(network, test.tensors(chosen)[0], "CNN"))
    pictures = [*test.gray[chosen], *predictions, *test.color[chosen]]
    return reduced(drawn(contact_sheet(pictures, columns=len(chosen))))


def painted_photographs() -> Image.Image:
    """Photographs that scikit-image ships, one per row: gray, safest, at vividness 0.5, with three hints, truth."""
    truths = []
    for name in PHOTOGRAPHS_SHOWN:
        truths.append(read_photograph(sample_photographs()[name]))
        truths[-1].thumbnail((480, 480))
    grays = [np.asarray(truth.convert("L")) for truth in truths]
    network = load_colorizer(device="cpu")
    columns = vividness_table(network, grays, (0.0, 0.5))
    columns["three hints"] = [
        np.asarray(colorize_photograph(truth, network, hints=true_hints(truth, places))[0])
        for truth, places in zip(truths, PHOTOGRAPHS_SHOWN.values(), strict=True)
    ]
    columns["truth"] = [np.asarray(truth) for truth in truths]
    return reduced(drawn(picture_table(columns, list(PHOTOGRAPHS_SHOWN), side=2.0)))


def true_hints(truth: Image.Image, places: Sequence[tuple[float, float]]) -> Hints:
    """Hints as someone would give them who saw the scene: the true colors of some places."""
    colors = np.asarray(truth)
    hints = []
    for place in places:
        covered = Hint((place,), HINT, (0, 0, 0)).covers(truth.height, truth.width)
        red, green, blue = (int(value) for value in colors[covered].mean(0).round())
        hints.append(Hint((place,), HINT, (red, green, blue)))
    return Hints.on("truth", truth.convert("L"), hints)


def make_pictures(folder: Path, images: Path) -> list[Path]:
    """Write all pictures that belong into `images`, from the figures of the run in `folder`; none if one fails.

    Returns:
        The files written.

    Raises:
        UsageError: a notebook has left no figure, or used pictures that may not be published.
    """
    run = load_run(folder)
    check_publishable(run)
    made = {stem: banner(Image.open(folder / stem / figure)) for stem, figure in HEADS.items()}
    made["gray-prediction-truth"] = painted_scenes(run)
    made["gray-safe-vivid-truth"] = painted_photographs()
    files = {images / f"{stem}.webp": webp(image) for stem, image in made.items()}
    for path, content in files.items():
        with atomic_write(path) as temporary:
            temporary.write_bytes(content)
    return list(files)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m lib.scripts.pictures", description=__doc__.splitlines()[0])
    parser.add_argument("run", nargs="?", metavar="RUN_FOLDER", help="(the latest finished run under outputs/)")
    named = parser.parse_args(arguments).run
    try:
        for path in make_pictures(resolve(named) if named else latest_run(OUTPUTS), IMAGES):
            print(f"{path.name}  {path.stat().st_size / 1000:.0f} kB")
    except (ValueError, OSError) as error:
        print(f"pictures: error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
