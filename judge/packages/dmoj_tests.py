"""The tests of a DMOJ problem: files beside init.yml or in its archive, generated ones, and how they are scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from judge.package import TestRecipe
from judge.packages import archive, known_keys
from judge.packages.bundle import Bundle
from judge.packages.dmoj_config import HEADER, Item, Node, read_items
from judge.packages.dmoj_programs import Programs
from judge.problem import Aggregation, File, Group, Subtask, Testcase

WHOLE = "all"
_CASES = f"{WHOLE}/cases"


@dataclass
class TestData:
    """The tests, their tree and subtasks."""

    testcases: tuple[Testcase, ...]
    root: Group
    subtasks: tuple[Subtask, ...]
    recipes: tuple[TestRecipe, ...]


def read_tests(bundle: Bundle, config: Node, programs: Programs, workspace: Path) -> TestData:
    """The tests that init.yml lists or whose names match its patterns. Raises PackageError where a file is missing."""
    files = Files(bundle, config, workspace)
    items = read_items(config, files.names())
    said = [node.values for item in items for node in (item.node, *item.cases)]
    listed = config.get("test_cases")
    keys = [key for values in (*said, listed if isinstance(listed, dict) else {}) for key in values]
    programs.warnings += known_keys.unknown(f"{HEADER}: test_cases", keys, known_keys.CASE)
    for values in said:
        programs.warnings += known_keys.without_effect(f"{HEADER}: test_cases", values, known_keys.INIT_UNUSED)
    reader = _Reader(files, programs)
    tests = [reader.testcases(item) for item in items]
    root, subtasks = _Tree(config, items, tests, reader.flags).build()
    testcases = tuple(test for members in tests for test in members)
    return TestData(testcases, root, subtasks, tuple(reader.recipes))


class Files:
    """Where the problem's data lies: beside init.yml, else in its archive."""

    def __init__(self, bundle: Bundle, config: Node, workspace: Path) -> None:
        self.bundle = bundle
        self.workspace = workspace
        self.archive: Bundle | None = None
        name = config.name("archive")
        if name:
            path = bundle.root / name
            if ".." in PurePosixPath(name).parts or name.startswith("/") or not path.is_file():
                raise config.error(f'"archive" names {name}, which is not in the package')
            folder = workspace / "archives" / bundle.file(path).digest
            if not folder.is_dir():
                folder.mkdir(parents=True)
                archive.unpack(bundle.real(path), folder)
            self.archive = Bundle(folder)
            self.archive.locations = bundle.locations

    def names(self) -> list[str]:
        """The files that patterns choose from: the archive's, else those beside init.yml."""
        source = self.archive or self.bundle
        return [path.relative_to(source.root).as_posix() for path in source.walk(source.root)]

    def find(self, node: Node, key: str, *, is_binary: bool) -> File | None:
        """The file that `node` names, its line ends and its last line's end as DMOJ makes them; None where it names
        none. Raises PackageError where it is not there."""
        name = node.name(key)
        if not name:
            return None
        if name.startswith("/") or ".." in PurePosixPath(name).parts:
            raise node.error(f'"{key}" names {name}, which leaves the package')
        for source in filter(None, (self.bundle, self.archive)):
            path = source.root / name
            if path.is_file():
                content = source.real(path).read_bytes()
                normal = content if is_binary else _normal(content)
                return source.file(path, name=name) if normal == content else source.add(name, normal, self.workspace)
        where = f" nor in {node.get('archive')}" if self.archive else ""
        raise node.error(f'"{key}" names {name}, which is {"neither " if where else "not "}in the package{where}')


def _normal(content: bytes) -> bytes:
    content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return content if not content or content.endswith(b"\n") else content + b"\n"


@dataclass
class _Reader:
    """Testcases of items, with recipes for what generators make; `flags` of the checker are by test."""

    files: Files
    programs: Programs
    recipes: list[TestRecipe] = field(default_factory=list)
    flags: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def testcases(self, item: Item) -> list[Testcase]:
        return [self._testcase(item, case, place) for place, case in enumerate(item.cases, start=1)]

    def _testcase(self, item: Item, case: Node, place: int) -> Testcase:
        position = len(self.flags)
        name = f"batch{item.batch}/{place}" if item.batch else f"case{position + 1}"
        is_binary = bool(case.get("binary_data"))
        given = self.files.find(case, "in", is_binary=is_binary)
        answer = self.files.find(case, "out", is_binary=is_binary)
        self.flags[name] = self.programs.checker_flags(case, points=item.points, batch=item.batch, position=position)
        generator = None if given and answer else self.programs.generator(case)
        if generator is None:
            empty = self.files.bundle.add(f"{name}.in", b"", self.files.workspace)
            return Testcase(name, given or empty, answer)
        program, args = generator
        self.recipes.append(TestRecipe(name, program, args, stdin=given, answer_on_stderr=answer is None))
        return Testcase(name, given or File(f"{name}.in", "", 0), answer or File(f"{name}.out", "", 0))


@dataclass
class _Tree:
    """Cases and batches as groups. One that is worth nothing has to pass before any that comes after it."""

    config: Node
    items: Sequence[Item]
    tests: Sequence[list[Testcase]]
    flags: dict[str, tuple[str, ...]]

    def build(self) -> tuple[Group, tuple[Subtask, ...]]:
        is_scored = any(item.points for item in self.items)
        is_strict = bool(self.config.values.get("short_circuit"))
        groups: list[Group] = []
        before: list[str] = []
        for item, tests in zip(self.items, self.tests, strict=True):
            batches = tuple(f"{WHOLE}/batch{number}" for number in item.dependencies)
            name = f"{WHOLE}/{tests[0].name.partition('/')[0]}"
            requires = tuple(dict.fromkeys((*before, *batches)))
            groups.append(self._group(name, item.points if is_scored else 1.0, tests, requires))
            if not item.points or is_strict:
                before.append(name)
        names = tuple(test.name for members in self.tests for test in members)
        if not is_scored:
            root = Group(WHOLE, groups=tuple(groups), aggregation=Aggregation.MIN, score_min=0.0, score_max=1.0)
            return root, (Subtask(1, WHOLE, 1.0, WHOLE, names),)
        if not any(item.points and item.batch for item in self.items):
            total = sum(item.points for item in self.items)
            return Group(WHOLE, groups=tuple(groups), break_on_reject=False), (Subtask(1, WHOLE, total, WHOLE, names),)
        return self._of_batches(groups)

    def _group(self, name: str, points: float, tests: Sequence[Testcase], requires: tuple[str, ...]) -> Group:
        """All or nothing; where tests of a batch are checked differently, each is a group in it."""
        flags = [self.flags[test.name] for test in tests]
        group = Group(
            name, aggregation=Aggregation.MIN, accept_score=points, score_min=0.0, score_max=points, requires=requires
        )
        if len(set(flags)) == 1:
            return replace(group, testcases=tuple(test.name for test in tests), checker_flags=flags[0])
        children = tuple(
            Group(f"{WHOLE}/{test.name}", (test.name,), accept_score=points, score_max=points, checker_flags=own)
            for test, own in zip(tests, flags, strict=True)
        )
        return replace(group, groups=children)

    def _of_batches(self, groups: Sequence[Group]) -> tuple[Group, tuple[Subtask, ...]]:
        """Every batch with points is a subtask; single cases with points are one together."""
        single = [group for item, group in zip(self.items, groups, strict=True) if item.points and not item.batch]
        cases = Group(_CASES, groups=tuple(single), break_on_reject=False)
        members: list[Group] = []
        subtasks: list[Subtask] = []
        indices: dict[int, int] = {}
        for item, group in zip(self.items, groups, strict=True):
            if group in single:
                if cases in members:
                    continue
                points = sum(other.accept_score for other in single)
                names = tuple(name for other in single for name in _tests(other))
                members.append(cases)
                subtasks.append(Subtask(len(subtasks) + 1, "cases", points, _CASES, names))
                continue
            members.append(group)
            if item.points:
                indices[item.batch] = len(subtasks) + 1
                contains = tuple(sorted(indices[number] for number in self._needed(item.batch) if number in indices))
                name = f"batch {item.batch}"
                subtasks.append(Subtask(len(subtasks) + 1, name, item.points, group.name, _tests(group), contains))
        return Group(WHOLE, groups=tuple(members), break_on_reject=False), tuple(subtasks)

    def _needed(self, batch: int) -> set[int]:
        """The batches that this one depends on, directly or not; all are earlier ones."""
        direct = {item.batch: item.dependencies for item in self.items if item.batch}
        return {other for one in direct[batch] for other in (one, *self._needed(one))}


def _tests(group: Group) -> tuple[str, ...]:
    return (*group.testcases, *(name for child in group.groups for name in _tests(child)))
