"""Documents name what is there: links, files, commands, options, parameters, names in code, how numbers were made.

A document that names something which was renamed or removed fails here, with its name and line.
"""

import pytest
from document_checks import (
    lines_of,
    problems,
    tables_without_origin,
    wrong_command,
    wrong_link,
    wrong_name,
    wrong_option,
    wrong_path,
    wrong_python,
)
from documents import Document, documents, target_of

from lib.common.files import NOTEBOOKS, ROOT

README_WORDS = 1000  # of `text.split()`: all that a reader sees, tables, commands and links included
SHELLS = ("sh", "bash", "shell", "console")
each_document = pytest.mark.parametrize("document", documents(), ids=lambda document: document.name)


@each_document
def test_links_and_pictures_lead_somewhere(document):
    assert not (found := problems(document.links, wrong_link)), found


@each_document
def test_files_in_backticks_exist(document):
    assert not (found := problems(document.spans, wrong_path)), found


@each_document
def test_names_of_code_in_backticks_exist(document):
    assert not (found := problems(document.spans, wrong_name)), found


@each_document
def test_commands_are_known(document):
    """In a fence a command is whole; in backticks it may leave out what stands around it."""
    fences = [line for fence in document.fences if fence.language in SHELLS for line in lines_of(fence)]
    found = [
        problems(fences, lambda piece: wrong_command(piece, whole=True)),
        problems(document.spans, lambda piece: wrong_command(piece, whole=False)),
    ]
    message = "\n".join(filter(None, found))
    assert not message, message


@each_document
def test_options_in_backticks_are_known(document):
    assert not (found := problems(document.spans, wrong_option)), found


@each_document
def test_python_compiles_and_imports_what_is_there(document):
    fences = [fence for fence in document.fences if fence.language in ("python", "py")]
    assert not (found := problems(fences, wrong_python)), found


def test_the_readme_is_short():
    """Words are counted as `text.split()` gives them, over the whole file."""
    words = len((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert words <= README_WORDS, f"README.md has {words} words; at most {README_WORDS}"


def test_tables_of_results_say_how_they_were_made():
    """In docs/results.md each section with a table names a command and a date."""
    text = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    assert not (found := tables_without_origin("docs/results.md", text)), "\n".join(found)


def test_a_table_without_origin_is_found():
    table, made = "| a | b |\n| --- | --: |\n| 1 | 2 |\n", "2026-01-31\n\n```sh\n# by this\nworkbook run\n```\n"
    found = tables_without_origin("x.md", f"# X\n\n{made}\n{table}\n## Y\n\n{table}\n## Z\n\n{made}")
    assert [line.partition(": ")[0] for line in found] == ["x.md:14", "x.md:14"]
    assert not tables_without_origin("x.md", f"## Y\n\n{table}\nBy `make workbook PROFILE=paper`, 2026-01-31.")


def test_every_document_is_linked_to():
    """From README.md a reader reaches each document by links."""
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        path = waiting.pop()
        if path in reached or path not in {document.path for document in documents()}:
            continue
        reached.add(path)
        waiting += [target_of(link)[0] for link in Document(path).links]
    lost = [document.name for document in documents() if document.path not in reached]
    assert not lost, f"no link leads from README.md to {', '.join(lost)}"


def test_what_there_is_is_named():
    """Packages in the document of the architecture, sweeps in that of the experiments."""
    packages = {path.name for path in (ROOT / "lib").iterdir() if (path / "__init__.py").exists()}
    sweeps = {path.stem for path in (NOTEBOOKS / "parameters" / "sweeps").glob("*.yaml")}
    for name, known in (("architecture", packages), ("experiments", sweeps)):
        document = Document(ROOT / "docs" / f"{name}.md")
        missing = known - {span.text.rstrip("/") for span in document.spans}
        assert not missing, f"{document.name} does not name {', '.join(sorted(missing))}"


def in_a_document(text: str) -> Document:
    """A document of the project's root that holds `text`. It is nowhere on the disk."""
    return type("Written", (Document,), {"sections": [("made-up.md:", text)]})(ROOT / "made-up.md")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ok\n[x](docs/nowhere.md)", "made-up.md:2: docs/nowhere.md: there is no such file"),
        ("![x](images/nowhere.png)", "there is no such file"),
        ('<img src="images/nowhere.png">', "there is no such file"),
        ("[x](README.md#no-such-heading)", "there is no such heading"),
        ("[x](../elsewhere.md)", "there is no such file"),
        ("`[x](nowhere.md)` and [x](https://example.org/nowhere.md) [x](README.md#colorization-workbook)", ""),
    ],
)
def test_a_wrong_link_is_found(text, found):
    message = problems(in_a_document(text).links, wrong_link)
    assert found in message and bool(found) == bool(message)


@pytest.mark.parametrize(
    ("text", "check", "found"),
    [
        ("one\n\n`lib/nowhere`", wrong_path, "made-up.md:3: lib/nowhere: there is no such file"),
        ("`notebooks/99_*.ipynb`", wrong_path, "no such file"),
        ("`nowhere.py` and `nowhere.ipynb`", wrong_path, "no file is called so"),
        ("`lib/data` `usage.py` `common/usage.py` `results.json` `gray/` `a/b` `outputs/mine`", wrong_path, ""),
        ("`lib.data.sources.load_pears`", wrong_name, "there is no load_pears in lib.data.sources"),
        ("`lib.data.nowhere`", wrong_name, "there is no nowhere"),
        ("`lib.data.sources.load_pairs()` `lib.data.pairs.Pairs.splits` `lib.load_colorizer`", wrong_name, ""),
        ("`--vividity 1`", wrong_option, "no command has this option"),
        ("`--vividness 1` `--epochs`", wrong_option, ""),
    ],
)
def test_a_wrong_name_is_found(text, check, found):
    message = problems(in_a_document(text).spans, check)
    assert found in message and bool(found) == bool(message)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("workbook runn", "workbook has no command 'runn'"),
        ("workbook run --onyl 02", "workbook run has no option --onyl"),
        ("workbook run --only 99", "there is no notebook '99'"),
        ("workbook run --help-notebook 99", "there is no notebook '99'"),
        ("workbook run --profile quik", "there is no profile quik"),
        ("workbook run --only 02 -p epoch 3", "there is no parameter 'epoch'"),
        ("workbook run -p epochs many", "must be int, not 'many'"),
        ("workbook run -p pair_counts 3", "must be list[int], not '3'; write [3]"),
        ("workbook sweep notebooks/99.ipynb loss_weight", "is not a notebook"),
        ("workbook sweep notebooks/03_perceptual_loss.ipynb los_weight", "did you mean 'loss_weight'?"),
        ("workbook sweep notebooks/02_baseline_cnn.ipynb loss_weight", "has no parameter"),
        (
            "workbook sweep notebooks/03_perceptual_loss.ipynb loss_weight --seeds many",
            "must be a whole number of at least 1, not 'many'",
        ),
        ("workbook table outputs/los_weight-quick", "there is no sweep los_weight"),
        ("workbook report outputs/loss_weight-quik", "there is no profile quik"),
        ("workbook table outputs/x --metric pnsr", "'pnsr' is none of psnr"),
        ("workbook table outputs/x --method cn", "'cn' is none of gray_copy"),
        ("workbook train -p epoch 3", "a training has no such setting"),
        ("workbook train --data FOLDER -p epochs many", "must be int"),
        ("colorize photo.jpg", "required: -o"),
        ("colorize photo.jpg -o out --vividness 2", "must be a number from 0 to 1, not '2'"),
        ("colorize photo.jpg -o out --versions 10", "must be a whole number from 1 to 9"),
        ("make workbok", "no target workbok"),
        ("make workbook DATE=x", "no variable DATE"),
        ("make workbook PROFILE=quik", "there is no profile quik"),
        ("papermill notebooks/02_baseline.ipynb out.ipynb", "there is no notebook"),
        ("papermill notebooks/02_baseline_cnn.ipynb out.ipynb -p epoch 3", "no parameter 'epoch'"),
        ("papermill notebooks/02_baseline_cnn.ipynb out.ipynb -f quick.yaml", "there is no file quick.yaml"),
        ("papermill notebooks/02_baseline_cnn.ipynb out.ipynb --prepare", "papermill has no option --prepare"),
        ("python -m lib.commands.trian", "there is no module"),
        ("A=1 .venv/bin/torchrun --nproc-per-node 2 -m lib.commands.train --sice 64", "has no option --sice"),
        ("python -m lib.scripts.pretrain_colorizer FOLDER --epoch 3", "has no option --epoch"),
        ("make lint && \\\n  make tset  # style", "no target tset"),
        ("workbook run --only 02 -p epochs 20 -p run NAME  # a comment\nenv -u X colorize a -o b\nls -l", ""),
        ("workbook table 'outputs/*-quick' --baseline method=gray_copy --metric psnr,ssim", ""),
        ("python -m lib.commands.train --size 64 -p options '{width: 8}'", ""),
    ],
)
def test_a_wrong_command_is_found(text, found):
    (fence,) = in_a_document(f"```sh\n{text}\n```").fences
    message = problems(lines_of(fence), lambda piece: wrong_command(piece, whole=True))
    assert found in message and bool(found) == bool(message)
    assert not message or message.startswith("made-up.md:2")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x = (", "is no Python"),
        ("from lib.data.sources import load_pears", "there is no load_pears"),
        ("import lib.nowhere", "there is no nowhere"),
        ("from lib import load_colorizer\nfrom lib.data.pairs import Pairs", ""),
    ],
)
def test_wrong_python_is_found(text, found):
    message = problems(in_a_document(f"# Title\n\n```python\n{text}\n```").fences, wrong_python)
    assert found in message and bool(found) == bool(message)
    assert not message or message.startswith("made-up.md:4")


def test_a_span_over_two_lines_is_read_whole():
    (span,) = in_a_document("Say `workbook\nrun --only 02` here.").spans
    assert span.text == "workbook run --only 02" and span.place == "made-up.md:1"
