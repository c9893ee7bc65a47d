"""The workbook's library. One idea: a colorizer is any callable from gray `(B, 1, H, W)` to RGB `(B, 3, H, W)`.

Packages import from the rows above them only; `pyproject.toml` holds the contract and the tests run it.

    common  color  figures             files, messages, devices; color spaces; data in, matplotlib Figure out
    data  classical  losses            photographs in pairs; filters and color maps; the perceptual loss
    networks                           the paper's network and ours, their files, the bundled colorizer
    evaluation  colorize               metrics, controls, intervals; photographs in, photographs out
    training  feature_maps  workbook   the loop; what a network sees; notebooks run, recorded, swept and reported
    paper  conclusions                 the ledger of claims; what each notebook concludes from its tables
    widgets  scripts                   ipywidgets; how the weights were made, benchmarks
    commands                           what a terminal calls
"""


def __getattr__(name: str) -> object:
    # Looked up only when asked for: `import lib` and its light modules need not wait for torch.
    if name == "load_colorizer":
        from lib.networks.pretrained import load_colorizer

        return load_colorizer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
