"""A notebook's head and parameters, read from its file, and every value checked before a kernel starts."""

import argparse
import ast
import io
import json
import os
import re
import tokenize
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lib.common import plain_yaml
from lib.common.files import NOTEBOOKS, read_json, resolve
from lib.common.usage import PLAIN_TYPES, UsageError, as_written, convert, hint, is_plain, nearest
from lib.data.locations import parts_of
from lib.evaluation.methods_file import check_methods_file
from lib.workbook.ranges import Range, is_there, parse_range

SOURCES = ("auto", "scenes", "kaggle")  # names of data that are no folders, also where there is one of that name
METHODS = "methods"  # the parameter that names a user's file of methods
PATHS = ("data", METHODS)  # parameters that have an option of their own


@dataclass(frozen=True)
class Notebook:
    """A notebook: what its first markdown cell says ("" where it does not), and its parameters by name.

    A parameter's line is `epochs: int = 9  # passes over the pairs, at least 3`: name, annotated type, default, help.
    `ranges` holds what the help says of its values (see `lib.workbook.ranges`).
    """

    path: Path
    title: str = ""
    question: str = ""
    types: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, object] = field(default_factory=dict)
    help: dict[str, str] = field(default_factory=dict)
    ranges: dict[str, Range] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        return self.path.stem

    def answers_to(self, name: str) -> bool:
        """Whether `name` means this notebook: its stem, or its number with or without leading zeros."""
        number = self.stem.split("_")[0]
        return name in (self.stem, number) or (name.isdecimal() and number.isdecimal() and int(name) == int(number))

    def help_text(self) -> str:
        """The question, and a line for each parameter: name, type, default and help."""
        defaults = {name: json.dumps(value, ensure_ascii=False) for name, value in self.defaults.items()}
        table = [(name, kind, defaults[name], self.help[name]) for name, kind in self.types.items()]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in table]
        return "\n".join([f"{self.stem}: {self.question or 'parameters'}", *(f"  {line}" for line in lines)])


def find_notebook(stem: str) -> Path:
    """The path of a notebook: in the current folder, where its kernel runs, or in notebooks/."""
    for path in (Path(f"{stem}.ipynb").resolve(), NOTEBOOKS / f"{stem}.ipynb"):
        if path.is_file():
            return path
    raise UsageError(
        f"There is no notebook '{stem}'; {nearest(stem, (path.stem for path in NOTEBOOKS.glob('*.ipynb')))}"
    )


def inspect(path: Path) -> Notebook:
    """Read a notebook's head (`# 02 · Title`, `**Question.** ...`) and its parameter cell.

    papermill overlooks some lines (`x: int | None = 3`, a second `=` in a line) and would then inject a value that
    nothing checked: a cell with such lines is refused. papermill itself is not asked, as its import takes seconds.

    Raises:
        UsageError: the file is no notebook, or its parameter cell holds more than lines of `name: type = value`.
    """
    try:
        cells = [(cell, "".join(cell["source"])) for cell in read_json(path)["cells"]]
        tagged = [source for cell, source in cells if "parameters" in cell["metadata"].get("tags", [])]
        head = next((source for cell, source in cells if cell["cell_type"] == "markdown"), "")
    except (ValueError, KeyError) as error:
        raise UsageError(f"{path.name} is no notebook ({error}).") from None
    if len(tagged) != 1:
        raise UsageError(f"{path.name} needs one cell tagged 'parameters' and has {len(tagged)}.")
    title = re.search(r"^# (?:\d+ · )?(.+)", head, re.MULTILINE)
    question = re.search(r"^\*\*Question\.\*\* (.+)", head, re.MULTILINE)
    notebook = Notebook(path, *(found[1].strip() if found else "" for found in (title, question)))
    try:
        _read_parameters(notebook, tagged[0])
    except UsageError:
        raise
    except (SyntaxError, tokenize.TokenError, AttributeError, ValueError) as error:
        raise UsageError(
            f"{path.name}: the parameter cell may hold only lines like 'epochs: int = 5' ({error})."
        ) from None
    return notebook


def _read_parameters(notebook: Notebook, source: str) -> None:
    """Enter the parameters of a cell: assignments of literals with a plain type, written so that papermill sees it."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}
    for node in ast.parse(source).body:
        annotated = isinstance(node, ast.AnnAssign)
        name = (node.target if annotated else node.targets[0]).id
        notebook.types[name] = ast.unparse(node.annotation) if annotated else ""
        notebook.defaults[name] = ast.literal_eval(node.value)
        notebook.help[name] = comments.get(node.end_lineno, "")
        lines = source.splitlines()[node.lineno - 1 : node.end_lineno]
        if not is_plain(notebook.types[name]) or "".join(lines).count("=") > 1:
            raise UsageError(
                f"{notebook.path.name}: papermill sees no plain type for parameter '{name}'; write it as "
                "'name: type = value' on a line without a second '=', the type one of "
                f"{', '.join(PLAIN_TYPES)} or list[...] of these."
            )
        notebook.ranges[name] = _range(notebook, name)


def _range(notebook: Notebook, name: str) -> Range:
    kind, default = notebook.types[name], notebook.defaults[name]
    try:
        return parse_range(notebook.help[name], kind, convert(default, kind))
    except ValueError as error:
        raise UsageError(f"{notebook.path.name}: parameter '{name}' ({kind}): {error}.") from None


def assign(
    parameters: dict[str, dict],
    takers: list[Notebook],
    values: Mapping,
    where: str,
    read: Callable[[object, str], object] = lambda value, kind: value,
) -> None:
    """Put each value into `parameters[stem]` of every taker that has a parameter of its name.

    Args:
        parameters: those of each notebook so far.
        takers: the notebooks that may have the parameters.
        values: by name.
        where: what gave the values, for messages.
        read: makes the value for a type from what was given; without it, that is the value itself.

    Raises:
        UsageError: a name is unknown, or a value is of the wrong type or out of the range that its help says.
    """
    for name, value in values.items():
        having = [notebook for notebook in takers if name in notebook.types]
        if not having:
            lacking = f"{takers[0].stem} has no" if len(takers) == 1 else "no notebook here has a"
            known = [name for notebook in takers for name in notebook.types]
            raise UsageError(f"{where}: {lacking} parameter '{name}'; {nearest(str(name), known)}")
        for notebook in having:
            kind, called = notebook.types[name], f"'{name}' of {notebook.stem}"
            found = read(value, kind)
            try:
                converted = convert(found, kind)
            except ValueError:
                end = hint(found, kind)
                raise UsageError(f"{where}: {called} must be {kind}, not {as_written(value)}{end}.") from None
            try:
                parameters[notebook.stem][name] = notebook.ranges[name].check(called, converted)
            except ValueError as error:
                raise UsageError(f"{where}: {error}.") from None
        if name == METHODS and value:
            check_methods_file(str(value))


def check_values(notebook: Notebook, values: Mapping[str, object]) -> None:
    """Raise `UsageError` for a value out of the range that its parameter's help says; paths are not looked for."""
    for name, known in notebook.ranges.items():
        try:
            if not known.path:
                known.check(f"'{name}'", convert(values[name], notebook.types[name]))
        except ValueError as error:
            raise UsageError(f"{notebook.path.name}: {error}.") from None


def read_yaml(path: Path) -> object:
    """The content of a YAML file (see `lib.common.plain_yaml`); a broken one raises `UsageError`."""
    try:
        return plain_yaml.load(path.read_text(encoding="utf-8"))
    except ValueError as error:  # also for bytes that are no text
        raise UsageError(f"{path.name} is not readable as YAML: {error}.") from None


def yaml_value(option: str, text: str) -> object:
    """The value of a command line's option, read as YAML."""
    try:
        return plain_yaml.load(text)
    except ValueError as error:
        reason = str(error).removeprefix("line 1: ")
        raise UsageError(f"{option}: {text!r} is not readable as YAML ({reason}); a list is written [1, 2].") from None


def profile_parameters(notebooks: list[Notebook], profile: Path) -> dict[str, dict]:
    """Each notebook's parameters in a profile, {stem: {name: value}}: a value goes to every notebook that has it.

    `notebooks/parameters/<name>.yaml` is flat, so that plain papermill reads it with -f.
    """
    if not profile.is_file():
        known = (other.stem for other in profile.parent.glob("*.yaml"))
        raise UsageError(f"There is no profile '{profile.stem}'; {nearest(profile.stem, known)}")
    values = read_yaml(profile)
    if not isinstance(values, dict | None):
        raise UsageError(f"{profile.name} must hold lines like 'epochs: 5'.")
    values = values or {}
    if "run" in values:
        raise UsageError(f"{profile.name}: 'run' is the runner's to set; use --output.")
    parameters: dict[str, dict] = {notebook.stem: {} for notebook in notebooks}
    assign(parameters, notebooks, values, profile.name)
    return parameters


def assign_option(parameters: dict[str, dict], selected: list[Notebook], name: str, text: str) -> None:
    """Apply one `-p name text`, read as the type that each notebook names.

    A list is YAML. Text is taken as it is written, and a number is the whole text: "5 # comment" is none.
    """
    options = {"run": "--output", "data": "--data", "methods": "--methods"}
    if name in options:
        raise UsageError(f"-p {name}: use {options[name]} instead.")

    def read(text: str, kind: str) -> object:
        if kind.startswith("list["):
            return yaml_value(f"-p {name}", text)
        return text if kind == "str" else plain_yaml.scalar(text.strip())

    assign(parameters, selected, {name: text}, f"-p {name}", read)


def given_parameters(
    notebooks: list[Notebook], selected: list[Notebook], options: argparse.Namespace
) -> dict[str, dict]:
    """{stem: {name: value}} from a command line: the profile, then each `-p`, then `--data` and `--methods`.

    Paths among the defaults of the selected notebooks are in it too, where they do not lie in the notebook's folder.
    """
    parameters = profile_parameters(notebooks, NOTEBOOKS / "parameters" / f"{options.profile}.yaml")
    for name, text in options.parameters:
        assign_option(parameters, selected, name, text)
    for name in PATHS:
        value = getattr(options, name)
        if value is not None:
            assign(parameters, selected, {name: absolute(value)}, f"--{name}")
    for notebook in selected:
        given = parameters[notebook.stem]
        for name, known in notebook.ranges.items():
            default = notebook.defaults[name]
            if not known.path or name in given or name == "run":
                continue
            beside = [notebook.path.parent / path for path in (default if isinstance(default, list) else [default])]
            if default and all(map(is_there, beside)):  # a kernel runs there
                continue
            assign(parameters, [notebook], {name: default}, f"{notebook.path.name}, default")
    return parameters


def absolute(value: str) -> str:
    """A path as it is seen from any folder, for kernels run in the notebooks'; a name that is no path as it is.

    Of several that are joined (see `parts_of`), each.
    """
    if value in SOURCES:
        return value
    if is_there(value):
        return str(resolve(value))
    parts = parts_of(value)
    return os.pathsep.join(map(absolute, parts)) if len(parts) > 1 else value


def select(notebooks: list[Notebook], only: str | None, option: str = "--only") -> list[Notebook]:
    """The notebooks that `--only 02,03` names, in the folder's order; all of them for None."""
    if only is None:
        return notebooks
    names = [name.strip() for name in only.split(",") if name.strip()]
    for name in names:
        if not any(notebook.answers_to(name) for notebook in notebooks):
            raise UsageError(
                f"{option}: there is no notebook '{name}'; there are: {', '.join(n.stem for n in notebooks)}."
            )
    return [notebook for notebook in notebooks if any(notebook.answers_to(name) for name in names)]
