"""Command lines in documents, checked with the parsers, notebooks, profiles and sweeps that they name."""

import argparse
import re
import shlex
import tempfile
from contextlib import chdir, contextmanager
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import papermill.cli
import pytest
from documents import Piece, documents

from lib.commands.train import configuration
from lib.common.files import NOTEBOOKS, ROOT
from lib.common.usage import UsageError
from lib.evaluation.names import METRICS, TITLES
from lib.workbook.parameters import assign_option, inspect, profile_parameters, select
from lib.workbook.sweeps.command import plan_sweep
from lib.workbook.table import parse_baseline

PARAMETERS = NOTEBOOKS / "parameters"
PROGRAMS = {"workbook": "lib.commands.workbook", "colorize": "lib.commands.colorize"}
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z]\w*):", MAKEFILE, re.MULTILINE))
VARIABLES = set(re.findall(r"^([A-Z]\w*) *\??=", MAKEFILE, re.MULTILINE))
# What a reader is to fill in: FOLDER, <run>, tcp://ADDRESS:8786, png|jpg|keep, PHOTO...
PLACEHOLDER = re.compile(r"[A-Z][A-Z0-9_]*|.*(?:\.\.\.|<\w+>|[A-Z]{4}|\|).*")


class WrongCommand(Exception):
    """What a command line in a document names and the project does not have."""


class _Parsed(Exception):
    """Carries a parser out of the program that builds it."""


@cache
def written() -> dict[str, str]:
    """The files that documents show whole: fences that begin with `# name`, by that name."""
    named = ((re.match(r"# ([\w./-]+\.(?:py|yaml))\n", fence.text), fence) for d in documents() for fence in d.fences)
    return {match[1]: fence.text for match, fence in named if match}


@cache
def parser_of(module: str) -> argparse.ArgumentParser:
    """The parser that the `main` of a module builds. Nothing is parsed."""

    def give_away(parser: argparse.ArgumentParser, *_: object) -> None:
        raise _Parsed(parser)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, "parse_args", give_away)
        try:
            import_module(module).main()
        except _Parsed as parsed:
            return parsed.args[0]
    raise AssertionError(f"{module}.main parses no options")


def subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parsers of a program's commands by name; {} where it has none."""
    found = (action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return next(found, {})


def all_options() -> set[str]:
    """Every long option of the project's programs and of papermill."""
    parsers = [parser_of(module) for module in PROGRAMS.values()]
    scripts = [f"lib.scripts.{name}" for name in ("distill_vgg", "pretrain_colorizer")]
    parsers += [*subparsers(parsers[0]).values(), *map(parser_of, scripts)]
    return {option for parser in parsers for option in parser._option_string_actions}


def commands_of(piece: Piece) -> list[list[str]]:
    """The commands of a shell fence or a code span, each as its words, comments and `\\` at ends of lines taken out."""
    commands: list[list[str]] = []
    for line in piece.text.replace("\\\n", " ").splitlines():
        try:
            words = shlex.split(line.removeprefix("$ "), comments=True)
        except ValueError:  # prose in backticks, with an apostrophe
            continue
        commands.append([])
        for word in words:
            if word in ("&&", "||", ";", "|"):
                commands.append([])
            else:
                commands[-1].append(word)
    return [command for command in map(_without_environment, commands) if command]


def _without_environment(words: list[str]) -> list[str]:
    """`A=1 .venv/bin/python -m x` as `python -m x`."""
    while words and (re.match(r"\w+=", words[0]) or words[0] == "env"):
        words = words[3:] if words[:2] == ["env", "-u"] else words[1:]
    return [words[0].removeprefix(".venv/bin/"), *words[1:]] if words else []


def check_command(words: list[str], whole: bool) -> None:
    """Raise `WrongCommand` where a command names what is not there. `whole` commands must parse as they are."""
    program, *rest = words
    if program == "make":
        _check_make(rest)
    elif program == "papermill":
        _check_papermill(rest, whole)
    elif program in PROGRAMS:
        _check_program(PROGRAMS[program], rest, whole)
    elif "-m" in rest and program in ("python", "python3", "torchrun", "accelerate"):
        module, *options = rest[rest.index("-m") + 1 :]
        if module.split(".")[0] == "lib":
            if not find_spec(module):
                raise WrongCommand(f"there is no module {module}")
            _check_program(module, options, whole)
    for word in words:
        _check_sweep_folder(word)


def _check_make(words: list[str]) -> None:
    for word in words:
        name, given, value = word.partition("=")
        if given and name not in VARIABLES:
            raise WrongCommand(f"the Makefile has no variable {name}")
        if not given and name not in TARGETS:
            raise WrongCommand(f"the Makefile has no target {name}")
        if name == "PROFILE" and not PLACEHOLDER.fullmatch(value):
            _profile_file(value)


def _check_papermill(words: list[str], whole: bool) -> None:
    options = {text: option for option in papermill.cli.papermill.params for text in option.opts}
    notebook, parameters, rest = None, [], list(words)
    while rest:
        word = rest.pop(0)
        if word in ("-p", "--parameters"):
            parameters.append((rest.pop(0), rest.pop(0)))
        elif word in ("-f", "--parameters_file"):
            file = rest.pop(0)
            if not PLACEHOLDER.fullmatch(file) and not (ROOT / file).is_file():
                raise WrongCommand(f"there is no file {file}")
        elif word.startswith("-"):
            if word not in options:
                raise WrongCommand(f"papermill has no option {word}")
        elif notebook is None:
            notebook = word
    if notebook is None or PLACEHOLDER.fullmatch(notebook):
        if whole:
            raise WrongCommand("papermill is given no notebook")
        return
    if not (ROOT / notebook).is_file():
        raise WrongCommand(f"there is no notebook {notebook}")
    _check_parameters([inspect(ROOT / notebook)], parameters)


def _check_program(module: str, words: list[str], whole: bool) -> None:
    """A program of the project: command, options and their values; then what they name."""
    parser, usage = parser_of(module), any(word.startswith("[-") or "..." in word for word in words)
    rest = [word.strip("[]") if usage else word for word in words]
    own, options = parser, rest
    if commands := subparsers(parser):
        if not rest:
            return
        if rest[0] not in commands and not rest[0].startswith("-"):
            raise WrongCommand(f"{parser.prog} has no command '{rest[0]}'")
        own, options = commands.get(rest[0], parser), rest[rest[0] in commands :]
    filled = not usage and not _check_options(own, options)
    parsed = _parsed(parser, rest, whole and filled)
    if parsed is not None and not usage:
        _check_named(parsed)


def _check_options(parser: argparse.ArgumentParser, words: list[str]) -> bool:
    """Check each option and its values; returns whether a value is to be filled in by the reader."""
    rest, open_values = list(words), False
    while rest:
        option, given, value = rest.pop(0).partition("=")
        if not option.startswith("-") or re.match(r"-[\d.]", option):
            continue
        action = parser._option_string_actions.get(option)
        if action is None or option not in parser.format_help():
            raise WrongCommand(f"{parser.prog} has no option {option}")
        count = {None: 1}.get(action.nargs, action.nargs)
        values = [value] if given else rest[:count] if isinstance(count, int) else []
        rest = rest if given else rest[len(values) :]
        for text in values:
            if PLACEHOLDER.fullmatch(text):
                open_values = True
                continue
            try:
                converted = action.type(text) if action.type else text
            except (ValueError, argparse.ArgumentTypeError) as error:
                raise WrongCommand(f"{option} {text}: {error}") from None
            if action.choices is not None and converted not in action.choices:
                raise WrongCommand(f"{option} is one of {', '.join(map(str, action.choices))}, not {text}")
    return open_values


def _parsed(parser: argparse.ArgumentParser, words: list[str], whole: bool) -> argparse.Namespace | None:
    """The parsed options; None where they are a part of a command, whose options alone are checked."""

    def refuse(_: argparse.ArgumentParser, message: str) -> None:
        raise WrongCommand(message)

    if "--help" in words or "-h" in words:
        return None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, "error", refuse)
        try:
            return parser.parse_args(words)
        except WrongCommand:
            if whole:
                raise
            return None


def _check_named(options: argparse.Namespace) -> None:
    """What the options of `workbook` name: notebooks, parameters, profiles, sweeps, metrics, methods, settings."""
    command = getattr(options, "command", "")
    try:
        if command == "run":
            notebooks = _notebooks()
            only, shown = (None if PLACEHOLDER.fullmatch(n or "") else n for n in (options.only, options.help_notebook))
            select(notebooks, shown, "--help-notebook")
            profile_parameters(notebooks, _profile_file(options.profile))
            _check_parameters(select(notebooks, only), options.parameters)
        elif command == "sweep" and not any(map(PLACEHOLDER.fullmatch, (options.notebook, options.sweep))):
            with _as_a_reader():
                options.parameters = [given for given in options.parameters if not PLACEHOLDER.fullmatch(given[1])]
                notebook = Path(options.notebook)
                options.notebook = str(ROOT / notebook) if notebook.suffix == ".ipynb" else options.notebook
                options.data = None  # photographs of the reader
                plan_sweep(options)
        elif command == "table":
            parse_baseline(options.baseline)
            named = [(METRICS, name) for name in (options.metric or "").split(",")]
            named += [(TITLES, name) for name in options.method]
            for known, name in named:
                if name and name not in known and not PLACEHOLDER.fullmatch(name):
                    raise WrongCommand(f"'{name}' is none of {', '.join(known)}")
        elif command == "train" or "settings" in options:
            configuration([given for given in options.settings if not PLACEHOLDER.fullmatch(given[1])])
    except UsageError as error:
        raise WrongCommand(str(error)) from None


@cache
def _notebooks() -> list:
    return [inspect(path) for path in sorted(NOTEBOOKS.glob("*.ipynb"))]


def _check_parameters(notebooks: list, given: list) -> None:
    """Names, and the types of those values that are not to be filled in."""
    for name, text in given:
        having = [notebook for notebook in notebooks if name in notebook.types]
        if not having:
            raise WrongCommand(f"{', '.join(n.stem for n in notebooks)}: there is no parameter '{name}'")
        if name in ("data", "methods", "run") or PLACEHOLDER.fullmatch(text):
            continue  # `workbook run` has options for these, papermill takes them
        if any(notebook.ranges[name].path for notebook in having):
            continue  # files and folders of the reader
        try:
            assign_option({notebook.stem: {} for notebook in having}, having, name, text)
        except UsageError as error:
            raise WrongCommand(str(error)) from None


def _profile_file(profile: str) -> Path:
    """The file of a profile, of the project's or of one that a document shows."""
    shown = f"notebooks/parameters/{profile}.yaml"
    if shown in written():
        with _as_a_reader() as folder:
            notebooks, file = _notebooks(), folder / shown
            profile_parameters(notebooks, file)
        return PARAMETERS / "quick.yaml"  # the shown one is right, and lies nowhere
    if not (ROOT / shown).is_file():
        raise WrongCommand(f"there is no profile {profile}")
    return ROOT / shown


def _check_sweep_folder(word: str) -> None:
    """A folder like outputs/loss_weight-quick is that of a sweep and a profile."""
    for sweep, profile in re.findall(r"outputs/([a-z]\w*)-([\w*]+)", word):
        if not (PARAMETERS / "sweeps" / f"{sweep}.yaml").is_file() and f"{sweep}.yaml" not in written():
            raise WrongCommand(f"there is no sweep {sweep}")
        if profile != "*":
            _profile_file(profile)


@contextmanager
def _as_a_reader():
    """A current folder that holds the files which documents show."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in written().items():
            file = Path(folder, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        with chdir(folder):
            yield Path(folder)
