"""The recipe of the bundled colorizer."""

from lib.training.config import IMAGENET, PRETRAINED, TrainingConfig

SIZE = 128  # px of the photographs, of which crops are trained on
SIDE = 160  # px of the short side at which photographs are seen: the scale of an average crop, in multiples of 32
CONFIG = TrainingConfig(
    network="ChromaNet",
    options={"side": SIDE, "encoder": PRETRAINED},
    loss="cautious chroma distribution",
    start=IMAGENET,
    epochs=7,
    frozen_epochs=3,
    batch_size=32,
    learning_rate=2e-3,
    tuning_rate=6e-4,
    encoder_rate=1 / 6,
    schedule="one-cycle",
    weight_decay=0.01,
    average=0.999,
    gradient_norm=5.0,
    crop=SIZE,
    augmentation="crops and damage",
    validation_pairs=200,
)
