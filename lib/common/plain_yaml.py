"""YAML as a person reads it: a number is decimal, and what is neither number, true, false nor null is text.

PyYAML follows YAML 1.1. It reads `010` as 8, `1:30` as 90, `0x1F`, `0b1` and `1_000` as numbers, `no` as false, a date
as a date and `1e-4` as text, and of two equal keys it takes the last without a word. Here `010` is 10, `1e-4` is a
number, the others stay the text that was written, and equal keys are refused.
"""

from collections.abc import Iterable, Iterator

import yaml

from lib.common.usage import number

_TAG = "tag:yaml.org,2002:"
_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= {word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")}
_KINDS = {type(None): "null", bool: "bool", int: "int", float: "float", str: "str"}


def scalar(text: str) -> object:
    """What a text without quotes means: None, a bool, an int, a float, or the text itself.

    >>> scalar("010"), scalar("1e-4"), scalar("0x1F"), scalar("no"), scalar("true")
    (10, 0.0001, '0x1F', 'no', True)
    """
    if text in _WORDS:
        return _WORDS[text]
    found = number(text)
    return text if found is None else found


class _PlainLoader(yaml.SafeLoader):
    """Reads plain scalars with `scalar`, and knows no dates, sets and binary data."""

    def resolve(self, kind: type, value: str, implicit: object) -> str:
        if kind is yaml.ScalarNode and implicit[0]:  # without quotes
            return f"{_TAG}merge" if value == "<<" else _TAG + _KINDS[type(scalar(value))]
        return super().resolve(kind, value, implicit)

    def construct_plain(self, node: yaml.ScalarNode) -> object:
        value = scalar(node.value)
        if node.tag != _TAG + _KINDS[type(value)]:  # such as !!int "0x1F"
            raise yaml.constructor.ConstructorError(
                None, None, f"{node.value!r} is no {node.tag[len(_TAG) :]}", node.start_mark
            )
        return value


_PlainLoader.yaml_constructors = {
    **{_TAG + kind: yaml.SafeLoader.yaml_constructors[_TAG + kind] for kind in ("str", "seq", "map")},
    **{_TAG + kind: _PlainLoader.construct_plain for kind in ("null", "bool", "int", "float")},
    None: yaml.SafeLoader.construct_undefined,
}


def load(text: str) -> object:
    """The content of a YAML text.

    Raises:
        ValueError: it is not YAML, has a key twice, or contains itself; the message begins with the line.
    """
    loader = None
    try:
        loader = _PlainLoader(text)  # which raises for characters that are not printable
        node = loader.get_single_node()
        if node is None:
            return None
        for problem in _problems(node, [], set()):
            raise ValueError(problem)
        return loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        raise ValueError(_in_words(error)) from None
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from None
    except RecursionError:
        raise ValueError("line 1: nested too deeply") from None
    finally:
        if loader is not None:
            loader.dispose()


def _in_words(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    problem = " ".join(str(error.problem or error.context).split())
    if problem.startswith("but "):
        problem = f"{error.context}, {problem}"
    hint = "; indent with blanks, not with tabs" if "'\\t'" in problem else ""
    return f"line {mark.line + 1}: {problem}{hint}"


def _problems(node: yaml.Node, path: list[yaml.Node], seen: set[yaml.Node]) -> Iterator[str]:
    """A sentence for each key that is there twice and for each node that is part of itself.

    `path` leads from the root to the node. Nodes in `seen` are looked at once, however often aliases name them.
    """
    if node in path:
        yield f"line {node.start_mark.line + 1}: it contains itself"
    if isinstance(node, yaml.ScalarNode) or node in seen:
        return
    seen.add(node)
    parts = node.value
    if isinstance(node, yaml.MappingNode):
        yield from _repeated(key for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        parts = [part for pair in node.value for part in pair]
    for part in parts:
        yield from _problems(part, [*path, node], seen)


def _repeated(keys: Iterable[yaml.ScalarNode]) -> Iterator[str]:
    first: dict[object, int] = {}
    for key in keys:
        line, meant = key.start_mark.line + 1, key.value if key.style else scalar(key.value)  # 010 is 10
        if meant in first:
            yield f"line {line}: '{key.value}' is given twice, first in line {first[meant]}; keep one"
        first[meant] = line
