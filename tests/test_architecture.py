"""The shape of the house: who imports whom, two lists of packages that agree, notebooks committed clean."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import papermill
import pytest
import yaml

from lib.common.files import NOTEBOOKS, ROOT, read_json
from lib.workbook.parameters import inspect

SOURCES = sorted((ROOT / "lib").rglob("*.py"))
COMMITTED = sorted(NOTEBOOKS.glob("*.ipynb"))


def imports_of(path: Path) -> set[str]:
    """Dotted names that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_packages_keep_to_the_import_contract():
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_packages_cost_nothing_to_import():
    """An import in a package's own file would be paid for by everything in it, the help of the commands included."""
    for path in SOURCES:
        if path.name == "__init__.py":
            body = ast.parse(path.read_text(encoding="utf-8")).body
            assert not any(isinstance(node, ast.Import | ast.ImportFrom) for node in body), path


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        ("papermill", {"workbook/execution"}),
        ("distributed", {"workbook/sweeps/cluster", "workbook/sweeps/job"}),
        ("ipywidgets", {"widgets/colorizer", "widgets/feature_maps"}),
        ("anywidget", {"widgets/hints"}),
        ("kagglehub", {"data/kaggle"}),
    ],
)
def test_few_modules_know(package, allowed):
    knowing = {path for path in SOURCES if any(name.split(".")[0] == package for name in imports_of(path))}
    assert {str(path.relative_to(ROOT / "lib").with_suffix("")) for path in knowing} == allowed


def test_tests_mirror_the_packages():
    packages = {path.name for path in (ROOT / "lib").iterdir() if any(path.glob("*.py"))}
    assert {path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")} == packages


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
def test_code_cells_are_short(path):
    for cell in read_json(path)["cells"]:
        lines = "".join(cell["source"]).splitlines()
        assert cell["cell_type"] != "code" or len(lines) <= 25, f"{path.name}: the cell of {lines[0]}"


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


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_notebooks_explain_themselves(path):
    notebook = inspect(path)
    assert notebook.title and notebook.question.endswith("?")
    seen = papermill.inspect_notebook(str(path))
    assert notebook.help == {name: parameter["help"] for name, parameter in seen.items()}
    assert all(notebook.help.values())


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_only_the_run_takes_the_name_of_a_parameter(path):
    """A value that is assigned over would be recorded when the cells are executed again."""
    cells = [cell for cell in read_json(path)["cells"] if cell["cell_type"] == "code"]
    source = "\n".join("".join(cell["source"]) for cell in cells if not cell["metadata"].get("tags"))
    names = set(inspect(path).types)
    assigned, pending = [], list(ast.parse(source).body)
    while pending:  # what a function or a comprehension assigns is its own
        node = pending.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            assigned.append(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            assigned.append(node.name)
        elif not isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            pending += ast.iter_child_nodes(node)
    assert [name for name in assigned if name in names] == ["run"]
    assert f'run = Run("{path.stem}", globals())' in source and "results[" not in source


def texts():
    """Every text file that belongs to the project: what is generated and what is ignored lies elsewhere."""
    places = ["lib", "tests", "notebooks", "data", "docs", "outputs", ".ci"]
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
