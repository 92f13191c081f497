"""The tests of a Polygon package: what is there, what has to be made, and how it is scored."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from judge.package import TestRecipe
from judge.packages.bundle import Bundle
from judge.packages.polygon_xml import HEADER, Description, GroupEntry, TestEntry
from judge.problem import Aggregation, File, Group, Program, Subtask, Testcase

WHOLE = "all"


@dataclass
class TestData:
    """The tests and their tree. `is_scored`: tests or groups are worth points."""

    testcases: tuple[Testcase, ...]
    root: Group
    subtasks: tuple[Subtask, ...]
    is_scored: bool
    recipes: tuple[TestRecipe, ...] = ()
    warnings: list[str] = field(default_factory=list)


def read_tests(
    bundle: Bundle, description: Description, find_generator: Callable[[str], Program], workspace: Path
) -> TestData:
    """The tests of the package's main testset. `find_generator` gives the program a command names. Raises PackageError
    where a manual test is missing, or a command cannot be understood."""
    reader = _Files(bundle, find_generator, workspace, description.testset.name)
    tests = [reader.testcase(entry) for entry in description.testset.tests]
    root, subtasks, is_scored = _Grading(bundle, description, tests).tree()
    data = TestData(tuple(tests), root, subtasks, is_scored, tuple(reader.recipes))
    if reader.n_converted:
        data.warnings.append(f"line ends of {reader.n_converted} test files were made from Windows's")
    return data


@dataclass
class _Files:
    """Testcases from files, with a recipe for what is not there."""

    bundle: Bundle
    find_generator: Callable[[str], Program]
    workspace: Path
    testset: str
    recipes: list[TestRecipe] = field(default_factory=list)
    n_converted: int = 0

    def testcase(self, entry: TestEntry) -> Testcase:
        name = f"{entry.index:02}"
        given, answer = self._file(entry.input), self._file(entry.answer)
        if given is None and not entry.command:
            raise self.bundle.error(self.bundle.root / entry.input, f"is missing: test {entry.index} is a manual one")
        if given is None or answer is None:
            recipe = self._recipe(name, entry) if given is None else TestRecipe(name)
            self.recipes.append(recipe)
        return Testcase(
            name, given or File(entry.input, "", 0), answer or File(entry.answer, "", 0), is_sample=entry.is_sample
        )

    def _recipe(self, name: str, entry: TestEntry) -> TestRecipe:
        try:
            words = shlex.split(entry.command)
        except ValueError:
            words = []
        if not words:
            raise self.bundle.error(
                self.bundle.root / HEADER, f"test {entry.index}: the command {entry.command[:80]!r} cannot be read"
            )
        if ">" in words:
            words = words[: words.index(">")]
        return TestRecipe(
            testcase=name,
            generator=self.find_generator(words[0]),
            args=tuple(words[1:]),
            output_file=PurePosixPath(entry.from_file).name,
            validator_args=validator_args(self.testset, entry.group),
        )

    def _file(self, path: str) -> File | None:
        """The file of a test; Windows's line ends, in which Polygon's standard packages are, become LF."""
        place = self.bundle.root / path
        if not place.is_file():
            return None
        content = self.bundle.real(place).read_bytes()
        if b"\r\n" not in content:
            return self.bundle.file(place)
        self.n_converted += 1
        return self.bundle.add(path, content.replace(b"\r\n", b"\n"), self.workspace)


def validator_args(testset: str, group: str) -> tuple[str, ...]:
    """How Polygon calls a validator on a test."""
    return ("--testset", testset, "--group", group)


class _Grading:
    """The tree of groups: one for each of the package's, each of whose tests is one by itself where each has points."""

    def __init__(self, bundle: Bundle, description: Description, tests: Sequence[Testcase]) -> None:
        self.bundle = bundle
        self.testset = description.testset
        self.members: dict[str, list[tuple[TestEntry, Testcase]]] = {}
        for entry, test in zip(self.testset.tests, tests, strict=True):
            self.members.setdefault(entry.group, []).append((entry, test))
        self.groups = {group.name: group for group in self.testset.groups}
        for name in self.members:
            self.groups.setdefault(name, GroupEntry(name, None, "each-test" if not name else "complete-group", ()))

    def tree(self) -> tuple[Group, tuple[Subtask, ...], bool]:
        """The tree, its subtasks, and whether anything is worth points."""
        points = {name: self._points_of(group) for name, group in self.groups.items() if name in self.members}
        names = tuple(test.name for members in self.members.values() for _, test in members)
        if not any(points.values()):
            children = tuple(self._passed(name) for name in points)
            root = Group(WHOLE, groups=children, aggregation=Aggregation.MIN, score_min=0.0, score_max=1.0)
            return root, (Subtask(1, WHOLE, 1.0, WHOLE, names),), False
        is_plain = set(points) == {""}
        children = tuple(self._scored(name, points[name]) for name in points)
        root = Group(WHOLE, groups=children, break_on_reject=False)
        scored = [name for name in points if points[name] or not self._is_sample(name)]
        if is_plain:
            return root, (Subtask(1, WHOLE, points[""], WHOLE, names),), True
        indices = {name: index for index, name in enumerate(scored, start=1)}
        subtasks = tuple(
            Subtask(
                index,
                name or "without group",
                points[name],
                _path(name),
                tuple(test.name for _, test in self.members[name]),
                tuple(sorted(indices[other] for other in self._needed(name) if other in indices)),
            )
            for name, index in indices.items()
        )
        return root, subtasks, True

    def _points_of(self, group: GroupEntry) -> float:
        """What a group is worth: where it is all or nothing what it says itself, else what its tests are together."""
        together = sum(entry.points or 0.0 for entry, _ in self.members[group.name])
        return (group.points or together) if group.policy == "complete-group" else together

    def _is_sample(self, name: str) -> bool:
        return all(entry.is_sample for entry, _ in self.members[name])

    def _needed(self, name: str) -> set[str]:
        """The groups that `name` depends on, directly or not."""
        found: set[str] = set()
        waiting = list(self.groups[name].dependencies)
        while waiting:
            other = waiting.pop()
            if other not in found and other in self.groups:
                found.add(other)
                waiting += self.groups[other].dependencies
        return found - {name}

    def _passed(self, name: str) -> Group:
        """A group of tests that all have to pass and are worth nothing by themselves."""
        return Group(
            _path(name),
            tuple(test.name for _, test in self.members[name]),
            aggregation=Aggregation.MIN,
            score_min=0.0,
            score_max=1.0,
            validator_flags=validator_args(self.testset.name, name),
        )

    def _scored(self, name: str, points: float) -> Group:
        group, members = self.groups[name], self.members[name]
        # A group that is announced and has no tests has none that could fail.
        requires = tuple(
            _path(other) for other in group.dependencies if other in self.members or other not in self.groups
        )
        flags = validator_args(self.testset.name, name)
        if group.policy == "complete-group":
            return self._complete(name, points, requires)
        each = tuple(
            Group(
                f"{_path(name)}/{test.name}",
                (test.name,),
                accept_score=entry.points or 0.0,
                score_min=0.0,
                score_max=entry.points or 0.0,
                validator_flags=flags,
            )
            for entry, test in members
        )
        return Group(_path(name), groups=each, break_on_reject=False, requires=requires, validator_flags=flags)

    def _complete(self, name: str, points: float, requires: tuple[str, ...]) -> Group:
        """A group whose points need every test to pass with all that it is worth, be it nothing."""
        members = self.members[name]
        group = Group(
            _path(name),
            aggregation=Aggregation.MIN,
            accept_score=points,
            score_min=0.0,
            score_max=points,
            requires=requires,
            validator_flags=validator_args(self.testset.name, name),
        )
        full = [points if entry.points is None else entry.points for entry, _ in members]
        if len(set(full)) == 1:
            return replace(group, testcases=tuple(test.name for _, test in members), full_score=full[0])
        return replace(
            group,
            groups=tuple(
                replace(
                    group, name=f"{group.name}/{test.name}", testcases=(test.name,), requires=(), full_score=most,
                    score_max=max(points, most),
                )
                for (_, test), most in zip(members, full, strict=True)
            ),
        )  # fmt: skip


def _path(group: str) -> str:
    return f"{WHOLE}/{group}"
