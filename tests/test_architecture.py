"""The shape of the house: who imports whom, two lists of packages that agree, notebooks committed clean."""

import ast
import re
import tomllib
from pathlib import Path

import papermill
import pytest
import yaml

import lib
from lib.common.files import NOTEBOOKS, ROOT, read_json

# The map in the package's docstring: one line a module, and a module imports only what stands above it.
MAP = [match[1] for line in lib.__doc__.splitlines() if (match := re.match(r"^    ([a-z_]+)(\.py|/)? ", line))]
SOURCES = sorted((ROOT / "lib").rglob("*.py"))
COMMITTED = sorted(NOTEBOOKS.glob("*.ipynb"))


def module_of(path: Path) -> str:
    """The name in the map: the module's, or that of the package it is part of."""
    return path.relative_to(ROOT / "lib").parts[0].removesuffix(".py")


def imports_of(path: Path, inside_functions: bool = True) -> set[str]:
    """Dotted names that a file imports: anywhere in it, or as soon as it is imported itself."""
    found, nodes = set(), [ast.parse(path.read_text(encoding="utf-8"))]
    while nodes:
        node = nodes.pop()
        if inside_functions or not isinstance(node, ast.FunctionDef):
            nodes += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_the_map_names_every_module_once():
    there = {module_of(path) for path in SOURCES} - {"__init__"}
    assert set(MAP) == there and len(MAP) == len(there)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_upward_only(path):
    own = module_of(path)
    used = {name.split(".")[1] for name in imports_of(path) if name.startswith("lib.")} & set(MAP)
    if own == "__init__":
        assert not imports_of(path, inside_functions=False)  # `import lib` costs nothing
    else:
        below = sorted(name for name in used - {own} if MAP.index(name) > MAP.index(own))
        assert not below, f"lib/{own} imports {below}, which stand below it in the map"


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        ("papermill", {"workbook/execution", "workbook/parameters"}),
        ("distributed", {"workbook/sweeps/cluster", "workbook/sweeps/job"}),
        ("ipywidgets", {"widgets/colorizer", "widgets/feature_maps"}),
        ("kagglehub", {"data/kaggle"}),
    ],
)
def test_few_modules_know(package, allowed):
    knowing = {path for path in SOURCES if any(name.split(".")[0] == package for name in imports_of(path))}
    assert {str(path.relative_to(ROOT / "lib").with_suffix("")) for path in knowing} == allowed


def test_every_module_has_its_tests():
    tested = {path.stem.removeprefix("test_") for path in (ROOT / "tests").glob("test_*.py")}
    tested |= {path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")}
    # These are tested with what uses them: two that make weights with their weights, pages with the report, the rest
    # with the runner and with sweeps.
    elsewhere = {"distillation", "pretraining", "progress", "results", "parameters", "pages", "sweep_page"}
    elsewhere |= {"execution", "live", "cluster"}
    assert not set(MAP) - tested - elsewhere


def test_conda_and_pip_install_the_same():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    (pip,) = [entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict)]
    assert pip == [*project["dependencies"], "-e .[dev]"]
    assert environment["channels"] == ["conda-forge"]
    assert f"python{project['requires-python']}" in environment["dependencies"] and "pip" in environment["dependencies"]


def test_there_are_notebooks():
    assert [path.stem[:3] for path in COMMITTED[:6]] == ["00_", "01_", "02_", "03_", "04_", "05_"]


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_notebooks_are_committed_without_what_a_run_leaves(path):
    notebook = read_json(path)
    assert "widgets" not in notebook["metadata"] and "papermill" not in notebook["metadata"]
    for cell in notebook["cells"]:
        assert not cell.get("outputs") and cell.get("execution_count") is None
        assert not {"execution", "papermill"} & set(cell["metadata"])


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_papermill_sees_every_parameter_with_its_type(path):
    cells = [cell for cell in read_json(path)["cells"] if "parameters" in cell["metadata"].get("tags", [])]
    assert len(cells) == 1
    assigned = {}
    for node in ast.parse("".join(cells[0]["source"])).body:
        assert isinstance(node, ast.AnnAssign), f"line {node.lineno} is no 'name: type = value'"
        assigned[node.target.id] = ast.unparse(node.annotation)
    seen = papermill.inspect_notebook(str(path))
    assert {name: parameter["inferred_type_name"] for name, parameter in seen.items()} == assigned
    assert {"data", "run", "seed"} <= set(assigned)


def texts():
    """Every text file that belongs to the project: what is generated and what is ignored lies elsewhere."""
    places = ["lib", "tests", "notebooks", "data", "outputs", ".ci"]
    files = [path for place in places for path in (ROOT / place).rglob("*") if path.is_file()]
    generated = [ROOT / "data" / "cache", ROOT / "data" / "kaggle"]
    for path in [*files, *(path for path in ROOT.iterdir() if path.is_file())]:
        inside_outputs = path.is_relative_to(ROOT / "outputs") and path.name != "README.md"
        if inside_outputs or any(path.is_relative_to(folder) for folder in generated):
            continue
        if "__pycache__" in path.parts or ".ipynb_checkpoints" in path.parts:
            continue
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # weights and pictures


def test_no_file_names_a_place_of_one_machine():
    machine_bound = re.compile(
        r"(?<![\w.)/}<])/(?:home|root|work|tmp|Users|mnt|opt|media|private|scratch)/[\w.]|\b[A-Z]:\\\w"
    )
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}" for path, text in texts() for match in machine_bound.finditer(text)
    ]
    assert not found
    assert machine_bound.search("see '/ho" + "me/someone'") and not machine_bound.search("https://x.org/work/a")
