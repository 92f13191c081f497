"""gen/GEN of an Italian package: which tests there are, how each is made, and the subtasks they belong to.

Lines: `#ST: points` opens a subtask, `#STNAME: name` names it, `#STDEP: names` (or *) takes the tests of others into
it, `#COPY: path` is a test whose input is that file; other text from a # on is a comment, of which what looks like such
a line is warned of; what is left are the generator's arguments, one test a line. Without any #ST the tests share 100
points.

Sources: CMS, cmscontrib/loaders/italy_yaml.py; task-maker-rust's documentation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from judge.packages import known_keys
from judge.packages.bundle import Bundle
from judge.packages.cms_fields import Part, amount
from judge.problem import Program

_LIKE_A_COMMAND = re.compile(r"#\s*([A-Za-z]+)\s*:")


@dataclass(frozen=True)
class Line:
    """One test: a file to copy, or arguments for the generator, None where the package has but one. `subtask` counts
    from 1."""

    number: int
    subtask: int
    copy: Path | None = None
    args: tuple[str, ...] = ()
    generator: Program | None = None


@dataclass
class Open:
    """A subtask while it is read."""

    points: float
    name: str = ""
    tests: list[str] = field(default_factory=list)
    depends_on: list[str] = field(default_factory=list)
    line: int = 0


def test_name(place: int) -> str:
    """The name of the test at this place, from 0, as CMS calls its input."""
    return f"input{place}"


def odd_lines(bundle: Bundle, path: Path) -> list[str]:
    """A sentence for each kind of comment that looks like a command: in capitals, or a known one in other writing."""
    first: dict[str, int] = {}
    for number, text in enumerate(bundle.text(path).splitlines(), start=1):
        match = _LIKE_A_COMMAND.match(text)
        if match and (
            match[1].isupper() and not match[0].startswith("# ") or f"#{match[1].upper()}:" in known_keys.GEN
        ):
            first.setdefault(match[0], number)
    name = bundle.name(path)
    return [
        sentence
        for word, number in first.items()
        for sentence in known_keys.unknown(f"{name}, line {number}", [word], known_keys.GEN, what="line")
    ]


def read_gen(bundle: Bundle, path: Path) -> tuple[list[Line], list[Part]]:
    """The tests, in order, and the subtasks: none where no line opens one.

    Raises PackageError, naming the line, for one that cannot be read.
    """
    lines: list[Line] = []
    subtasks: list[Open] = []
    for number, text in enumerate(bundle.text(path).splitlines(), start=1):
        words = text.partition("#")[0].split()
        command, _, rest = text.strip().partition(":") if text.strip().startswith("#") else ("", "", "")
        value = rest.partition("#")[0].strip()
        where = path.parent / f"{path.name}, line {number}"
        if command == "#ST":
            if lines and not subtasks:
                raise bundle.error(where, "the first subtask begins after tests that belong to none")
            subtasks.append(Open(amount(bundle, where, "#ST", value), line=number))
        elif command in ("#STNAME", "#STDEP"):
            if not subtasks:
                raise bundle.error(where, f"{command} stands before the first #ST")
            if command == "#STNAME":
                subtasks[-1].name = value
            else:
                subtasks[-1].depends_on += value.split()
        elif command == "#COPY" or words:
            copy = copied(bundle, where, command, value) if command == "#COPY" else None
            if subtasks:
                subtasks[-1].tests.append(test_name(len(lines)))
            lines.append(Line(number, max(len(subtasks), 1), copy, () if copy else tuple(words)))
    if not lines:
        raise bundle.error(path, "names no tests")
    return lines, make_parts(bundle, path, subtasks) if subtasks else []


def copied(bundle: Bundle, where: Path, command: str, name: str) -> Path:
    """The file of the package that a line copies. Raises PackageError where it is not there."""
    if not name:
        raise bundle.error(where, f"{command} names no file")
    if not (path := bundle.root / name).is_file():
        raise bundle.error(where, f'{command} names the file "{name}", which is not in the package')
    return path


def make_parts(bundle: Bundle, path: Path, subtasks: list[Open]) -> list[Part]:
    """The subtasks with the tests of those they depend on. Raises PackageError, naming the line."""
    first = 0 if not subtasks[0].points else 1
    named: dict[str, Open] = {}
    for number, subtask in enumerate(subtasks, start=first):
        subtask.name = subtask.name or f"subtask{number}"
        where = path.parent / f"{path.name}, line {subtask.line}"
        if subtask.name in named:
            raise bundle.error(where, f'a second subtask is called "{subtask.name}"')
        if not subtask.tests and not subtask.depends_on:
            raise bundle.error(where, "this subtask has no tests")
        named[subtask.name] = subtask
    order = {test: place for place, test in enumerate(test for item in subtasks for test in item.tests)}
    parts = []
    for place, subtask in enumerate(subtasks):
        tests = _with_dependencies(bundle, path, subtask, named, set())
        part = Part(subtask.name, subtask.name, subtask.points, tuple(sorted(tests, key=order.__getitem__)))
        parts.append(replace(part, is_sample=place == 0 and not subtask.points))
    return parts


def _with_dependencies(
    bundle: Bundle, path: Path, subtask: Open, named: Mapping[str, Open], seen: set[str]
) -> set[str]:
    """Its tests and those of all it depends on, also where these depend on each other."""
    tests = set(subtask.tests)
    seen.add(subtask.name)
    for name in list(named) if "*" in subtask.depends_on else subtask.depends_on:
        if name not in named:
            where = path.parent / f"{path.name}, line {subtask.line}"
            raise bundle.error(where, f'the subtask depends on "{name}", which is no subtask')
        if name not in seen:
            tests |= _with_dependencies(bundle, path, named[name], named, seen)
    return tests
