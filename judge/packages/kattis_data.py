"""The test data of a Kattis package: tests, the tree of groups with its inherited settings, subtasks."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from judge.packages.bundle import Bundle
from judge.packages.kattis_groups import GroupReader
from judge.packages.kattis_header import Header
from judge.problem import Aggregation, File, Group, Subtask, Testcase


@dataclass
class TestData:
    """What data/ holds."""

    testcases: tuple[Testcase, ...]
    root: Group
    subtasks: tuple[Subtask, ...]
    unjudgeable: str = ""
    warnings: list[str] = field(default_factory=list)


@dataclass
class _Node:
    """A group while it is read: `own` are the settings of its own file, `settings` also the inherited ones."""

    folder: Path
    own: dict[str, Any]
    settings: dict[str, Any]
    config: Path
    group: Group
    tests: list[Testcase]
    children: list[_Node]

    def all_tests(self) -> list[Testcase]:
        return self.tests + [test for child in self.children for test in child.all_tests()]


def read_tests(bundle: Bundle, header: Header) -> TestData:
    """The tests of the package. Raises PackageError where there are none, or one, or a group, is incomplete."""
    folder = bundle.root / "data"
    if not folder.is_dir():
        raise bundle.error(folder, "is missing: the package has no tests")
    reader = _Reader(bundle, header)
    root = reader.node(folder, "data", None, "")
    if root is None:
        raise bundle.error(folder, "holds no tests (no file ends in .in)")
    secret = next((child for child in root.children if child.folder.name == "secret"), None)
    testcases = tuple(root.all_tests())
    data = TestData(testcases, root.group, (), reader.groups.unjudgeable, reader.groups.warnings)
    if header.is_scoring and secret is not None and secret.children:
        data.subtasks = _scored_subtasks(bundle, secret)
    else:
        points, data.root = _whole(bundle, header, root, secret)
        data.subtasks = (Subtask(1, "all", points, "data", tuple(test.name for test in testcases)),)
    if str(header.grading.get("objective", "max")) == "min":
        data.unjudgeable = "it is scored the lower the better, which is not judged here"
    if odd := _what_tests_bring(bundle, testcases):
        data.unjudgeable = f"its tests bring {odd}, which is not judged here"
    if bundle.n_text_links:
        data.warnings.append(f"{bundle.n_text_links} test files are links saved as text; they were followed")
    if not any(not test.is_sample for test in testcases):
        data.warnings.append("data/secret holds no tests: only the samples are judged")
    return data


def _what_tests_bring(bundle: Bundle, testcases: Sequence[Testcase]) -> str:
    """What a test has besides an input and an answer that its program would be given."""
    data, beside = bundle.root / "data", dict[str, frozenset[str]]()
    for test in testcases:
        folder, _, name = test.name.rpartition("/")
        if folder not in beside:
            beside[folder] = frozenset(os.listdir(data / folder))
        base, names = data / test.name, beside[folder]
        if f"{name}.files" in names and base.with_name(f"{name}.files").is_dir():
            return "files of their own"
        if f"{name}.args" in names:
            return "command-line arguments"
    return ""


class _Reader:
    """Walks data/, handing settings down."""

    def __init__(self, bundle: Bundle, header: Header) -> None:
        self.bundle = bundle
        self.groups = GroupReader(bundle, header)

    def node(self, folder: Path, name: str, parent: Mapping[str, Any] | None, path: str) -> _Node | None:
        """The group of `folder` and below; None where no test lies there and nothing is said of it. `path`: prefix
        of its tests' names."""
        config, own, settings = self.groups.settings(folder, parent)
        children = self.bundle.children(folder)
        tests = self._tests(children, path)
        groups = sorted((child for child in children if child.is_dir()), key=_natural)
        if parent is None:
            groups = [group for group in groups if group.name in ("sample", "secret")]
        nodes = []
        for child in groups:
            child_path = f"{path}{child.name}/"
            node = self.node(child, child_path.rstrip("/"), settings, child_path)
            if node is not None:
                nodes.append(node)
        if not tests and not nodes:
            if config and parent is not None and folder.name not in ("sample", "secret"):
                raise self.bundle.error(folder, "is a test group without tests")
            return None
        place = config or folder
        group = self.groups.group(
            place, name, settings, tests=[test.name for test in tests], groups=[node.group for node in nodes]
        )
        group = self._split(group, folder, {child.name for child in children})
        return _Node(folder, own, settings, place, group, tests, nodes)

    def _split(self, group: Group, folder: Path, names: Set[str]) -> Group:
        """The group, each test of which is one of its own where some have files of their own that give flags."""
        own = {}
        for test in group.testcases:
            settings = f"{test.rpartition('/')[2]}.yaml"
            if settings in names and (folder / settings).is_file():
                own[test] = self.groups.own_flags(folder / settings)
        if not any(flags != (None, None) for flags in own.values()):
            return group
        alone = []
        for test in group.testcases:
            output, given = own.get(test, (None, None))
            one = replace(
                group, name=test, testcases=(test,), groups=(), requires=(),
                aggregation=Aggregation.SUM, verdict_rule="worst_error", accept_if_any_accepted=False,
                ignore_sample=False, grader_flags=(),
                checker_flags=group.checker_flags if output is None else output,
                validator_flags=group.validator_flags if given is None else given,
            )  # fmt: skip
            alone.append(one)
        return replace(group, testcases=(), groups=(*alone, *group.groups))

    def _tests(self, children: list[Path], path: str) -> list[Testcase]:
        names = {child.name for child in children}
        tests = []
        for child in children:
            if child.suffix == ".ans" and f"{child.stem}.in" not in names:
                raise self.bundle.error(child, f"has no input: {child.stem}.in is missing beside it")
            if child.suffix != ".in" or child.is_dir():
                continue
            if f"{child.stem}.ans" not in names:
                raise self.bundle.error(child, f"has no expected output: {child.stem}.ans is missing beside it")
            answer = child.with_suffix(".ans")
            name = f"{path}{child.stem}"
            is_sample = path.startswith("sample/")
            given, expected = (self._data_file(file) for file in (child, answer))
            tests.append(Testcase(name, given, expected, is_sample))
        return tests

    def _data_file(self, path: Path) -> File:
        """`path`, or what it leads to, under its own name."""
        return self.bundle.file(self.bundle.link_target(path), name=path.relative_to(self.bundle.root).as_posix())


def _scored_subtasks(bundle: Bundle, secret: _Node) -> tuple[Subtask, ...]:
    if secret.tests:
        raise bundle.error(secret.folder, "holds tests beside test groups; they would belong to no subtask")
    inputs = [frozenset(test.input.digest for test in child.all_tests()) for child in secret.children]
    return tuple(
        Subtask(
            index=index,
            name=child.folder.name,
            points=_points(bundle, child),
            group=child.group.name,
            testcases=tuple(test.name for test in child.all_tests()),
            contains=tuple(other + 1 for other, tests in enumerate(inputs) if tests < inputs[index - 1]),
        )
        for index, child in enumerate(secret.children, start=1)
    )


def _points(bundle: Bundle, node: _Node) -> float:
    """What a subtask is worth: its own range, else the accept_score it states or inherits. Raises PackageError."""
    group = node.group
    if "range" in node.own and math.isfinite(group.score_max):
        points = group.score_max
    elif "accept_score" in node.settings:
        is_sum = group.aggregation is Aggregation.SUM
        points = group.accept_score * (len(node.all_tests()) if is_sum else 1)
    else:
        raise bundle.error(
            node.config, "the points of this subtask are missing: it states no range and no accept_score"
        )
    if not math.isfinite(points) or points < 0:
        raise bundle.error(node.config, f"the points of this subtask are {points:g}; 0 or more are needed")
    return points


def _whole(bundle: Bundle, header: Header, root: _Node, secret: _Node | None) -> tuple[float, Group]:
    """Points and tree of a problem that is one subtask: what data/secret states, else 1 point for passing all."""
    group = root.group
    if header.is_scoring and secret is not None:
        if "range" in secret.own and math.isfinite(secret.group.score_max):
            return secret.group.score_max, group
        if "accept_score" in secret.settings:
            return _points(bundle, secret), group
    return 1.0, _pass_fail(group)


def _pass_fail(group: Group) -> Group:
    """The same tree, worth 1 where all of it is accepted."""
    return replace(
        group,
        groups=tuple(_pass_fail(child) for child in group.groups),
        aggregation=Aggregation.MIN,
        ignore_sample=False,
        accept_score=1.0,
        reject_score=0.0,
        score_min=0.0,
        score_max=1.0,
    )


def _natural(path: Path) -> tuple[list[str | int], str]:
    """Sorts group2 before group10."""
    parts = re.split(r"(\d+)", path.name)
    return [int(part) if index % 2 else part for index, part in enumerate(parts)], path.name
