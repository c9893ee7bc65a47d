"""The fingerprints that decide whether a point is done."""

import json

from toys import write_notebook

from lib.workbook.sweeps import fingerprints as module
from lib.workbook.sweeps.fingerprints import fingerprints, is_done

PARAMETERS = """
rate: float = 0.5
how: str = ""
"""


def test_a_point_is_done_only_with_the_expected_fingerprints(tmp_path):
    notebook = write_notebook(tmp_path, "01_toy", "print(rate)", parameters=PARAMETERS)
    parameters = {"rate": 0.5, "how": str(tmp_path / "methods.py")}
    (tmp_path / "methods.py").write_text("METHODS = {}")
    wanted = fingerprints(notebook, parameters, "data")
    folder = tmp_path / "point"
    (folder / "01_toy").mkdir(parents=True)
    assert not is_done(folder, wanted)
    written = json.dumps({"data": {"fingerprint": "data"}, "fingerprints": wanted})
    (folder / "01_toy" / "results.json").write_text(written[:-9])
    assert not is_done(folder, wanted)  # the file is cut off
    (folder / "01_toy" / "results.json").write_text(written)
    assert is_done(folder, wanted)
    assert not is_done(folder, fingerprints(notebook, parameters, "other data"))
    assert not is_done(folder, fingerprints(notebook, parameters | {"rate": 0.6}, "data"))
    (folder / "01_toy" / "results.json").write_text(written.replace('{"fingerprint": "data"}', '{"fingerprint": "x"}'))
    assert not is_done(folder, wanted)  # the kernel saw other pictures than the sweep was planned with
    (folder / "01_toy" / "results.json").write_text(written)
    (tmp_path / "methods.py").write_text("METHODS = {'gray': None}")
    assert not is_done(folder, fingerprints(notebook, parameters, "data"))
    changed = write_notebook(tmp_path, "01_toy", "print(2 * rate)", parameters=PARAMETERS)
    assert fingerprints(changed, parameters, "data")["notebook"] != wanted["notebook"]


def test_changed_code_has_another_fingerprint(tmp_path, monkeypatch):
    for folder in ("lib", "data/models"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "lib" / "a.py").write_text("x = 1")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    first = module.code_fingerprint()
    (tmp_path / "lib" / "a.py").write_text("x = 2")
    assert module.code_fingerprint() != first


def test_what_a_file_of_methods_may_import_counts_too(tmp_path):
    notebook, folder = write_notebook(tmp_path, "01_toy", "print(rate)", parameters=PARAMETERS), tmp_path / "mine"
    (folder / "below").mkdir(parents=True)
    (folder / "methods.py").write_text("from helper import METHODS")
    parameters = {"how": str(folder / "methods.py")}
    alone = fingerprints(notebook, parameters, "")
    for name in ("notes.txt", "below/other.py"):
        (folder / name).write_text("x = 1")
    (folder / "gone.py").symlink_to(folder / "nowhere")
    assert fingerprints(notebook, parameters, "") == alone
    (folder / "helper.py").write_text("METHODS = {}")
    first = fingerprints(notebook, parameters, "")
    (folder / "helper.py").write_text("METHODS = {'gray': None}")
    assert len({f["parameters"] for f in (alone, first, fingerprints(notebook, parameters, ""))}) == 3


def test_they_are_the_same_in_any_folder(tmp_path, monkeypatch):
    """In the folder of a cluster's worker may lie a file that is called as a value, such as "auto"."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "worker").mkdir()
    notebook = write_notebook(tmp_path / "notebooks", "01_toy", "print(rate)", parameters=PARAMETERS)
    here = fingerprints(notebook, {"how": "auto"}, "")
    (tmp_path / "worker" / "auto").touch()
    monkeypatch.chdir(tmp_path / "worker")
    assert fingerprints(notebook, {"how": "auto"}, "") == here
    (notebook.parent / "auto").touch()  # this one the kernel sees
    assert fingerprints(notebook, {"how": "auto"}, "") != here
