"""The test data of a Kattis package: tests, the tree of groups with its inherited settings, subtasks."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from judge.packages import known_keys
from judge.packages.bundle import Bundle
from judge.packages.kattis_header import Header, number, read_yaml, words
from judge.problem import Aggregation, File, Group, Subtask, Testcase

CONFIGS = ("testdata.yaml", "test_group.yaml")
_AGGREGATIONS = {"sum": Aggregation.SUM, "min": Aggregation.MIN, "max": Aggregation.MAX, "avg": Aggregation.AVG}
_VERDICT_RULES = {"worst_error", "no_errors", "first_error", "always_accept"}
#: 2023-07 and later names -> the older ones this module reads.
_RENAMED = {
    "input_validator_args": "input_validator_flags",
    "output_validator_args": "output_validator_flags",
    "grader_args": "grader_flags",
}


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
    data = TestData(testcases, root.group, (), reader.unjudgeable, reader.warnings)
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
    for test in testcases:
        base = bundle.root / "data" / test.name
        if base.with_name(f"{base.name}.files").is_dir():
            return "files of their own"
        settings = base.with_name(f"{base.name}.yaml")
        has_arguments = settings.is_file() and read_yaml(bundle, settings).get("args")
        if has_arguments or base.with_name(f"{base.name}.args").exists():
            return "command-line arguments"
    return ""


class _Reader:
    """Walks data/, handing settings down."""

    def __init__(self, bundle: Bundle, header: Header) -> None:
        self.bundle = bundle
        self.header = header
        self.unjudgeable = ""
        self.warnings: list[str] = []

    def node(self, folder: Path, name: str, parent: Mapping[str, Any] | None, path: str) -> _Node | None:
        """The group of `folder` and below; None where no test lies there and nothing is said of it. `path`: prefix
        of its tests' names."""
        config = next((folder / file for file in CONFIGS if (folder / file).is_file()), None)
        own = self._settings(config) if config else {}
        settings = {**(parent or self._deprecated()), **own}
        if config and settings.get("grading", "default") == "default":
            flags = words(self.bundle, config, "grader_flags", own.get("grader_flags"))
            self.warnings += known_keys.unknown(self._shown(config), flags, known_keys.GRADER, what="flag of a grader")
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
        group = self._group(place, name, settings, tests, nodes)
        return _Node(folder, own, settings, place, group, tests, nodes)

    def _shown(self, config: Path) -> str:
        return config.relative_to(self.bundle.root).as_posix()

    def _deprecated(self) -> dict[str, Any]:
        """Settings that old packages keep in problem.yaml."""
        grading = self.header.grading
        found = {key: grading[key] for key in ("accept_score", "reject_score", "range") if key in grading}
        rules = {"first_error": "break", "worst_error": "continue", "grade": "continue"}
        if str(grading.get("on_reject")) in rules:
            found["on_reject"] = rules[str(grading["on_reject"])]
        return found

    def _settings(self, config: Path) -> dict[str, Any]:
        data = {_RENAMED.get(key, key): value for key, value in read_yaml(self.bundle, config).items()}
        self.warnings += known_keys.unknown(self._shown(config), data, known_keys.GROUP)
        scoring = data.pop("scoring", None)
        if isinstance(scoring, dict):
            data = {"accept_score": scoring.get("score"), "score_aggregation": scoring.get("aggregation"), **data}
        is_new = config.name == CONFIGS[1]
        is_group = config.parent.name not in ("data", "sample", "secret")
        aggregation = data.pop("score_aggregation", "pass-fail" if is_new and is_group else None)
        if aggregation is not None:
            flags = {"pass-fail": "min", "min": "min", "sum": "sum"}.get(str(aggregation))
            if flags is None:
                raise self.bundle.error(config, f'"score_aggregation" is {aggregation!r}, not pass-fail, sum or min')
            data.setdefault("grader_flags", flags)
            data.setdefault("on_reject", "continue" if flags == "sum" else "break")
        if data.get("max_score") not in (None, "unbounded"):
            data.setdefault("range", f"0 {data['max_score']}")
            data.setdefault("accept_score", self._share(config, data["max_score"], aggregation))
        if data.pop("static_validation_score", None) is not None:
            self.unjudgeable = "it looks at programs' sources (a static validator), which is not done here"
        return {key: value for key, value in data.items() if value is not None}

    def _share(self, config: Path, most: Any, aggregation: Any) -> float:
        """What one accepted test counts in a group that is worth `most`: its share, where scores are summed."""
        tests = len(list(config.parent.glob("*.in"))) if aggregation == "sum" else 1
        return number(self.bundle, config, "max_score", most) / max(tests, 1)

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

    def _group(
        self, place: Path, name: str, settings: Mapping[str, Any], tests: list[Testcase], nodes: list[_Node]
    ) -> Group:
        def flags(key: str) -> tuple[str, ...]:
            return words(self.bundle, place, key, settings.get(key))

        def value(key: str, default: float) -> float:
            return number(self.bundle, place, key, settings[key]) if key in settings else default

        grader_flags = flags("grader_flags")
        low, high = self._range(place, settings)
        group = Group(
            name=name,
            testcases=tuple(test.name for test in tests),
            groups=tuple(node.group for node in nodes),
            aggregation=Aggregation.SUM,
            verdict_rule=self._verdict_rule(grader_flags),
            accept_if_any_accepted="accept_if_any_accepted" in grader_flags,
            ignore_sample="ignore_sample" in grader_flags,
            break_on_reject=self._breaks(place, name, settings),
            checker_flags=flags("output_validator_flags"),
            grader_flags=grader_flags,
            validator_flags=flags("input_validator_flags"),
        )
        if not self.header.is_scoring:
            return replace(group, aggregation=Aggregation.MIN)
        return replace(
            group,
            aggregation=self._aggregation(place, settings, grader_flags),
            accept_score=value("accept_score", 1.0),
            reject_score=value("reject_score", 0.0),
            score_min=low,
            score_max=high,
            requires=tuple(item if item == "sample" else item.strip("/") for item in flags("require_pass")),
        )

    def _aggregation(self, place: Path, settings: Mapping[str, Any], grader_flags: tuple[str, ...]) -> Aggregation:
        grading = settings.get("grading", "default")
        if grading == "custom":
            if not (self.bundle.root / "graders").is_dir():
                raise self.bundle.error(place, "asks for a custom grader, but the package has no graders folder")
            return Aggregation.CUSTOM
        if grading != "default":
            raise self.bundle.error(place, f'"grading" is {grading!r}, neither default nor custom')
        return next((_AGGREGATIONS[flag] for flag in reversed(grader_flags) if flag in _AGGREGATIONS), Aggregation.SUM)

    def _verdict_rule(self, grader_flags: tuple[str, ...]) -> str:
        rule = next((flag for flag in reversed(grader_flags) if flag in _VERDICT_RULES), "worst_error")
        return "worst_error" if rule == "no_errors" else rule

    def _breaks(self, place: Path, name: str, settings: Mapping[str, Any]) -> bool:
        on_reject = settings.get("on_reject")
        if on_reject not in (None, "break", "continue"):
            raise self.bundle.error(place, f'"on_reject" is {on_reject!r}, neither break nor continue')
        if on_reject is None and self.header.is_scoring and name in ("data", "secret"):
            return False
        return on_reject != "continue"

    def _range(self, place: Path, settings: Mapping[str, Any]) -> tuple[float, float]:
        if "range" not in settings:
            return -math.inf, math.inf
        bounds = words(self.bundle, place, "range", settings["range"])
        if len(bounds) != 2:
            raise self.bundle.error(place, f'"range" is {settings["range"]!r}, not two numbers')
        low, high = (number(self.bundle, place, "range", bound) for bound in bounds)
        if low > high:
            raise self.bundle.error(place, f'"range" is {settings["range"]!r}: its first number is the larger one')
        return low, high


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
