"""The recipe of the bundled colorizer."""

from lib.training.config import TrainingConfig

SIZE = 144  # px of the photographs, of which crops of 128 px are trained on
SIDE = 160  # px of the short side at which photographs are seen: the scale of an average crop, in multiples of 32
CONFIG = TrainingConfig(
    network="ChromaNet",
    options={"side": SIDE},
    loss="chroma distribution",
    epochs=22,
    batch_size=32,
    learning_rate=3e-3,
    schedule="one-cycle",
    weight_decay=0.05,
    crop=128,
    validation_pairs=200,
)
