"""The workbook's library. One idea: a colorizer is any callable from gray `(B, 1, H, W)` to RGB `(B, 3, H, W)`.

Whatever makes colorizers, feeds them, judges them or shows them stands in this order, and imports run upward only:

    files.py         where things lie; writing whole or not at all
    progress.py      one progress bar, for a terminal, a notebook and the runner
    results.py       what a run left behind, read from its files; the table that terminal and page show
    color.py         luma, YCbCr, Lab, colourfulness: each scale named once, with its inverse
    chroma.py        chroma as a distribution; joined with a luma that stays as it was
    pairs.py         gray and colour pictures in pairs, decoded once; splits; near-duplicates
    scenes/          rendered landscapes, the embedded default data
    sources.py       a name or a folder -> pairs
    photographs.py   single pictures in their own aspect ratio: of pairs, samples, uploads
    metrics.py       what is measured on a prediction and its truth
    classical/       filters, segmentation, Fourier domain, colour maps
    networks/        the paper's network, alone and with classical filters as further inputs; ours
    augmentation.py  random crops and exposures of training pictures
    perceptual.py    VGG11 features; the perceptual loss as printed, and corrected
    distillation.py  how the bundled VGG11 weights were made
    weights.py       networks and checkpoints in files, each whole or not there
    processes.py     several processes that train one network, or want the same one
    training.py      TrainingConfig and the visible loop; a training is kept under its fingerprint
    colorizer.py     the bundled colorizer, ready to use
    checkpoints.py   the networks that runs have kept, and their epochs
    gradients.py     what a loss and what accumulation do to gradients
    evaluation.py    controls, a row a picture and method, intervals, paired differences
    knob.py          vividness against its control, ambiguity against the error
    pretraining.py   how the bundled colorizer was made
    experiments.py   several trainings at equal budget, over seeds
    claims.py        the ledger: each claim of the paper, what was measured, a verdict
    activations.py   feature maps captured, ranked, counted, matched
    interventions.py channels switched off or scaled, and what that does to the colours
    studies.py       networks looked at on photographs, each number computed once
    figures.py       data in, matplotlib Figure out; nothing else
    sheets.py        many small pictures with labels in one: what a grid of axes is too slow for
    views.py         what the feature-map browser shows: settings in, one picture out
    browsers/        ipywidgets, thin over views.py and sheets.py
    colorize.py      photographs in, photographs out
    runs.py          what a notebook records of itself
    bench.py         how fast the printed recipe is, and how fast ours
    report.py        a run as one HTML page
    parameters.py    notebook parameters, checked before a kernel starts
    train.py         one training from the command line, in one process or several
    workbook.py      the runner: papermill, one line a notebook, the report

Only workbook.py and parameters.py know papermill, only browsers/ knows ipywidgets, and only sources.py (and
torchvision's own weights, when asked for) reaches for the network.
"""


def __getattr__(name: str) -> object:
    # Looked up only when asked for: `import lib` and its light modules need not wait for torch.
    if name == "load_colorizer":
        from lib.colorizer import load_colorizer

        return load_colorizer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
