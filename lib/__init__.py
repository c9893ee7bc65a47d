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
    parameters.py    notebook parameters, checked before a kernel starts
    results.py       what a run or a sweep left behind, read from its files; the table that terminal and page show
    tidy.py          many results.json files as one tidy table
    tables.py        means over seeds with intervals, paired against a baseline; the table and its figure
    verdicts.py      differences in words; claims judged over the seeds of a sweep
    commands/        what a terminal calls
    distillation.py  how the bundled VGG11 weights were made
    pretraining.py   how the bundled colorizer was made
    experiments.py   several trainings at equal budget, over seeds
    claims.py        the ledger: each claim of the paper, what was measured, a verdict
    runs.py          what a notebook records of itself
    bench.py         how fast the printed recipe is, and how fast ours
    pages.py         what the page of a run and that of a sweep share
    sweep_page.py    a sweep as one HTML page
    report.py        a run, or a sweep, as one HTML page
    execution.py     one notebook in a kernel of its own
    sweeps.py        a notebook at many points of its parameters: read, checked, told done from to do
    cluster.py       points worked off by Dask, here or on many machines
    live.py          what the terminal shows while kernels work
    sweeping.py      the command `workbook sweep`
    workbook.py      the command `workbook`: run, sweep, table, report

Only execution.py and parameters.py know papermill, only cluster.py knows Dask, only browsers/ knows ipywidgets, and
only sources.py (and torchvision's own weights, when asked for) reaches for the network.
"""


def __getattr__(name: str) -> object:
    # Looked up only when asked for: `import lib` and its light modules need not wait for torch.
    if name == "load_colorizer":
        from lib.networks.pretrained import load_colorizer

        return load_colorizer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
