"""Make the bundled VGG11-shaped weights again: `python -m lib.scripts.distill_vgg --teacher FILE --photographs FOLDER`.

A student with the shape of VGG11's first five layers learns to answer like VGG16's relu2_2, which has the same shape.
What the features are for is comparing pictures, so the student is also held to the *differences* of the teacher's
features between a photograph and a changed copy of it. Then the distances of both are compared on held-out pictures.
"""

import argparse
import hashlib
from datetime import date
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torchvision.models.vgg import make_layers
from torchvision.transforms.functional import gaussian_blur
from tqdm import trange

from lib.common.files import write_json
from lib.data.listing import list_folder
from lib.data.splits import find_split_file, read_splits
from lib.losses.vgg_features import BUNDLED, freeze, normalize, vgg11_structure
from lib.networks.storage import write_tensors
from lib.scripts.rank_agreement import SCORED_PHOTOGRAPHS, SCORED_SIZE, SCORES_SAY, crop, recolor, score

CROP = 48
PHOTOGRAPHS_A_STEP = 8
RATE = 3e-3


def load_teacher(path: Path) -> nn.Module:
    """VGG16 up to relu2_2 from a safetensors file with torchvision's names (`features.0`, `.2`, `.5`, `.7`), frozen."""
    teacher, state = make_layers([64, 64, "M", 128, 128]), load_file(path)
    teacher.load_state_dict({name: state[f"features.{name}"] for name in teacher.state_dict()})
    return freeze(teacher)


def random_student(seed: int) -> nn.Sequential:
    """The student before any learning: VGG11's first five layers with torchvision's own random initialization."""
    torch.manual_seed(seed)
    student = vgg11_structure().to_empty(device="cpu")
    for layer in student:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            nn.init.zeros_(layer.bias)
    return student


def split_photographs(folder: Path) -> tuple[list[Path], list[Path]]:
    """(training, held-out) files of a folder by the `split.csv` in or beside it; without one, all are for training."""
    listing = list_folder(folder)
    files = [color or gray for _, gray, color in listing.items]
    if find_split_file(listing.folder) is None:
        return files, []
    splits, _ = read_splits(listing.folder, listing.names, listing.files)
    training = [file for file, split in zip(files, splits, strict=True) if split == "train"]
    return training, [file for file, split in zip(files, splits, strict=True) if split != "train"]


def _vary(rgb: Tensor, rng: np.random.Generator) -> Tensor:
    """Copies that differ as a colorizer's answers differ from the truth: paler, grayer, toned, blurred, noisy."""
    count = len(rgb)
    saturation = rng.uniform(0, 1.5, count) * (rng.random(count) > 0.2)
    angle = rng.normal(0, 0.6, count) * (rng.random(count) > 0.5)
    varied = recolor(rgb, torch.tensor(saturation), torch.tensor(angle))
    blurred = gaussian_blur(varied, 9, rng.uniform(0.4, 2.0))
    varied = torch.where(torch.tensor(rng.random((count, 1, 1, 1)) < 0.3), blurred, varied)
    noise = torch.tensor(rng.normal(0, 1, rgb.shape) * rng.uniform(0, 0.08, (count, 1, 1, 1)), dtype=rgb.dtype)
    return torch.where(torch.tensor(rng.random((count, 1, 1, 1)) < 0.3), varied + noise, varied).clamp(0, 1)


def _differences(features: Tensor) -> Tensor:
    """Photograph and copy (twice), copy and copy, photograph and the next one: `(4, n, ...)` of `(3 n, ...)`."""
    photograph, first, second = features.chunk(3)
    pairs = [(photograph, first), (photograph, second), (first, second), (photograph, photograph.roll(1, 0))]
    return torch.stack([a - b for a, b in pairs])


def _loss(own: Tensor, wanted: Tensor) -> Tensor:
    """Relative error of the features, of their differences between pictures, and of the distances' logarithms.

    Both are `(3 n, 128, h, w)`: n photographs, then two changed copies of each. The logarithm keeps kinds of change
    comparable: a least-squares student alone answers too weakly to whatever it predicts badly.
    """
    variance = wanted.var()
    floor = 1e-3 * variance  # two nearly equal copies have no ratio worth learning
    own_changes, wanted_changes = _differences(own), _differences(wanted)
    own_distance, wanted_distance = (d.square().mean((2, 3, 4)) + floor for d in (own_changes, wanted_changes))
    features_error = (own - wanted).square().mean() / variance
    changes_error = ((own_changes - wanted_changes).square().mean((2, 3, 4)) / wanted_distance).mean()
    return features_error + changes_error + 0.2 * (own_distance / wanted_distance).log().square().mean()


def distill(teacher: nn.Module, photographs: list[Path], steps: int, seed: int) -> nn.Sequential:
    """Train a student for `steps` steps of 8 photographs and 16 changed copies (48 px); returns it frozen."""
    rng = np.random.default_rng(seed)
    student = random_student(seed)
    student[0].load_state_dict(dict(teacher[0].named_buffers()))
    student, teacher = (network.to(memory_format=torch.channels_last) for network in (student, teacher))
    optimizer = torch.optim.Adam(student.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps, pct_start=0.1)
    progress = trange(steps, unit="step", mininterval=10)
    for _ in progress:
        chosen = rng.choice(len(photographs), PHOTOGRAPHS_A_STEP, replace=False)
        crops = torch.stack([crop(photographs[i], CROP, rng) for i in chosen])
        pictures = normalize(torch.cat([crops, _vary(crops, rng), _vary(crops, rng)]))
        pictures = pictures.contiguous(memory_format=torch.channels_last)
        with torch.no_grad():
            wanted = teacher(pictures)
        loss = _loss(student(pictures), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        progress.set_postfix(loss=f"{loss.item():.3f}", refresh=False)
    return freeze(student.to(memory_format=torch.contiguous_format))


@torch.no_grad()
def to_unit_scale(student: nn.Sequential, photographs: list[Path], seed: int) -> nn.Sequential:
    """Divide the last layer in place, so that the features of photographs have a root mean square of 1.

    The teacher answers in the hundreds, and a loss weight that fits such features would fit no others. No ranking of
    distances changes.
    """
    chosen = np.random.default_rng(seed).permutation(len(photographs))[:SCORED_PHOTOGRAPHS]
    squares = [student(normalize(crop(photographs[i], SCORED_SIZE)[None])).square().mean() for i in chosen]
    scale = torch.stack(squares).mean().sqrt()
    for values in (student[3].weight, student[3].bias):
        values.div_(scale)
    return student


def write_card(scores: dict[str, dict], counts: dict[str, list[int]], steps: int, seed: int) -> None:
    """Write the JSON beside the bundled weights: what they are, how they were made and how far to trust them."""
    write_json(
        BUNDLED.with_suffix(".json"),
        {
            "what": "VGG11-shaped features (torchvision's vgg11().features[:5]): 128 channels at half the resolution",
            "file": BUNDLED.name,
            "sha256": hashlib.sha256(BUNDLED.read_bytes()).hexdigest(),
            "input": "RGB in [0, 1], normalized with ImageNet's mean and standard deviation",
            "date": date.today().isoformat(),
            "teacher": "VGG16 with ImageNet weights, relu2_2",
            "photographs": {name: dict(zip(("training", "held out"), n, strict=True)) for name, n in counts.items()},
            "training": f"{steps} steps, each of {PHOTOGRAPHS_A_STEP} photographs and two changed copies of each at "
            f"{CROP} px (saturation, hue, blur, noise); Adam, one cycle up to {RATE}; the error of the features, of "
            "their differences between photograph and copy, and of the distances' logarithms",
            "scale": f"divided to a root mean square of 1 over {SCORED_PHOTOGRAPHS} training photographs",
            "scores": scores,
            "scores_say": SCORES_SAY,
            "not_measured": "agreement with torchvision's own VGG11 weights: the teacher is VGG16, another network",
            "command": "python -m lib.scripts.distill_vgg --teacher vgg16-relu2_2.safetensors "
            f"--photographs FOLDER FOLDER ... --steps {steps} --seed {seed}",
            "license": "distilled from VGG16's ImageNet weights, whose terms apply; the photographs are not included",
        },
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m lib.scripts.distill_vgg", description="Make the bundled weights again."
    )
    parser.add_argument("--teacher", type=Path, required=True, help="safetensors with VGG16's features.0, .2, .5, .7")
    parser.add_argument("--photographs", type=Path, nargs="+", required=True, help="folders; a split.csv is honored")
    parser.add_argument("--steps", type=int, default=3400)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    teacher = load_teacher(arguments.teacher)
    splits = {(f.parent if f.name == "color" else f).name: split_photographs(f) for f in arguments.photographs}
    training, held_out = ([file for split in splits.values() for file in split[part]] for part in (0, 1))
    if not held_out:
        parser.error("no held-out photographs to score with: give a folder with a split.csv (name,split)")
    student = distill(teacher, training, arguments.steps, arguments.seed)
    to_unit_scale(student, training, arguments.seed)
    write_tensors(BUNDLED, {f"features.{name}": weight.contiguous() for name, weight in student.named_buffers()})
    counts = {name: [len(part) for part in split] for name, split in splits.items()}
    measured = {"bundled": student, "random weights": freeze(random_student(arguments.seed))}
    write_card(score(teacher, measured, held_out, arguments.seed), counts, arguments.steps, arguments.seed)


if __name__ == "__main__":
    main()
