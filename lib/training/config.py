"""The configuration of a training, and its fingerprint."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from lib.data.pairs import Pairs

# torch takes seconds to import: it is imported where it is used, so that mistakes in a setting are reported at once.

_RECIPE = 3  # raise it when the loop, a loss or a network changes what a configuration yields
# Fields that came later; a training that does not use them keeps its fingerprint.
_ADDED = ("adversary", "adversarial_weight", "critic_width", "critic_rate", "critic_epochs", "beta1")
LOSSES = ("mse", "mse + perceptual", "mse + printed perceptual", "l1")
LOSSES += ("chroma distribution", "cautious chroma distribution")
ADVERSARIES = ("", "vanilla", "hinge")
SCHEDULES = ("constant", "one-cycle")
IMAGENET, PRETRAINED = "imagenet", "efficientnet-lite0"  # where a training may start from, and the encoder of that
AUGMENTATIONS = ("crops", "crops and damage")
VGG_WEIGHTS = ("bundled", "imagenet")
MOST_SEED = 2**32 - 1  # NumPy's and torch's generators take it, also with the number of a process above it
PRECISIONS = ("auto", "float32", "bfloat16")


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides the result of a training, besides the data (paper, sections III-B and IV-A).

    The paper uses Adam with a constant learning rate. Beyond it there are a rate that rises and falls once
    ("one-cycle", Smith and Topin 2019), decoupled `weight_decay`, and random crops of `crop` px (0: whole pictures).
    `batch_size` pictures go through the network at a time, over all processes together; the weights move after
    `accumulation` such batches. `precision` is that of the forward pass: "auto" is bfloat16 on a GPU and float32 on a
    CPU. `snapshots` are the epochs after which the weights are kept beside the last ones.

    A `ChromaNet` may start from what it knows already: `start` is "" for nothing, "imagenet" for an encoder with
    ImageNet's weights, or the file of a network. Then head first, then gently all (Kumar et al. 2022): in the first
    `frozen_epochs` the encoder stays as it is, and afterwards all is trained at `tuning_rate` (0: `learning_rate`), the
    encoder at `encoder_rate` times that and without weight decay. `average` is the decay of a running average of the
    weights, which is what is validated and kept (0: the last weights); `gradient_norm` is the largest length of a
    gradient (0: any).

    With an `adversary`, a critic learns to tell true colors from painted ones, with the loss of that name, and the
    network also learns to deceive it (`lib.training.adversarial`). `adversarial_weight` is the weight of that beside
    `loss`; the critic has `critic_width` channels after its first layer and the learning rate `critic_rate`. In the
    first `critic_epochs` the critic alone learns, and the network stays as it is. `beta1` is Adam's decay of the mean
    gradient, for both.
    """

    network: str = "ColorizationNet"
    options: dict = field(default_factory=dict)
    loss: str = "mse"
    perceptual_weight: float = 0.0
    vgg_weights: str = ""
    pairs: int = 1000
    epochs: int = 20
    batch_size: int = 16
    accumulation: int = 1
    learning_rate: float = 1e-3
    schedule: str = "constant"
    weight_decay: float = 0.0
    crop: int = 0
    augmentation: str = "crops"
    start: str = ""
    frozen_epochs: int = 0
    tuning_rate: float = 0.0
    encoder_rate: float = 1.0
    average: float = 0.0
    gradient_norm: float = 0.0
    precision: str = "auto"
    seed: int = 0
    validation_pairs: int = 200
    snapshots: tuple[int, ...] = ()
    adversary: str = ""
    adversarial_weight: float = 0.01
    critic_width: int = 32
    critic_rate: float = 2e-4
    critic_epochs: int = 0
    beta1: float = 0.9

    def __post_init__(self):
        choices = {"loss": LOSSES, "schedule": SCHEDULES, "augmentation": AUGMENTATIONS, "precision": PRECISIONS}
        choices["adversary"] = ADVERSARIES
        for name, known in choices.items():
            if getattr(self, name) not in known:
                shown = ", ".join(value or '""' for value in known)
                raise ValueError(f"{name} is one of {shown}, not {getattr(self, name)!r}")
        if self.is_of_distribution and self.network != "ChromaNet":
            raise ValueError(f"{self.network} predicts no distribution of chroma; ChromaNet does")
        self._check_start()
        for name in ("pairs", "epochs", "batch_size", "accumulation", "validation_pairs", "critic_width"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be at least 1")
        not_negative = "weight_decay crop perceptual_weight seed tuning_rate encoder_rate average gradient_norm"
        not_negative += " adversarial_weight critic_rate beta1"
        for name in not_negative.split():
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be at least 0")
        if self.seed > MOST_SEED:
            raise ValueError(f"seed is {self.seed}; it must be at most {MOST_SEED}")
        if self.vgg_weights not in ("", *VGG_WEIGHTS):
            raise ValueError(f"vgg_weights is one of {', '.join(VGG_WEIGHTS)}, not {self.vgg_weights!r}")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate is {self.learning_rate}; it must be greater than 0")
        for name in ("average", "beta1"):
            if not getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be below 1")
        if not 0 <= self.critic_epochs < self.epochs:
            raise ValueError(f"critic_epochs is {self.critic_epochs}; it must be at least 0, and below epochs")
        if self.critic_epochs and not self.adversary:
            raise ValueError("critic_epochs needs an adversary, whose critic is to learn in them")
        if any(not 0 < epoch <= self.epochs for epoch in self.snapshots):
            raise ValueError(f"snapshots {self.snapshots} must lie between 1 and epochs ({self.epochs})")

    def _check_start(self) -> None:
        """Raise `ValueError` where the network has no encoder that could be frozen or that knows ImageNet."""
        if self.network != "ChromaNet" and (self.start or self.frozen_epochs or self.encoder_rate != 1):
            raise ValueError(f"start, frozen_epochs and encoder_rate are settings of ChromaNet, not of {self.network}")
        if self.start == IMAGENET and self.options.get("encoder") != PRETRAINED:
            raise ValueError(f"start is {IMAGENET}, whose weights are those of the encoder {PRETRAINED}; give options")
        if not 0 <= self.frozen_epochs <= self.epochs:
            raise ValueError(f"frozen_epochs is {self.frozen_epochs}; it must lie between 0 and epochs ({self.epochs})")

    @property
    def is_of_distribution(self) -> bool:
        """Whether the loss is one of a distribution of chroma, which only `ChromaNet` predicts."""
        return "chroma distribution" in self.loss

    def portable(self) -> "TrainingConfig":
        """What a file is to say of its training: the same, without the place of the file that it started from."""
        return replace(self, start=Path(self.start).name)

    def fingerprint(self, pairs: "Pairs", device: str = "cpu") -> str:
        """16 hex digits that identify this configuration on these pairs, trained on this kind of device."""
        import torch

        from lib.losses.vgg_features import BUNDLED

        fields = asdict(self)
        for name in _ADDED:
            if fields[name] == getattr(TrainingConfig, name):
                del fields[name]
        precision = resolved(fields.pop("precision"), device)
        if self.start not in ("", IMAGENET):  # wherever the file lies
            fields["start"] = hashlib.sha256(Path(self.start).read_bytes()).hexdigest()
        parts = [_RECIPE, fields, pairs.fingerprint]
        if self.loss != "mse":
            parts.append(hashlib.sha256(BUNDLED.read_bytes()).hexdigest() if self.vgg_weights == "bundled" else "")
        kind = torch.device(device).type
        if kind != "cpu":  # other rounding, and other seconds
            parts.append(kind)
        if precision != {"cuda": "bfloat16"}.get(kind, "float32"):  # a device's usual precision is left out
            parts.append(precision)
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def resolved(precision: str, device: "str | torch.device") -> str:
    """The precision that "auto" stands for on this device; the others stand for themselves."""
    if precision != "auto":
        return precision
    import torch

    # A GPU without hardware for bfloat16 emulates it, slowly.
    fast = torch.device(device).type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return "bfloat16" if fast else "float32"
