"""gen/data of a TPS package: which tests there are, how each is made, and the lists they belong to."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from judge.packages.bundle import Bundle


@dataclass(frozen=True)
class Line:
    """One test of gen/data: its name, the program's name ("manual": a file) and its arguments."""

    test: str
    number: int
    words: tuple[str, ...]


def read_data(bundle: Bundle, index_of: Mapping[str, str]) -> tuple[list[Line], dict[str, list[str]]]:
    """The tests in order, and the names of the tests of every subtask and testset. `index_of`: the subtasks' numbers.

    Raises PackageError, naming the line, for one that cannot be read.
    """
    path = bundle.root / "gen" / "data"
    if not path.is_file():
        raise bundle.error(path, "is missing: it lists the tests")
    lines: list[Line] = []
    lists: dict[str, list[str]] = {}
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
            if words[0] not in ("@validator", "@constraint"):
                raise bundle.error(where, f"{words[0]} is not known, or not as it is used here")
        else:
            own += 1
            name = f"{prefix}-{own:02d}" if current else f"{own:02d}"
            lines.append(Line(name, number, tuple(words)))
            if current:
                lists[current].append(name)
    if not lines:
        raise bundle.error(path, "names no tests")
    return lines, lists
