"""The workbook's library. One idea: a colorizer is any callable from gray `(B, 1, H, W)` to RGB `(B, 3, H, W)`.

Whatever makes colorizers, feeds them, judges them or shows them stands in this order, and imports run upward only:

    common/          files, progress, devices; mistakes of users as sentences
    color/           color spaces; chroma as a distribution, and joined with a given luma
    figures/         data in, matplotlib Figure out; nothing else
    data/            photographs and pairs: read, decoded once, split; rendered scenes
    classical/       the paper's first milestone: filters, Fourier domain, segmentation, color maps
    losses/          VGG11 features; the perceptual loss as printed, and corrected
    networks/        the paper's network, ours, their files
    evaluation/      metrics, controls, intervals, paired differences
    colorize/        photographs in, photographs out
    training/        TrainingConfig, the visible loop, checkpoints, several processes
    feature_maps/    feature maps captured, ranked, switched off, shown
    widgets/         ipywidgets, thin over feature_maps and figures
    workbook/        notebooks run, recorded, swept, summed up in tables and pages
    commands/        what a terminal calls
    distillation.py  how the bundled VGG11 weights were made
    pretraining.py   how the bundled colorizer was made
    experiments.py   several trainings at equal budget, over seeds
    claims.py        the ledger: each claim of the paper, what was measured, a verdict
    bench.py         how fast the printed recipe is, and how fast ours

Only workbook/ knows papermill and Dask, only widgets/ knows ipywidgets, and only data/kaggle.py (and torchvision's own
weights, when asked for) reaches for the network.
"""


def __getattr__(name: str) -> object:
    # Looked up only when asked for: `import lib` and its light modules need not wait for torch.
    if name == "load_colorizer":
        from lib.networks.pretrained import load_colorizer

        return load_colorizer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
