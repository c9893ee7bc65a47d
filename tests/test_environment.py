"""What a contributor installs and commits with: the file of exact versions, and the hooks of pre-commit."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lib.common.files import NOTEBOOKS, ROOT

LOCK = ROOT / "requirements.lock"
COMMITTED = sorted(NOTEBOOKS.glob("*.ipynb"))


def locked() -> list[Requirement]:
    """Every line of the file of exact versions. One package may have several lines, for different Pythons."""
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if not line.startswith("#")]


def direct() -> list[Requirement]:
    """What pyproject.toml asks for, development included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [Requirement(line) for line in (*project["dependencies"], *project["optional-dependencies"]["dev"])]


@pytest.mark.parametrize("wanted", direct(), ids=lambda wanted: wanted.name)
def test_exact_versions_keep_to_the_ranges(wanted):
    """`make lock` writes the file again where this fails."""
    own = [line for line in locked() if canonicalize_name(line.name) == canonicalize_name(wanted.name)]
    assert own, f"{LOCK.name} names no {wanted.name}"
    for line in own:
        (version,) = line.specifier
        assert wanted.specifier.contains(version.version), f"{line} is outside {wanted}"


def test_exact_versions_name_no_host_and_no_folder():
    head, *rest = LOCK.read_text(encoding="utf-8").split("\n", 2)
    assert "make lock" in rest[0] and "uv pip install -r requirements.lock" in rest[0] and head.startswith("#")
    for line in locked():
        (version,) = line.specifier
        assert line.url is None and version.operator == "==", line
        assert "+" not in version.version, f"{line} is a build that other registries do not have"
    assert not re.search(r"https?:|file:|--|@|(?<![\w])[/\\~]", LOCK.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A repository with the configuration of the hooks, an environment and lib/."""
    pytest.importorskip("pre_commit", reason="pre-commit is not installed; it belongs to the extra `dev`")
    folder = tmp_path_factory.mktemp("checkout")
    for name in (".pre-commit-config.yaml", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / "lib").symlink_to(ROOT / "lib")  # ruff sorts its imports after those of other packages
    subprocess.run(["git", "init", "-q", folder], check=True)
    subprocess.run(["git", "-C", folder, "add", ".pre-commit-config.yaml"], check=True)
    return folder


def run_hooks(checkout: Path, *files: str) -> subprocess.CompletedProcess:
    subprocess.run(["git", "-C", checkout, "add", *files], check=True)  # pre-commit says what it changed of these
    command = [sys.executable, "-m", "pre_commit", "run", "--files", *files]
    environment = os.environ | {"PRE_COMMIT_HOME": str(checkout / "home")}
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True)


def test_hooks_leave_committed_notebooks_as_they_are(checkout):
    for path in COMMITTED:
        shutil.copy(path, checkout)
    done = run_hooks(checkout, *(path.name for path in COMMITTED))
    assert done.returncode == 0, done.stdout
    for path in COMMITTED:
        assert (checkout / path.name).read_bytes() == path.read_bytes(), path.name


def test_hooks_take_out_what_a_run_leaves(checkout):
    """The stripped notebook is the committed one, byte for byte: ids and the tagged cell of parameters stay."""
    path = COMMITTED[0]
    notebook = nbformat.read(path, 4)
    notebook.metadata |= {"papermill": {"duration": 1.0}, "widgets": {}}
    notebook.metadata.language_info |= {"version": "3.13.1", "mimetype": "text/x-python"}
    for cell in notebook.cells:
        cell.metadata |= {"papermill": {"status": "completed"}, "execution": {"iopub.status.idle": "now"}}
        if cell.cell_type == "code":
            cell.execution_count = 3
            cell.outputs = [nbformat.v4.new_output("stream", text="a result\n")]
    nbformat.write(notebook, checkout / path.name)
    done = run_hooks(checkout, path.name)
    assert done.returncode == 1 and "files were modified by this hook" in done.stdout
    assert (checkout / path.name).read_bytes() == path.read_bytes()


def test_hooks_find_what_ruff_finds(checkout):
    (checkout / "wrong.py").write_text("import os\nx = undefined\n")
    done = run_hooks(checkout, "wrong.py")
    assert done.returncode == 1 and "F821" in done.stdout and "F401" in done.stdout
