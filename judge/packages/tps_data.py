"""gen/data of a TPS package: which tests there are, how each is made, and the lists they belong to.

Where it is missing, tests/mapping says which tests the subtasks have, a subtask and a test a line.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from judge.packages import known_keys
from judge.packages.bundle import Bundle


@dataclass(frozen=True)
class Line:
    """One test: its name, the program's name ("manual": a file) and its arguments; no words where it is of mapping."""

    test: str
    number: int
    words: tuple[str, ...]


#: Commands of newer versions that change no test here.
_UNUSED = ("@constraint", "@validator")


def read_data(
    bundle: Bundle, index_of: Mapping[str, str], warnings: list[str]
) -> tuple[list[Line], dict[str, list[str]]]:
    """The tests in order, and the names of the tests of every subtask and testset. `index_of`: the subtasks' numbers.
    What has no effect is added to `warnings`.

    Raises PackageError, naming the line, for one that cannot be read.
    """
    path, mapping = bundle.root / "gen" / "data", bundle.root / "tests" / "mapping"
    if not path.is_file() and mapping.is_file():
        return _read_mapping(bundle, mapping, index_of)
    if not path.is_file():
        raise bundle.error(path, "is missing: it lists the tests")
    lines: list[Line] = []
    lists: dict[str, list[str]] = {}
    unused: set[str] = set()
    prefix, current, own = "", "", 0
    for number, text in enumerate(bundle.text(path).splitlines(), start=1):
        where = path.parent / f"{path.name}, line {number}"
        try:
            words = shlex.split(text, comments=True)
        except ValueError as error:
            raise bundle.error(where, f"cannot be read ({error})") from error
        if not words:
            continue
        if words[0] in ("@subtask", "@testset") and len(words) == 2:
            current, own = words[1], 0
            if current in lists:
                raise bundle.error(where, f'a second list is called "{current}"')
            if words[0] == "@subtask" and current not in index_of:
                raise bundle.error(where, f'the subtask "{current}" is not in subtasks.json')
            prefix = index_of[current] if words[0] == "@subtask" else current
            lists[current] = []
        elif words[0] == "@include" and len(words) > 1 and current:
            for other in words[1:]:
                if other not in lists:
                    raise bundle.error(where, f'includes "{other}", which is no list above')
                lists[current] += [name for name in lists[other] if name not in lists[current]]
        elif words[0].startswith("@"):
            if words[0] not in _UNUSED:
                raise bundle.error(where, f"{words[0]} is not known, or not as it is used here")
            unused.add(words[0])
        else:
            own += 1
            name = f"{prefix}-{own:02d}" if current else f"{own:02d}"
            lines.append(Line(name, number, tuple(words)))
            if current:
                lists[current].append(name)
    if not lines:
        raise bundle.error(path, "names no tests")
    warnings += known_keys.ineffective("gen/data", sorted(unused))
    return lines, lists


def _read_mapping(bundle: Bundle, path: Path, index_of: Mapping[str, str]) -> tuple[list[Line], dict[str, list[str]]]:
    lines: dict[str, Line] = {}
    lists: dict[str, list[str]] = {}
    for number, text in enumerate(bundle.text(path).splitlines(), start=1):
        where = path.parent / f"{path.name}, line {number}"
        words = text.split()
        if not words:
            continue
        if len(words) != 2:
            raise bundle.error(where, "is no subtask and test")
        subtask, test = words
        if subtask not in index_of:
            raise bundle.error(where, f'the subtask "{subtask}" is not in subtasks.json')
        if test in lists.setdefault(subtask, []):
            raise bundle.error(where, f'the test "{test}" is in the subtask "{subtask}" twice')
        lines.setdefault(test, Line(test, number, ()))
        lists[subtask].append(test)
    if not lines:
        raise bundle.error(path, "names no tests")
    return list(lines.values()), lists
