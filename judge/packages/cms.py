"""CMS packages as IOI exports them: problem.json, tests/, subtasks/*.json, graders/, checker/, solutions/.

A subtask scores its points × its worst test (GroupMin), unless problem.json or the subtask's own file names another
`score_type` (Sum, GroupMul, GroupThreshold with `threshold`); without subtasks every test is worth an equal part of
100. A first subtask worth 0 points holds the samples. A package without tests is read, and cannot be judged.

`score_precision` is to how many decimals the task's score of one program is rounded, half to even; subtasks' are not.

A folder with such a package as NAME-CMS.zip is read as that package, with the statements (statements/*.pdf,
translations/*.md) that lie beside it; so is a folder given as statements, by the tasks' names.

Source: CMS, cmscontrib/loaders/tps.py.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from judge.errors import PackageError
from judge.package import Package
from judge.packages import archive, known_keys
from judge.packages.bundle import Bundle
from judge.packages.cms_fields import (
    Part,
    amount,
    grading_tree,
    read_json,
    read_statements,
    score_precision,
    text_of,
    uncounted,
)
from judge.packages.cms_programs import find_program, read_include, read_submission
from judge.packages.options import ReadOptions
from judge.packages.roots import find_roots, natural_key, slug_of
from judge.problem import Aggregation, Checker, Problem, Program, Statement, TaskType, Testcase

NAME = "cms"
HEADER = "problem.json"
_ZIP = "*-CMS.zip"
_STATEMENT_FOLDERS = ("statements", "translations", "statement")
_STATEMENT_NAMES = {"index": "en", "statement": "en"}
_RULES = {
    "Sum": Aggregation.SUM,
    "GroupMin": Aggregation.MIN,
    "GroupMul": Aggregation.PRODUCT,
    "GroupThreshold": Aggregation.THRESHOLD,
}
_MOST_PROCESSES = 16


def recognises(path: Path) -> bool:
    """True for a folder with an exported problem.json, or a NAME-CMS.zip, at its top or at any depth below."""
    return path.is_dir() and bool(find_roots(path, _is_root))


def read(path: Path, options: ReadOptions) -> tuple[Package, ...]:
    """Every package at or below `path`, by path. Raises PackageError where there is none or one cannot be read."""
    roots = find_roots(path, _is_root)
    if not roots:
        raise PackageError(options.name, f"is no CMS package: it holds no {HEADER} with a task_type")
    packages: list[Package] = []
    seen: set[str] = set()
    for root in roots:
        for package in _packages(root, path, options):
            if package.problem.slug in seen:
                name = root.relative_to(path).as_posix()
                raise PackageError(name, f'a second problem is called "{package.problem.slug}"')
            seen.add(package.problem.slug)
            packages.append(package)
    return tuple(packages)


def _is_root(path: Path) -> bool:
    header = path / HEADER
    if header.is_file():
        return b'"task_type"' in header.read_bytes()[: 1 << 20]
    return any(path.glob(_ZIP))


def _packages(root: Path, top: Path, options: ReadOptions) -> list[Package]:
    beside = Bundle(root, top=top)
    if (root / HEADER).is_file():
        return [_Reader(beside, options.statements).package(())]
    found = []
    for file in sorted(root.glob(_ZIP)):
        folder = Path(tempfile.mkdtemp(prefix="unpacked-", dir=options.workspace))
        archive.unpack(beside.real(file), folder)
        inside = find_roots(folder, lambda path: (path / HEADER).is_file())
        if len(inside) != 1:
            raise beside.error(file, f"holds {len(inside)} files {HEADER}, not one")
        statements = read_statements(beside, _STATEMENT_FOLDERS, _STATEMENT_NAMES)
        package = _Reader(Bundle(inside[0], top=folder), options.statements).package(statements)
        found.append(_with_locations(package, beside))
    return found


def _with_locations(package: Package, bundle: Bundle) -> Package:
    return replace(package, locations={**bundle.locations, **package.locations})


@dataclass
class _Reader:
    """One package. `elsewhere`: a folder of statements, by task, or None."""

    bundle: Bundle
    elsewhere: Path | None
    data: Mapping[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def header(self) -> Path:
        return self.bundle.root / HEADER

    def package(self, statements: tuple[Statement, ...]) -> Package:
        """The package, with these statements of its own folder besides those in it."""
        self.data = read_json(self.bundle, self.header)
        self.warnings += known_keys.unknown(HEADER, self.data, known_keys.CMS)
        self.warnings += known_keys.without_effect(HEADER, self.data, known_keys.CMS_UNUSED)
        code = text_of(self.bundle, self.header, self.data, "code")
        task_type, unjudgeable = self._task_type()
        parameters = self._parameters()
        self.warnings += known_keys.unknown(HEADER, parameters, known_keys.CMS_PARAMETERS, what="parameter")
        self.warnings += known_keys.without_effect(HEADER, parameters, {"user_managers": ([], False)})
        tests = self._tests(task_type)
        parts = self._parts(tests)
        self.warnings += uncounted(tests, parts)
        samples = {name for part in parts if part.is_sample for name in part.tests}
        root, subtasks = grading_tree(parts)
        testcases = [replace(test, is_sample=name in samples) for name, test in tests.items()]
        if not tests:
            unjudgeable = unjudgeable or "the package has no tests"
            testcases = self._examples(code)
        checker = find_program(self.bundle, ("checker",), ("checker",))
        compared = ("comparator" if checker else "diff",)  # as CMS's loader decides, whatever the parameter says
        self.warnings += known_keys.without_effect(HEADER, parameters, {"output_eval": compared})
        manager = find_program(self.bundle, ("graders",), ("manager",))
        if task_type is TaskType.COMMUNICATION and manager is None and tests:
            raise self.bundle.error(self.bundle.root / "graders", "holds no manager.cpp, which Communication needs")
        own = read_statements(self.bundle, _STATEMENT_FOLDERS, _STATEMENT_NAMES)
        other, locations = self._statements_elsewhere(code)
        problem = Problem(
            slug=slug_of(code),
            title=text_of(self.bundle, self.header, self.data, "name", code),
            task_type=task_type,
            format=NAME,
            testcases=tuple(testcases),
            root=root,
            subtasks=subtasks,
            checker=Checker(checker, convention="cms", gives_score=True),
            interactor=manager if task_type is TaskType.COMMUNICATION else None,
            include=self._include(task_type, parameters),
            statements=_first_of_each(own + statements + other),
            submissions=self._submissions(slug_of(code)),
            unjudgeable=unjudgeable,
            interaction="cms-fifo" if parameters.get("user_io") == "fifo_io" else "cms",
            processes=self._processes(parameters) if task_type is TaskType.COMMUNICATION else 1,
            input_file=str(parameters.get("io_0_inputfile") or ""),
            output_file=str(parameters.get("io_1_outputfile") or ""),
            score_precision=score_precision(self.bundle, self.header, self.data),
        )
        return Package(
            problem=problem,
            locations={**locations, **self.bundle.locations},
            time_limit_s=self._limit("time_limit"),
            memory_limit_mib=self._memory_limit(),
            warnings=tuple(self.warnings),
        )

    def _task_type(self) -> tuple[TaskType, str]:
        name = text_of(self.bundle, self.header, self.data, "task_type")
        kind = name.lower().removesuffix("2017")
        if kind == "batch":
            has_grader = self._parameters().get("compilation", "grader") != "alone"
            return (TaskType.BATCH_GRADER if has_grader else TaskType.BATCH), ""
        if kind == "communication":
            return TaskType.COMMUNICATION, ""
        if kind == "outputonly":
            return TaskType.OUTPUT_ONLY, ""
        return TaskType.BATCH, f"its task type is CMS's {name}"

    def _parameters(self) -> dict[str, Any]:
        """task_type_params without the prefix task_type_parameters_TYPE_; they are JSON in a text, or an object."""
        value = self.data.get("task_type_params") or {}
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError as error:
                raise self.bundle.error(self.header, '"task_type_params" is not valid JSON') from error
        if not isinstance(value, dict):
            raise self.bundle.error(self.header, '"task_type_params" is no object')
        prefix = f"task_type_parameters_{self.data.get('task_type')}_"
        return {str(key).removeprefix(prefix): item for key, item in value.items()}

    def _processes(self, parameters: Mapping[str, Any]) -> int:
        count = amount(self.bundle, self.header, "num_processes", parameters.get("num_processes", 1), least=1)
        if count != int(count) or count > _MOST_PROCESSES:
            raise self.bundle.error(self.header, f'"num_processes" is {count:g}; 1 to {_MOST_PROCESSES} can run')
        return int(count)

    def _limit(self, key: str) -> float | None:
        value = self.data.get(key)
        if value is None:
            return None
        limit = amount(self.bundle, self.header, key, value)
        if not limit:
            raise self.bundle.error(self.header, f'"{key}" is 0')
        return limit

    def _memory_limit(self) -> int | None:
        limit = self._limit("memory_limit")  # bytes
        return None if limit is None else max(1, int(limit) >> 20)

    def _tests(self, task_type: TaskType) -> dict[str, Testcase]:
        folder = self.bundle.root / "tests"
        if not folder.is_dir():
            return {}
        paths = {path.name: path for path in self.bundle.children(folder)}
        tests = {}
        for name in sorted((name for name in paths if name.endswith(".in")), key=natural_key):
            stem = name.removesuffix(".in")
            answer = paths.get(f"{stem}.out")
            if answer is None and task_type is not TaskType.COMMUNICATION:
                raise self.bundle.error(folder / f"{stem}.out", "is missing: every test needs an expected output")
            tests[stem] = Testcase(stem, self.bundle.file(paths[name]), self.bundle.file(answer) if answer else None)
        return tests

    def _examples(self, code: str) -> list[Testcase]:
        """The examples that contestants get, of a package without tests."""
        folder = self.bundle.root / "attachments" / code / "examples"
        paths = {path.name: path for path in self.bundle.children(folder)} if folder.is_dir() else {}
        return [
            Testcase(f"examples/{stem}", self.bundle.file(paths[name]), self.bundle.file(paths[f"{stem}.out"]), True)
            for name in sorted(paths, key=natural_key)
            if name.endswith(".in") and f"{(stem := name.removesuffix('.in'))}.out" in paths
        ]

    def _parts(self, tests: Mapping[str, Testcase]) -> list[Part]:
        folder = self.bundle.root / "subtasks"
        files = [path for path in self.bundle.children(folder) if path.suffix == ".json"] if folder.is_dir() else []
        if not files:
            return [Part("all", "all", 100.0, tuple(tests), Aggregation.SUM)]
        return [self._part(path, place, tests) for place, path in enumerate(files)]

    def _part(self, path: Path, place: int, tests: Mapping[str, Testcase]) -> Part:
        data = read_json(self.bundle, path)
        self.warnings += known_keys.unknown(f"subtasks/{path.name}", data, known_keys.CMS_SUBTASK)
        names = data.get("testcases")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise self.bundle.error(path, '"testcases" is no list of names')
        if absent := [name for name in names if tests and name not in tests]:
            raise self.bundle.error(path, f'names the test "{absent[0]}", which tests/ does not hold')
        if len(set(names)) < len(names):
            raise self.bundle.error(path, "names a test twice")
        points = amount(self.bundle, path, "score", data.get("score"))
        if not names and points:
            raise self.bundle.error(path, "is worth points and has no tests")
        kind = data.get("score_type", self.data.get("score_type", "GroupMin"))
        if kind not in _RULES:
            raise self.bundle.error(path, f'"score_type" is {kind!r}, not one of {", ".join(_RULES)}')
        number, _, title = path.stem.partition("-")
        is_threshold = kind == "GroupThreshold"
        return Part(
            name=path.stem,
            title=title if number.isdecimal() and title else path.stem,
            points=points,
            tests=tuple(names),
            rule=_RULES[kind],
            threshold=amount(self.bundle, path, "threshold", data.get("threshold")) if is_threshold else 0.0,
            is_sample=place == 0 and not points,
        )

    def _include(self, task_type: TaskType, parameters: Mapping[str, Any]) -> dict[str, Any]:
        folder = self.bundle.root / "graders"
        if task_type is TaskType.OUTPUT_ONLY or not folder.is_dir() or parameters.get("compilation") == "alone":
            return {}
        paths = [path for path in self.bundle.children(folder) if path.is_file() and path.stem != "manager"]
        return read_include(self.bundle, paths)

    def _submissions(self, slug: str) -> tuple[Program, ...]:
        folder = self.bundle.root / "solutions"
        if not folder.is_dir():
            return ()
        return tuple(
            read_submission(self.bundle, path, kind.name, slug)
            for kind in self.bundle.children(folder)
            if kind.is_dir()
            for path in self.bundle.children(kind)
            if path.is_file()
        )

    def _statements_elsewhere(self, code: str) -> tuple[tuple[Statement, ...], dict[str, Path]]:
        """The statements of this task in the folder that was given for them, and where they lie."""
        if self.elsewhere is None or not self.elsewhere.is_dir():
            return (), {}
        for root in find_roots(self.elsewhere, lambda path: path.name == code):
            bundle = Bundle(root, top=self.elsewhere)
            statements = read_statements(bundle, _STATEMENT_FOLDERS, _STATEMENT_NAMES)
            if statements:
                return statements, bundle.locations
        self.warnings.append(f"no statement of {code} in the folder of statements")
        return (), {}


def _first_of_each(statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """One statement for each language and format."""
    kept: dict[tuple[str, str], Statement] = {}
    for statement in statements:
        kept.setdefault((statement.language, statement.format), statement)
    return tuple(kept.values())
