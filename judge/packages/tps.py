"""Packages of IOI's task preparation system (TPS): problem.json, gen/data, subtasks.json, solution/, solutions.json.

Tests are as gen/data says: `@subtask NAME` and `@testset NAME` open a list, `@include NAME ...` takes the tests of
others into it, `manual FILE` is gen/manual/FILE, and any other line is a generator of gen/ with its arguments. A test
is called INDEX-NN in a subtask, NAME-NN in a testset. What tests/ does not hold is made, answers by the model solution.
Without gen/data tests/mapping names the tests, which tests/ must then hold. Every test that is made is shown to the
global validators and to those of its subtasks.

Source: the documentation of ioi-2017/tps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from judge.errors import PackageError
from judge.package import Package, TestRecipe
from judge.packages import known_keys
from judge.packages.bundle import Bundle
from judge.packages.cms_fields import Part, amount, grading_tree, read_json, read_statements, text_of, uncounted
from judge.packages.cms_programs import find_program, read_include
from judge.packages.options import ReadOptions
from judge.packages.roots import find_roots, slug_of
from judge.packages.tps_data import Line, read_data
from judge.packages.tps_solutions import read_solutions
from judge.packages.tps_validators import Validators
from judge.problem import Checker, File, Problem, Program, TaskType, Testcase

NAME = "tps"
HEADER = "problem.json"
_TYPES = {
    "batch": TaskType.BATCH_GRADER,
    "communication": TaskType.COMMUNICATION,
    "outputonly": TaskType.OUTPUT_ONLY,
}
_MOST_PROCESSES = 16


def recognises(path: Path) -> bool:
    """True for a folder with problem.json beside gen/data or subtasks.json, at its top or at any depth below."""
    return path.is_dir() and bool(find_roots(path, _is_root))


def read(path: Path, options: ReadOptions) -> tuple[Package, ...]:
    """Every package at or below `path`, by path. Raises PackageError where there is none or one cannot be read."""
    roots = find_roots(path, _is_root)
    if not roots:
        raise PackageError(options.name, f"is no TPS package: it holds no {HEADER} beside gen/data")
    packages: list[Package] = []
    for root in roots:
        package = _Reader(Bundle(root, top=path)).package()
        if any(package.problem.slug == other.problem.slug for other in packages):
            name = root.relative_to(path).as_posix()
            raise PackageError(name, f'a second problem is called "{package.problem.slug}"')
        packages.append(package)
    return tuple(packages)


def _is_root(path: Path) -> bool:
    beside = ("gen/data", "subtasks.json", "solutions.json")
    return (path / HEADER).is_file() and any((path / name).is_file() for name in beside)


@dataclass
class _Reader:
    """One package."""

    bundle: Bundle
    data: Mapping[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    generators: dict[str, Program] = field(default_factory=dict)

    @property
    def header(self) -> Path:
        return self.bundle.root / HEADER

    def package(self) -> Package:
        """The package."""
        self.data = read_json(self.bundle, self.header)
        self.warnings += known_keys.unknown(HEADER, self.data, known_keys.TPS)
        self.warnings += known_keys.without_effect(HEADER, self.data, known_keys.TPS_UNUSED)
        slug = slug_of(text_of(self.bundle, self.header, self.data, "name", str(self.data.get("code", ""))))
        kind = text_of(self.bundle, self.header, self.data, "type", "Batch")
        task_type = _TYPES.get(kind.lower(), TaskType.BATCH)
        subtasks = self._subtasks()
        index_of = {name: str(value["index"]) for name, value in subtasks.items()}
        lines, lists = read_data(self.bundle, index_of, self.warnings)
        validators = self._validators()
        tests = [self._test(line, has_answers=task_type is not TaskType.COMMUNICATION) for line in lines]
        parts = self._parts(subtasks, lists, validators)
        self.warnings += uncounted([test.name for test in tests], parts)
        root, scored = grading_tree(parts)
        samples = {name for part in parts if part.is_sample for name in part.tests}
        include = self._include()
        if task_type is TaskType.BATCH_GRADER and not include:
            task_type = TaskType.BATCH
        manager = find_program(self.bundle, ("grader", "manager"), ("manager",))
        if task_type is TaskType.COMMUNICATION and manager is None:
            raise self.bundle.error(self.bundle.root / "grader", "holds no manager, which a Communication task needs")
        checker = find_program(self.bundle, ("checker",), ("checker",))
        statements = read_statements(self.bundle, ("statement",), {"index": "en", "statement": "en"})
        there = {
            "has_checker": checker is not None,
            "has_grader": bool(include),
            "has_manager": manager is not None,
            "has_markdown_statement": any(statement.format == "markdown" for statement in statements),
        }
        self.warnings += known_keys.outvoted(HEADER, self.data, there)
        submissions, model = read_solutions(self.bundle, slug, parts, self.warnings)
        recipes = tuple(self._recipes(lines, tests, parts, validators))
        problem = Problem(
            slug=slug,
            title=text_of(self.bundle, self.header, self.data, "title", slug),
            task_type=task_type,
            format=NAME,
            testcases=tuple(replace(test, is_sample=test.name in samples) for test in tests),
            root=root,
            subtasks=scored,
            checker=Checker(checker, convention="cms", gives_score=True),
            interactor=manager if task_type is TaskType.COMMUNICATION else None,
            include=include if task_type is not TaskType.OUTPUT_ONLY else {},
            statements=statements,
            generators=tuple(self.generators.values()),
            validators=validators.programs,
            submissions=submissions,
            unjudgeable="" if kind.lower() in _TYPES else f"its task type is TPS's {kind}",
            interaction="cms",
            processes=self._processes() if task_type is TaskType.COMMUNICATION else 1,
        )
        return Package(
            problem=problem,
            locations=dict(self.bundle.locations),
            time_limit_s=self._limit("time_limit"),
            memory_limit_mib=int(memory) if (memory := self._limit("memory_limit")) else None,
            warnings=tuple(self.warnings),
            recipes=recipes,
            solution=model,
        )

    def _limit(self, key: str) -> float | None:
        value = self.data.get(key)
        if value is None:
            return None
        limit = amount(self.bundle, self.header, key, value)
        if not limit:
            raise self.bundle.error(self.header, f'"{key}" is 0')
        return limit

    def _processes(self) -> int:
        key = "num_sol_processes" if "num_sol_processes" in self.data else "num_processes"
        count = amount(self.bundle, self.header, key, self.data.get(key, 1), least=1)
        if count != int(count) or count > _MOST_PROCESSES:
            raise self.bundle.error(self.header, f'"{key}" is {count:g}; 1 to {_MOST_PROCESSES} can run')
        return int(count)

    def _subtasks(self) -> dict[str, Mapping[str, Any]]:
        """What subtasks.json says of each subtask, by index."""
        path = self.bundle.root / "subtasks.json"
        data = read_json(self.bundle, path)
        self.warnings += known_keys.unknown(path.name, data, known_keys.TPS_SUBTASKS)
        subtasks = data.get("subtasks")
        if not isinstance(subtasks, dict) or not all(isinstance(value, dict) for value in subtasks.values()):
            raise self.bundle.error(path, '"subtasks" is no object of objects')
        for name, value in subtasks.items():
            self.warnings += known_keys.unknown(path.name, value, known_keys.TPS_SUBTASK)
            amount(self.bundle, path, f"{name}: index", value.get("index"))
            amount(self.bundle, path, f"{name}: score", value.get("score"))
        return dict(sorted(subtasks.items(), key=lambda item: float(item[1]["index"])))

    def _parts(
        self, subtasks: Mapping[str, Mapping[str, Any]], lists: Mapping[str, list[str]], validators: Validators
    ) -> list[Part]:
        path = self.bundle.root / "subtasks.json"
        for name, value in subtasks.items():
            if value["score"] and not lists.get(name):
                raise self.bundle.error(path, f'the subtask "{name}" is worth points and has no tests in gen/data')
        return [
            Part(
                name,
                name,
                float(value["score"]),
                tuple(lists.get(name, ())),
                is_sample=not place and not value["score"],
                validator_calls=validators.calls(name),
            )
            for place, (name, value) in enumerate(subtasks.items())
        ]

    def _test(self, line: Line, *, has_answers: bool) -> Testcase:
        root = self.bundle.root
        given, answer = root / "tests" / f"{line.test}.in", root / "tests" / f"{line.test}.out"
        made = File(f"tests/{line.test}.in", "", 0)
        if given.is_file():
            made = self.bundle.file(given)
        elif not line.words:
            where = root / "tests" / f"mapping, line {line.number}"
            raise self.bundle.error(where, f"tests/ holds no {line.test}.in, and gen/data is missing")
        elif line.words[0] == "manual":
            path = root / "gen" / "manual" / " ".join(line.words[1:])
            if not path.is_file():
                where = root / "gen" / f"data, line {line.number}"
                raise self.bundle.error(where, f"gen/manual holds no {' '.join(line.words[1:]) or 'file of no name'}")
            made = self.bundle.file(path)
        expected = self.bundle.file(answer) if answer.is_file() else File(f"tests/{line.test}.out", "", 0)
        return Testcase(line.test, made, expected if has_answers else None)

    def _recipes(
        self, lines: list[Line], tests: list[Testcase], parts: list[Part], validators: Validators
    ) -> list[TestRecipe]:
        """How the tests that tests/ does not hold are made, and those that are made are checked."""
        recipes = []
        subtasks: dict[str, list[str]] = {}
        for part in parts:
            for name in part.tests:
                subtasks.setdefault(name, []).append(part.name)
        for line, test in zip(lines, tests, strict=True):
            calls = validators.calls(*subtasks.get(test.name, ()))
            if not test.input.digest:
                generator = self._generator(line)
                recipes.append(
                    TestRecipe(test.name, generator, line.words[1:], validator_args=(), validator_calls=calls)
                )
            elif test.answer is not None and not test.answer.digest:
                recipes.append(TestRecipe(test.name, validator_args=(), validator_calls=calls))
        return recipes

    def _generator(self, line: Line) -> Program:
        name = line.words[0]
        if name not in self.generators:
            program = find_program(self.bundle, ("gen",), (name,))
            if program is None:
                where = self.bundle.root / "gen" / f"data, line {line.number}"
                raise self.bundle.error(where, f'gen/ holds no generator called "{name}" in a language that runs here')
            self.generators[name] = program
        return self.generators[name]

    def _include(self) -> dict[str, tuple[File, ...]]:
        folder = self.bundle.root / "grader"
        if not folder.is_dir():
            return {}
        files = [path for path in self.bundle.walk(folder) if path.stem != "manager"]
        return read_include(self.bundle, files)

    def _validators(self) -> Validators:
        path = self.bundle.root / "subtasks.json"
        return Validators(self.bundle, path, read_json(self.bundle, path), self.warnings)
