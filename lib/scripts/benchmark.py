"""How fast the paper's printed recipe is, and how fast ours: measured in one run on one machine, side by side.

    make bench      (python -m lib.scripts.benchmark --help shows what can be chosen)

Machines are noisy, so what is compared takes turns, A B C A B C, and medians are compared. `results.json` keeps every
single measurement; what could not be measured stands there as null, with its reason.
"""

import argparse
import importlib.metadata
import itertools
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn.functional import mse_loss
from torch.utils.data import DataLoader

from lib.color.spaces import gray_to_rgb
from lib.colorize.batch import FORMATS
from lib.colorize.photograph import colorize_photograph
from lib.common.devices import best_device
from lib.common.files import OUTPUTS, write_json
from lib.common.progress import progress
from lib.data.arrays import Rows
from lib.data.folders import GrayscaleToColorDataset
from lib.data.pairs import Pairs
from lib.data.sources import load_pairs
from lib.evaluation.evaluate import predict
from lib.losses.perceptual import PrintedPerceptualLoss
from lib.losses.vgg_features import freeze
from lib.networks.pretrained import BUNDLED_COLORIZER, load_colorizer
from lib.networks.registry import build_network
from lib.scripts.pretrain_colorizer import CONFIG, SIZE
from lib.training.config import TrainingConfig
from lib.training.loop import train_epoch, validate
from lib.training.objectives import make_objective
from lib.training.step import make_step
from lib.training.trainer import seconds_until, train
from lib.workbook.records.provenance import PACKAGES, code_version, device_name

TRAINING, INFERENCE = "Training, images/s", "Inference, images/s"
PHOTOGRAPH, WHOLE = "A photograph, from JPEG file to JPEG file", "Our network, trained from nothing"
PAPER_BATCH = 16
NOTES = (
    "The printed recipe decodes two JPEG files a pair each time, in the training process, and runs all of VGG11 twice "
    "(random weights, as fast as any).",
    "Our loop decodes once, before the clock starts; on a GPU it trains in bfloat16.",
)
FILES = 64  # pairs of files that the printed recipe reads again and again
_ON_A_GPU = 50  # times as many batches in a measurement, which would be over too soon to be timed


@dataclass(frozen=True)
class Plan:
    """What is measured. The defaults are what is published; a test asks for less.

    `size` (px, a multiple of 32) is that of the pictures, and each thing is measured `repeats` times. `photograph` is
    the (width, height) of the large one in px, `widths` are those of the paper's network and ours. `to_gain` asks how
    long a training of `epochs` epochs takes to be that many dB above the gray copy; None leaves it out.
    """

    size: int = 128
    repeats: int = 5
    to_gain: float | None = None
    epochs: int = 8
    photograph: tuple[int, int] = (4000, 3000)
    widths: tuple[int, int] = (64, 32)

    def __post_init__(self):
        if self.size < 32 or self.size % 32:
            raise ValueError(f"size is {self.size} px; it must be a multiple of 32, at which both networks train")
        for name in ("repeats", "epochs"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be at least 1")

    @property
    def full(self) -> int:
        """Side of the pictures of which our recipe crops `size` px, 144 for 128, as the bundled colorizer's did."""
        return self.size * SIZE // CONFIG.crop

    @property
    def config(self) -> TrainingConfig:
        """Our recipe: that of the bundled colorizer, at this size."""
        side = self.size * CONFIG.options["side"] // CONFIG.crop
        options = CONFIG.options | {"width": self.widths[1], "side": side}
        return replace(CONFIG, options=options, crop=self.size)

    @property
    def bundled(self) -> bool:
        """Whether the bundled colorizer stands for our network; else an untrained one does, which is as fast."""
        return BUNDLED_COLORIZER.exists() and self.widths == Plan.widths


@dataclass(frozen=True)
class Contender:
    """Something that is timed: `work(n)` does n batches of `batch_size` pictures, `batches` of them a measurement."""

    name: str
    work: Callable[[int], None]
    batch_size: int
    batches: int


def _clock(device: str) -> float:
    """Seconds on a clock that is read once the device has done all that it was given."""
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
    return time.perf_counter()


def interleaved(label: str, contenders: list[Contender], repeats: int, device: str) -> dict[str, list[float]]:
    """Images/s of each contender, `repeats` times in turns, each time after a batch to warm up."""
    speeds = {contender.name: [] for contender in contenders}
    with progress(label, repeats * sum(c.batch_size * (1 + c.batches) for c in contenders)) as tick:
        for _ in range(repeats):
            for contender in contenders:
                contender.work(1)
                started = _clock(device)
                contender.work(contender.batches)
                pictures = contender.batch_size * contender.batches
                speeds[contender.name].append(pictures / (_clock(device) - started))
                tick(contender.batch_size + pictures)
    return speeds


def measured(group: str, values: dict[str, list[float]], unit: str, compared: bool = False) -> list[dict]:
    """Rows of results.json from measurements by name; where they are `compared`, with the ratio to the first one's."""
    rows, reference = [], statistics.median(next(iter(values.values())))
    for name, own in values.items():
        median = statistics.median(own)
        row = {"group": group, "name": name, "unit": unit, "values": own, "median": median}
        rows.append(row | {"ratio": median / reference if compared else None, "reason": ""})
    return rows


def unmeasured(group: str, name: str, unit: str, reason: str) -> dict:
    """A row of results.json for what could not be measured, and why."""
    row = {"group": group, "name": name, "unit": unit, "values": [], "median": None, "ratio": None}
    return row | {"reason": f"not measured: {reason}"}


def write_files(pairs: Pairs, folder: Path) -> None:
    """`FILES` pairs as the paper has them: a JPEG file each in `folder`/gray and `folder`/color."""
    for side in ("gray", "color"):
        (folder / side).mkdir()
        for index in range(FILES):
            picture = getattr(pairs, side)[index % len(pairs)]
            Image.fromarray(picture).save(folder / side / f"{index}.jpg", quality=95)


def whole_vgg11() -> nn.Sequential:
    """All 21 layers of torchvision's VGG11 features, frozen, with random weights: the speed is the same with any."""
    from torchvision.models import vgg11  # here, because it takes seconds, which a photograph's process need not wait

    with torch.device("meta"):  # no time spent on the classifier, 93% of all weights
        features = vgg11(weights=None, init_weights=False).features
    for layer in features.to_empty(device="cpu"):
        if isinstance(layer, nn.Conv2d):
            layer.reset_parameters()
    return freeze(features)


def printed_recipe(folder: Path, size: int, width: int, device: str, vgg: bool) -> Callable[[int], None]:
    """The paper's loop (section III.B), as a function that trains on so many batches.

    Every pair is decoded from its two files each time it is seen, in the training process (a data loader's default).
    With `vgg`, the perceptual loss runs all of VGG11's features on prediction and truth, as the listing does.
    """
    from torchvision import transforms

    transform = transforms.Compose([transforms.Resize((size, size)), transforms.ToTensor()])
    pictures = GrayscaleToColorDataset(folder / "gray", folder / "color", transform)
    endless = itertools.chain.from_iterable(itertools.repeat(DataLoader(pictures, PAPER_BATCH, shuffle=True)))
    network = build_network("ColorizationNet", width=width).to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.001)
    losses = [mse_loss, PrintedPerceptualLoss(whole_vgg11()).to(device)] if vgg else [mse_loss]

    def work(batches: int) -> None:
        network.train()
        for gray, color in itertools.islice(endless, batches):
            gray, color = gray.to(device), color.to(device)
            optimizer.zero_grad()
            prediction = network(gray)
            loss = sum(part(prediction, color) for part in losses)
            loss.backward()
            optimizer.step()
            loss.item()  # for the curve of the loss

    return work


def our_loop(config: TrainingConfig, pairs: Pairs, device: str) -> Callable[[int], None]:
    """Our loop on pairs that are decoded already, as a function that trains on so many batches."""
    network = build_network(config.network, config.seed, **config.options).to(device)
    network.to(memory_format=torch.channels_last)
    step = make_step(config, network, make_objective(config, device))

    def work(batches: int) -> None:
        chosen = np.arange(batches * config.batch_size) % len(pairs)
        sides = {"gray": Rows([pairs.gray], chosen), "color": Rows([pairs.color], chosen)}
        train_epoch(step, replace(pairs, names=[pairs.names[i] for i in chosen], **sides), config, epoch=1)

    return work


def center(pairs: Pairs, size: int) -> Pairs:
    """The center squares of `size` px of pairs."""
    inside = slice((pairs.size - size) // 2, (pairs.size + size) // 2)
    return replace(pairs, gray=pairs.gray[:, inside, inside], color=pairs.color[:, inside, inside])


def measure_training(plan: Plan, pairs: Pairs, device: str, folder: Path) -> list[dict]:
    """Images/s of the printed recipe, with and without VGG11, and of both networks in our loop."""
    training = pairs.split("train")
    small, width, times = center(training, plan.size), plan.widths[0], _ON_A_GPU if device.startswith("cuda") else 1
    write_files(small, folder)
    paper = TrainingConfig(options={"width": width}, batch_size=PAPER_BATCH)
    recipes = {
        "the paper's printed recipe": (printed_recipe(folder, plan.size, width, device, vgg=True), PAPER_BATCH, 2),
        "the same without VGG11": (printed_recipe(folder, plan.size, width, device, vgg=False), PAPER_BATCH, 4),
        "the paper's network in our loop": (our_loop(paper, small, device), PAPER_BATCH, 4),
        "our network in our loop": (our_loop(plan.config, training, device), plan.config.batch_size, 8),
    }
    contenders = [Contender(name, work, size, batches * times) for name, (work, size, batches) in recipes.items()]
    return measured(TRAINING, interleaved("training", contenders, plan.repeats, device), "images/s", compared=True)


def our_network(plan: Plan, device: str) -> nn.Module:
    """Our network, ready to be used: see `Plan.bundled`."""
    if plan.bundled:
        return load_colorizer(device=device)
    return build_network("ChromaNet", **plan.config.options).to(device).eval()


def measure_inference(plan: Plan, pairs: Pairs, device: str) -> list[dict]:
    """Images/s of both networks on batches of 16, predictions fetched to the CPU."""
    gray, _ = center(pairs, plan.size).tensors(np.arange(PAPER_BATCH) % len(pairs))
    networks = {
        "the paper's network": build_network("ColorizationNet", width=plan.widths[0]).to(device).eval(),
        "our network": our_network(plan, device),
    }

    def colorizing(network: nn.Module) -> Callable[[int], None]:
        def work(batches: int) -> None:
            for _ in range(batches):
                predict(network, gray.to(device)).cpu()

        return work

    batches = 10 * (_ON_A_GPU if device.startswith("cuda") else 1)
    contenders = [Contender(name, colorizing(net), PAPER_BATCH, batches) for name, net in networks.items()]
    return measured(INFERENCE, interleaved("inference", contenders, plan.repeats, device), "images/s", compared=True)


def mosaic(pairs: Pairs, width: int, height: int) -> Image.Image:
    """A picture as large as a camera's, with as much detail, laid out of the pictures of `pairs`."""
    rows, columns = -(-height // pairs.size), -(-width // pairs.size)
    tiles = pairs.color[np.arange(rows * columns) % len(pairs)].reshape(rows, columns, pairs.size, pairs.size, 3)
    return Image.fromarray(np.concatenate([np.concatenate(row, axis=1) for row in tiles])[:height, :width])


def _memory(field: str) -> int | None:
    """A field of the kernel's record of this process, such as VmRSS, in bytes; None where there is no such record."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))


def _restart_peak() -> bool:
    """Let VmHWM, the highest resident memory, start again from what is resident now; False where that cannot be."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def colorize_file(source: Path, target: Path, network: nn.Module) -> None:
    """What a person who colorizes a photograph waits for, the model being loaded."""
    with Image.open(source) as image:
        (colored,) = colorize_photograph(image, network)
    colored.save(target, **FORMATS[".jpg"])


def photograph_costs(plan: Plan, folder: Path, device: str) -> tuple[list[float], list[int]]:
    """For `folder`/large.jpg, `repeats` times: seconds, and the bytes by which memory rises at most.

    To be run in a fresh process. Memory is what the process has resident (not that of a GPU), over what it has when the
    network is loaded and a small photograph colorized. The kernel keeps the highest value itself once it is told to
    start anew; where it is not Linux, or does not let itself be told, there are no such numbers.
    """
    network = our_network(plan, device)
    colorize_file(folder / "small.jpg", folder / "small-colorized.jpg", network)
    idle, seconds, peaks = _memory("VmRSS"), [], []
    for _ in range(plan.repeats):
        known = _restart_peak()
        started = time.perf_counter()
        colorize_file(folder / "large.jpg", folder / "large-colorized.jpg", network)
        seconds.append(time.perf_counter() - started)
        if known:
            peaks.append(_memory("VmHWM") - idle)
    return seconds, peaks


def measure_photograph(plan: Plan, pairs: Pairs, device: str, folder: Path) -> list[dict]:
    """Seconds and memory for one large photograph, in a process that has done nothing else."""
    duration, memory = "seconds", "MB of memory above the idle process"
    mosaic(pairs, *plan.photograph).save(folder / "large.jpg", quality=95)
    mosaic(pairs, 320, 240).save(folder / "small.jpg", quality=95)
    try:
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            seconds, peaks = pool.submit(photograph_costs, plan, folder, device).result()
    except BrokenProcessPool as error:  # such as one that was killed for its memory
        return [unmeasured(PHOTOGRAPH, name, unit, str(error)) for name, unit in ((duration, "s"), (memory, "MB"))]
    rows = measured(PHOTOGRAPH, {duration: seconds}, "s")
    if not peaks:
        return [*rows, unmeasured(PHOTOGRAPH, memory, "MB", "this system does not tell a process its peak memory")]
    return rows + measured(PHOTOGRAPH, {memory: [peak / 1e6 for peak in peaks]}, "MB")


def measure_whole_training(plan: Plan, pairs: Pairs, device: str) -> dict:
    """Seconds for 2,000 pairs and 30 epochs, the most that the paper trained on; only a GPU is asked for so much."""
    name = "seconds for 2,000 pairs x 30 epochs"
    if not device.startswith("cuda"):
        return unmeasured(WHOLE, name, "s", "no GPU")
    try:
        with tempfile.TemporaryDirectory() as folder:
            trained = train(replace(plan.config, pairs=2000, epochs=30), pairs, name, device, Path(folder))
    except ValueError as error:  # fewer pairs than that
        return unmeasured(WHOLE, name, "s", str(error))
    return measured(WHOLE, {name: [trained.seconds]}, "s")[0]


def measure_seconds_to_gain(plan: Plan, pairs: Pairs, device: str, count: int = 2000) -> dict:
    """Seconds of training on the first `count` pairs until the validation PSNR is `to_gain` dB over the gray copy's.

    The history of the training is kept in the row.
    """
    if plan.to_gain is None:
        return unmeasured(WHOLE, "seconds until a gain over the gray copy", "s", "not asked for (--to-gain)")
    name = f"seconds until +{plan.to_gain:g} dB over the gray copy"
    try:
        config = replace(plan.config, pairs=count, epochs=plan.epochs)
        with tempfile.TemporaryDirectory() as folder:
            history = train(config, pairs, name, device, Path(folder)).history
        validation = pairs.split("val", min(config.validation_pairs, pairs.counts()["val"]))
    except ValueError as error:  # fewer pairs than that
        return unmeasured(WHOLE, name, "s", str(error))
    gray_copy = validate(gray_to_rgb, validation)["psnr"]
    seconds = seconds_until(history, gray_copy + plan.to_gain)
    if np.isnan(seconds):
        best = history["psnr"].max() - gray_copy
        row = unmeasured(WHOLE, name, "s", f"not reached in {plan.epochs} epochs, which came to {best:+.2f} dB")
    else:
        row = measured(WHOLE, {name: [seconds]}, "s")[0]
    return row | {"gray_copy_psnr": gray_copy, "history": history.to_dict("records")}


def processor() -> str:
    """What the processor calls itself; its kind where the system does not say."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def bench(plan: Plan, pairs: Pairs, device: str) -> dict:
    """Measure everything on `pairs` of `plan.full` px: what results.json holds."""
    started, load = datetime.now().astimezone().isoformat(timespec="seconds"), os.getloadavg()[0]
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows += measure_training(plan, pairs, device, folder)
        rows += measure_inference(plan, pairs, device)
        rows += measure_photograph(plan, pairs, device, folder)
    rows.append(measure_whole_training(plan, pairs, device))
    rows.append(measure_seconds_to_gain(plan, pairs, device))
    return {
        "started": started,
        "code": code_version(),
        "device": device_name(device),
        "machine": {
            "system": platform.platform(),
            "processor": processor(),
            "processors": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "load": load,  # before anything was measured: what else the machine was doing
        },
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "parameters": asdict(plan) | {"config": asdict(plan.config)},
        "data": {"name": pairs.name, "description": pairs.description, "fingerprint": pairs.fingerprint},
        "notes": [
            *NOTES,
            f"Our network at use is {'the bundled colorizer' if plan.bundled else 'untrained: as fast'}.",
        ],
        "rows": rows,
    }


def number(value: float) -> str:
    """About three digits, as a person reads them."""
    return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f}"


def table(rows: list[dict]) -> str:
    """The rows as aligned text: median, range, and the ratio to the first of a group."""
    width = max(len(row["name"]) for row in rows) + 4
    lines = [f"{'':{width}}{'median':>9}{'range':>19}{'ratio':>9}"]
    for group, members in itertools.groupby(rows, lambda row: row["group"]):
        lines.append(group)
        for row in members:
            line = f"  {row['name']:{width - 2}}"
            if row["reason"]:
                lines.append(f"{line}  {row['reason']}")
                continue
            spread = f"{number(min(row['values']))} – {number(max(row['values']))}" if len(row["values"]) > 1 else ""
            ratio = f"{number(row['ratio'])} ×" if row["ratio"] else ""
            lines.append(f"{line}{number(row['median']):>9}{spread:>19}{ratio:>9}".rstrip())
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """The command line: 0 done, 2 a mistake in what was asked."""
    parser = argparse.ArgumentParser(prog="python -m lib.scripts.benchmark", description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="auto", metavar="NAME_OR_FOLDER", help="the pictures (auto)")
    parser.add_argument("--size", type=int, default=Plan.size, help=f"px, a multiple of 32 ({Plan.size})")
    parser.add_argument("--repeats", type=int, default=Plan.repeats, help=f"measurements of each ({Plan.repeats})")
    parser.add_argument("--device", default=best_device(), help="cpu or cuda (the GPU where there is one)")
    parser.add_argument("--to-gain", type=float, metavar="DB", help="also train ours until it is so far over gray")
    parser.add_argument("--epochs", type=int, default=Plan.epochs, help=f"of that training ({Plan.epochs})")
    parser.add_argument("--out", type=Path, default=OUTPUTS / "bench", help="folder of results.json (outputs/bench)")
    options = parser.parse_args(arguments)
    try:
        plan = Plan(options.size, options.repeats, options.to_gain, options.epochs)
        pairs = load_pairs(options.data, plan.full)
    except (ValueError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    print(f"Data: {pairs.description} · at {plan.size} px · {device_name(options.device)}")
    results = bench(plan, pairs, options.device)
    write_json(options.out / "results.json", results)
    print("", table(results["rows"]), "", *results["notes"], options.out / "results.json", sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
